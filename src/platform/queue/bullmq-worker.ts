import { setTimeout as sleep } from 'node:timers/promises';
import type { Job, PostgresConnectionOptions, PostgresQueueBackend, Worker } from 'bullmq';
import type { StoredJob } from './bullmq-queue.js';
import type { EngineConnection } from './engine-connection.js';
import { NonRetryableJobError, type JobHandler, type QueueWorker, type WorkerOptions } from './job-queue.js';
import { asUnavailable } from './queue-pool.js';
import { RunningJob } from './running-job.js';

type PgJob<T> = Job<StoredJob<T>, void>;
type PgWorker<T> = Worker<
  StoredJob<T>,
  void,
  string,
  PostgresQueueBackend,
  string | boolean | number | object,
  PostgresConnectionOptions
>;

const DEFAULT_LOCK_MS = 30_000;
/** A job may take this many workers down with it before it is given up; a shutdown does not count. */
const MAX_CRASHES = 3;
/** After the database was away: how soon the next try. BullMQ's 15 s would leave a finished job running that long. */
const RETRY_DATABASE_MS = 1_000;
/** What closing may take after the last handler was let go: the settle time of a shutdown and a few statements. */
const CLOSE_MS = 8_000;

/** The stored reason of a job whose handler ended after a cancel. */
const CANCELLED = 'cancelled on request';

const CANCELLED_JOBS = `SELECT id FROM job
  WHERE queue = $1 AND id = ANY($2) AND state = 'active' AND data ->> 'cancelRequested' = 'true'`;

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** QueueWorker on BullMQ. */
export class BullmqWorker<T> implements QueueWorker {
  private readonly running = new Set<RunningJob>();
  private readonly lockMs: number;
  private connection: EngineConnection | undefined;
  private starting: Promise<PgWorker<T>> | undefined;
  private stopping: Promise<void> | undefined;
  private watch: NodeJS.Timeout | undefined;
  private watching = false;

  constructor(
    private readonly name: string,
    private readonly handler: JobHandler<T>,
    private readonly options: WorkerOptions<T>,
    private readonly connect: () => Promise<EngineConnection>,
  ) {
    this.lockMs = options.lockMs ?? DEFAULT_LOCK_MS;
  }

  async start(): Promise<void> {
    if (this.stopping !== undefined) throw new Error(`the worker of queue ${this.name} was stopped`);
    this.starting ??= this.open().catch((error: unknown) => {
      this.starting = undefined;
      throw asUnavailable(error);
    });
    await this.starting;
  }

  stop({ graceMs }: { readonly graceMs: number }): Promise<void> {
    this.stopping ??= this.close(graceMs);
    return this.stopping;
  }

  private async open(): Promise<PgWorker<T>> {
    const connection = await this.connect();
    const { bullmq, pool, logger } = connection;
    this.connection = connection;
    const worker: PgWorker<T> = new bullmq.Worker(
      this.name,
      (job: PgJob<T>, token) => this.process(job, token ?? ''),
      {
        connection: pool,
        autorun: false,
        concurrency: this.options.concurrency,
        lockDuration: this.lockMs,
        // Two looks at an expired lock are needed to take a job back: at half the lock time that is 1.5 locks at most.
        stalledInterval: this.lockMs / 2,
        maxStalledCount: MAX_CRASHES,
        runRetryDelay: RETRY_DATABASE_MS,
      },
      bullmq.createPostgresBackend,
    );
    // Without a listener an 'error' event would end the process.
    worker.on('error', (error) => {
      logger.warn(`worker of queue ${this.name}: ${error.message}`);
    });
    this.followLocks(worker);
    worker.on('failed', (job, error) => {
      if (job?.finishedOn !== undefined) void this.givenUp(job, error);
    });
    try {
      await worker.waitUntilReady();
    } catch (error) {
      await worker.close(true);
      throw error;
    }
    worker.run().catch((error: unknown) => {
      logger.error(`worker of queue ${this.name} ended: ${message(error)}`);
    });
    this.watch = setInterval(() => void this.inspectRunning(), connection.cancelPollMs);
    return worker;
  }

  private followLocks(worker: PgWorker<T>): void {
    worker.on('locksRenewed', ({ jobIds }) => {
      for (const job of this.running) if (jobIds.includes(job.jobId)) job.lockRenewed();
    });
    worker.on('lockRenewalFailed', (jobIds: string[]) => {
      for (const job of this.running) if (jobIds.includes(job.jobId)) job.abort('lock_lost');
    });
  }

  /** Looks for cancels from other processes, and for locks that nobody could renew in time. */
  private async inspectRunning(): Promise<void> {
    for (const job of this.running) if (job.lockOutdated(this.lockMs)) job.abort('lock_lost');
    if (this.running.size === 0 || this.watching || this.connection === undefined) return;
    this.watching = true;
    try {
      const ids = [...this.running].map((job) => job.jobId);
      const { rows } = await this.connection.pool.query<{ id: string }>(CANCELLED_JOBS, [this.name, ids]);
      const cancelled = new Set(rows.map((row) => row.id));
      for (const job of this.running) if (cancelled.has(job.jobId)) job.abort('cancelled');
    } catch (error) {
      this.connection.logger.warn(`worker of queue ${this.name}: cannot look for cancels: ${message(error)}`);
    } finally {
      this.watching = false;
    }
  }

  private async process(job: PgJob<T>, token: string): Promise<void> {
    const current = new RunningJob(job.id ?? '');
    if (job.data.cancelRequested === true) current.abort('cancelled');
    if (this.stopping !== undefined) current.abort('shutdown');
    this.running.add(current);
    try {
      if (current.abortReason === 'shutdown') throw current.signal.reason as Error;
      const context = { jobId: current.jobId, attempt: job.attemptsStarted, signal: current.signal };
      // The inner async function also catches a handler that throws before its first await.
      await current.settle((async () => this.handler(job.data.payload, context))());
    } catch (error) {
      throw await this.outcome(job, token, current, error);
    } finally {
      this.running.delete(current);
    }
  }

  /** Says what the end of a handler means to BullMQ, as the error it understands. */
  private async outcome(job: PgJob<T>, token: string, current: RunningJob, error: unknown): Promise<unknown> {
    if (this.connection === undefined) return error;
    const { bullmq, logger } = this.connection;
    switch (current.abortReason) {
      case 'cancelled':
        return new bullmq.UnrecoverableError(CANCELLED);
      case 'lock_lost':
        // Nothing of ours may touch the job any more. If nobody took it, its lock runs out and it is delivered again.
        return new bullmq.WaitingError();
      case 'shutdown':
        await job.moveToWait(token).catch((failure: unknown) => {
          logger.warn(`job ${current.jobId} stays locked until its lock runs out: ${message(failure)}`);
        });
        return new bullmq.WaitingError();
      case undefined:
        return error instanceof NonRetryableJobError ? new bullmq.UnrecoverableError(error.message) : error;
    }
  }

  private async givenUp(job: PgJob<T>, error: Error): Promise<void> {
    if (job.data.cancelRequested === true || error.message === CANCELLED) return;
    try {
      await this.options.onGivenUp?.(job.data.payload, { jobId: job.id ?? '', message: error.message });
    } catch (failure) {
      this.connection?.logger.error(
        `job ${job.id ?? ''} was given up, but nobody could be told: ${message(failure)}`,
      );
    }
  }

  private async close(graceMs: number): Promise<void> {
    const worker = await this.starting?.catch(() => undefined);
    if (worker === undefined) return;
    const closed = worker.close().then(() => true);
    try {
      if (await within(closed, graceMs)) return;
      for (const job of this.running) job.abort('shutdown');
      if (await within(closed, CLOSE_MS)) return;
      this.connection?.logger.warn(
        `worker of queue ${this.name} did not close in time; its jobs wait for their locks`,
      );
    } finally {
      clearInterval(this.watch);
    }
  }
}

/** Resolves to true when `done` comes first, to false after `ms`. */
async function within(done: Promise<boolean>, ms: number): Promise<boolean> {
  const timer = new AbortController();
  try {
    return await Promise.race([done, sleep(ms, false, { signal: timer.signal })]);
  } finally {
    timer.abort();
  }
}
