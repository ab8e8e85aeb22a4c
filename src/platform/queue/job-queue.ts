/**
 * The queue port. Nothing outside this folder knows which engine stands behind it (docs/adr/0003-queue-engine.md).
 *
 * What every engine must hold: a job is delivered at least once (never at most once), so a handler is idempotent and
 * fences its own writes by the run row. The queue stores no results: the run row is the truth, the queue only says who
 * works on what.
 */
export interface AddJobOptions {
  /** 0 to 1000, lower runs first, default 100. Jobs of one priority run in the order they were added. */
  readonly priority?: number;
  /** How often the handler may fail before the job is given up, at least 1, default 3. Shutdowns do not count. */
  readonly attempts?: number;
  /** Default true: kept for a look at it, and for dedupe, for a while. false: gone when it is over. */
  readonly keepFinished?: boolean;
}

export interface JobCounts {
  readonly waiting: number;
  readonly active: number;
  readonly completed: number;
  readonly failed: number;
  /** Waiting for the pause before the next attempt. */
  readonly delayed: number;
}

export interface JobQueue<T> {
  /**
   * Stores the job; the same `jobId` twice is once, as long as the job waits, runs or has only just finished.
   * `jobId` holds no colon and is not a bare number; `payload` is plain JSON.
   * @throws AppError `unavailable` when the database cannot be reached: the job may or may not be stored, add it again.
   */
  add(jobId: string, payload: T, options?: AddJobOptions): Promise<void>;
  /**
   * True: the job had not started and is gone. False: it is finished, unknown, or running; a running job's signal is
   * aborted in whichever process runs it, within about a second.
   */
  cancel(jobId: string): Promise<boolean>;
  counts(): Promise<JobCounts>;
  close(): Promise<void>;
}

/**
 * Why a signal was aborted, and what the handler owes the run row:
 * `cancelled` = settle it as cancelled; `shutdown` = leave it, the job is queued again without losing an attempt;
 * `lock_lost` = write nothing, another worker may own the job by now.
 */
export type JobAbortReason = 'cancelled' | 'shutdown' | 'lock_lost';

const ABORT_MESSAGES: Readonly<Record<JobAbortReason, string>> = {
  cancelled: 'the job was cancelled',
  shutdown: 'the worker is shutting down',
  lock_lost: 'the worker lost its lock on the job',
};

/** The `reason` of an aborted `JobContext.signal`. */
export class JobAbortedError extends Error {
  constructor(readonly reason: JobAbortReason) {
    super(ABORT_MESSAGES[reason]);
    this.name = 'JobAbortedError';
  }
}

/** Thrown by a handler when trying again cannot help (bad input, a gate that said no): the job fails at once. */
export class NonRetryableJobError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'NonRetryableJobError';
  }
}

export interface JobContext {
  readonly jobId: string;
  /** How often this job has been started, from 1; starts that ended in a crash or a shutdown count too. */
  readonly attempt: number;
  /** Aborted on cancel, shutdown or lost lock; `signal.reason` is a JobAbortedError. May be aborted from the start. */
  readonly signal: AbortSignal;
}

export type JobHandler<T> = (payload: T, context: JobContext) => Promise<void>;

export interface WorkerOptions<T> {
  readonly concurrency: number;
  /** How long a job stays with a worker that shows no sign of life; default 30 000 ms, renewed every half of it. */
  readonly lockMs?: number;
  /**
   * Called once when a job is given up for good: attempts used up, not retryable, or its workers died too often (then
   * the handler was not called). Not called for a cancelled job. Best effort: a reconciler still has to look.
   */
  readonly onGivenUp?: (
    payload: T,
    failure: { readonly jobId: string; readonly message: string },
  ) => Promise<void>;
}

export interface QueueWorker {
  /** Resolves when jobs are being taken. On failure (`unavailable`) it may be called again. */
  start(): Promise<void>;
  /**
   * Takes no more jobs, waits up to `graceMs` for the running ones, then aborts their signals and puts them back into
   * the queue, first in line. Ends within `graceMs` plus a few seconds, whatever the handlers do. Final.
   */
  stop(options: { readonly graceMs: number }): Promise<void>;
}

export interface JobQueueEngine {
  queue<T>(name: string): JobQueue<T>;
  worker<T>(name: string, handler: JobHandler<T>, options: WorkerOptions<T>): QueueWorker;
  /** Stops workers that still run (no grace), closes queues and connections. */
  close(): Promise<void>;
}

/** The part of a logger the queue needs; Nest's LoggerService fits. */
export interface QueueLogger {
  warn(message: string, ...context: unknown[]): void;
  error(message: string, ...context: unknown[]): void;
}
