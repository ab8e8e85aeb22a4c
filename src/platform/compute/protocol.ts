/**
 * What the main thread and a worker thread say to each other. One thread runs one task and ends; big arrays travel as
 * SharedArrayBuffers (no copy) or are transferred.
 */
import type { SerializedError } from '../../shared/errors.js';

/** What a thread is started with. */
export interface ThreadSettings {
  /** Nice value of the thread and of those that it starts; 0 = as it was started. */
  readonly niceness: number;
}

/** The first and only message to a thread. */
export interface TaskStart<Input> {
  readonly input: Input;
}

export type TaskReply<Output> =
  | { readonly type: 'progress'; readonly fraction: number; readonly message: string }
  | { readonly type: 'result'; readonly output: Output }
  | { readonly type: 'error'; readonly error: SerializedError };

/** Names of the thread entry points in src/workers (`<name>.worker.ts`). */
export type WorkerName =
  | 'ingest'
  | 'table'
  | 'grow'
  | 'score'
  | 'detect'
  | 'evaluate'
  | 'cross-validate'
  | 'explain'
  | 'lines'
  | 'compare'
  | 'tune';
