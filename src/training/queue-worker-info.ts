/** Which kind of process takes trainings: the one with the routes, or one without. */
export type WorkerKind = 'serve' | 'worker';

export interface QueueWorkerInfo {
  /** Host and process, as in the leases of runs. */
  readonly identity: string;
  readonly kind: WorkerKind;
  readonly concurrency: number;
  /** Runs it works on now. */
  readonly running: number;
  /** It has given a sign of life lately. */
  readonly alive: boolean;
  readonly startedAt: string;
  readonly heartbeatAt: string;
}
