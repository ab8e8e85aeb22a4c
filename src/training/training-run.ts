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
  /** 0 to 1000, lower runs first. */
  readonly priority: number;
  /** How often its worker had gone silent and another one began again. */
  readonly lostWorkers: number;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly updatedAt: string;
}

export const RUN_ORIGINS = ['cli', 'api', 'schedule'] as const;

export type RunOrigin = (typeof RUN_ORIGINS)[number];

export interface NewTrainingRun {
  readonly trainingId: string;
  readonly modelName: string;
  readonly step: string;
  readonly request: object;
  readonly config: object;
  readonly configHash: string;
  readonly origin: RunOrigin;
  /** A run with this key is recorded once; asking again gives that one back. */
  readonly idempotencyKey: string | null;
  /** 0 to 1000, lower runs first; default 100. */
  readonly priority?: number;
  /** Who asked for it, for the audit log; left out = `system`. */
  readonly actor?: string;
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
  /** What an earlier worker had registered for this run before it was lost; absent = nothing yet. */
  readonly registered?: unknown;
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

/** Work that is waiting or under way, from the table that decides. */
export interface QueueCounts {
  readonly waiting: number;
  readonly active: number;
  /** Seconds the longest waiting run has waited; null = none waits. */
  readonly oldestWaitingSeconds: number | null;
}

/** A run that should have a job in the queue and may have none. */
export interface WaitingRun {
  readonly trainingId: string;
  readonly fencingToken: number;
  readonly priority: number;
  /** Its worker has gone silent. */
  readonly lost: boolean;
}

export interface RunListQuery {
  readonly limit: number;
  /** Oldest first. */
  readonly ascending?: boolean;
  readonly origin?: RunOrigin;
  /** Moments, RFC 3339: created at or after, created before. */
  readonly createdFrom?: string;
  readonly createdBefore?: string;
  readonly before?: { readonly createdAt: string; readonly id: string };
  readonly status?: RunStatus;
  readonly modelName?: string;
}
