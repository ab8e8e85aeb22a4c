import type { RunStatus } from './core/run-status.js';

/** One training as the rest of the service sees it (the table row stays in the repository). */
export interface TrainingRun {
  readonly trainingId: string;
  readonly modelName: string;
  readonly status: RunStatus;
  readonly progress: number;
  readonly step: string;
  readonly error: RunFailure | null;
  readonly request: unknown;
  readonly config: unknown;
  readonly configHash: string;
  readonly version: string | null;
  readonly result: unknown;
  readonly origin: RunOrigin;
  readonly cancelRequested: boolean;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly updatedAt: string;
}

export type RunOrigin = 'cli' | 'api' | 'schedule';

export interface NewTrainingRun {
  readonly trainingId: string;
  readonly modelName: string;
  readonly step: string;
  readonly request: object;
  readonly config: object;
  readonly configHash: string;
  readonly origin: RunOrigin;
  readonly idempotencyKey: string | null;
}

export interface RunFailure {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  readonly details?: unknown;
}

/** The right to write to a running run; a later lease has a higher token and shuts this one out. */
export interface RunLease {
  readonly trainingId: string;
  readonly fencingToken: number;
}

export interface RunEvent {
  readonly sequence: number;
  readonly type: string;
  readonly progress: number;
  readonly step: string;
  readonly message: string | null;
  readonly data: unknown;
  readonly createdAt: string;
}

export interface RunListQuery {
  readonly limit: number;
  readonly before?: { readonly createdAt: string; readonly id: string };
  readonly status?: RunStatus;
  readonly modelName?: string;
}
