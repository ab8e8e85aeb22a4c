import type { GateResult } from '../evaluation/core/gate.js';
import type { TagFilter } from './core/annotations.js';
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
  /** Notes and tags are what people may change; nothing else ever does. */
  readonly notes: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly createdAt: string;
  readonly deployedAt: string | null;
}

export type NewModelVersion = Omit<ModelVersion, 'aliases' | 'notes' | 'tags' | 'createdAt' | 'deployedAt'>;

/** A name for a version of one model. */
export interface ModelAlias {
  readonly modelName: string;
  readonly alias: string;
  readonly version: string;
  readonly updatedAt: string;
}

export const VERSION_SORTS = ['-created_at', 'created_at', '-version', 'version'] as const;

export interface VersionListQuery {
  readonly limit: number;
  readonly modelName?: string;
  /** One of them. */
  readonly statuses?: readonly VersionStatus[];
  /** Text in the version, its model, type, feature set, notes or tags; case does not matter. */
  readonly search?: string;
  /** All of them. */
  readonly tags?: readonly TagFilter[];
  readonly sort?: (typeof VERSION_SORTS)[number];
  /** The last version of the page before. */
  readonly after?: { readonly createdAt: string; readonly version: string };
}

/** Where a model stands: versions, null = there is none. */
export interface ModelStanding {
  readonly modelName: string;
  readonly total: number;
  readonly deployed: string | null;
  /** The newest available one, when it is newer than the deployed one. */
  readonly candidate: string | null;
  /** Where a rollback would go. */
  readonly rollback: string | null;
}

/** Who did it and why, for the audit log. */
export interface Actor {
  readonly name: string;
  readonly reason: string | null;
}
