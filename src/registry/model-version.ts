import type { GateResult } from '../evaluation/core/gate.js';
import type { VersionStatus } from './core/lifecycle.js';

/** One registered model version as the rest of the service sees it. */
export interface ModelVersion {
  readonly version: string;
  readonly modelName: string;
  readonly status: VersionStatus;
  /** Key of the artifacts, relative to the artifact store. */
  readonly storageKey: string;
  readonly modelType: string;
  readonly featureSet: string;
  readonly trainingId: string | null;
  readonly parentVersion: string | null;
  readonly trainingSamples: number;
  readonly metrics: Readonly<Record<string, unknown>>;
  readonly gate: GateResult;
  readonly lineage: Readonly<Record<string, unknown>>;
  /** File -> lower-case hex SHA-256. */
  readonly artifacts: Readonly<Record<string, string>>;
  readonly aliases: readonly string[];
  readonly createdAt: string;
  readonly deployedAt: string | null;
}

export type NewModelVersion = Omit<ModelVersion, 'aliases' | 'createdAt' | 'deployedAt'>;

export interface VersionListQuery {
  readonly limit: number;
  readonly modelName?: string;
  readonly status?: VersionStatus;
  readonly before?: { readonly createdAt: string; readonly version: string };
}

/** Who did it and why, for the audit log. */
export interface Actor {
  readonly name: string;
  readonly reason: string | null;
}
