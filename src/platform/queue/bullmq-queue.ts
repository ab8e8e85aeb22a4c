import type { PostgresConnectionOptions, PostgresQueueBackend, Queue } from 'bullmq';
import { AppError } from '../../shared/errors.js';
import type { EngineConnection } from './engine-connection.js';
import type { AddJobOptions, JobCounts, JobQueue } from './job-queue.js';
import { asUnavailable } from './queue-pool.js';

/** What is stored for a job. The cancel flag travels with it, so that a cancel survives the death of the worker. */
export interface StoredJob<T> {
  readonly payload: T;
  readonly cancelRequested?: boolean;
}

type PgQueue<T> = Queue<
  StoredJob<T>,
  void,
  string,
  StoredJob<T>,
  void,
  string,
  PostgresQueueBackend,
  PostgresConnectionOptions
>;

const DEFAULT_PRIORITY = 100;
const DEFAULT_ATTEMPTS = 3;
/** Finished jobs stay this long for a look at the table; the age is applied whenever another job finishes. */
const KEEP_COMPLETED = { age: 3_600, count: 1_000 };
const KEEP_FAILED = { age: 86_400, count: 1_000 };
/** Nobody reads the event stream; BullMQ writes it anyway and would keep 10 000 rows. */
const EVENT_ROWS = 500;

/**
 * BullMQ's own remove() looks at the lock and deletes in two steps, so a job that starts in between would be deleted
 * under its worker. One statement cannot: it re-checks the state on the locked row.
 */
const REMOVE_WAITING = `DELETE FROM job WHERE queue = $1 AND id = $2 AND state IN ('waiting', 'delayed') RETURNING id`;

/** Not only `active`: between the two statements a shutdown may have put the job back. */
const REQUEST_CANCEL = `UPDATE job SET data = jsonb_set(data, '{cancelRequested}', 'true')
  WHERE queue = $1 AND id = $2 AND state IN ('waiting', 'delayed', 'active')`;

/** JobQueue on BullMQ. Connects with the first call; a failed connect is tried again with the next. */
export class BullmqQueue<T> implements JobQueue<T> {
  private opening: Promise<PgQueue<T>> | undefined;
  private closed = false;

  constructor(
    private readonly name: string,
    private readonly connect: () => Promise<EngineConnection>,
  ) {}

  async add(jobId: string, payload: T, options: AddJobOptions = {}): Promise<void> {
    const { priority = DEFAULT_PRIORITY, attempts = DEFAULT_ATTEMPTS, keepFinished = true } = options;
    if (!Number.isInteger(priority) || priority < 0 || priority > 1000) {
      throw new RangeError(`job ${jobId}: priority must be a whole number from 0 to 1000, got ${priority}`);
    }
    if (!Number.isInteger(attempts) || attempts < 1) {
      throw new RangeError(`job ${jobId}: attempts must be a whole number of at least 1, got ${attempts}`);
    }
    await this.run(async (queue, connection) => {
      await queue.add(
        this.name,
        { payload },
        {
          jobId,
          // BullMQ re-queues a job without a priority behind all others, one with a priority (1 and up) before its equals.
          priority: priority + 1,
          attempts,
          backoff: { type: 'exponential', delay: connection.retryDelayMs },
          removeOnComplete: keepFinished ? KEEP_COMPLETED : true,
          removeOnFail: keepFinished ? KEEP_FAILED : true,
          stackTraceLimit: 1,
        },
      );
    });
  }

  cancel(jobId: string): Promise<boolean> {
    return this.run(async (_, { pool }) => {
      const removed = await pool.query(REMOVE_WAITING, [this.name, jobId]);
      if (removed.rows.length > 0) return true;
      await pool.query(REQUEST_CANCEL, [this.name, jobId]);
      return false;
    });
  }

  counts(): Promise<JobCounts> {
    return this.run(async (queue) => {
      const found = await queue.getJobCounts(
        'waiting',
        'prioritized',
        'active',
        'completed',
        'failed',
        'delayed',
      );
      const { waiting = 0, prioritized = 0, active = 0, completed = 0, failed = 0, delayed = 0 } = found;
      return { waiting: waiting + prioritized, active, completed, failed, delayed };
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    const queue = await this.opening?.catch(() => undefined);
    await queue?.close();
  }

  private async run<R>(step: (queue: PgQueue<T>, connection: EngineConnection) => Promise<R>): Promise<R> {
    if (this.closed) throw new AppError('unavailable', `the queue ${this.name} is closed`);
    try {
      const connection = await this.connect();
      this.opening ??= this.open(connection).catch((error: unknown) => {
        // BullMQ remembers a failed first connect for good; a new object has to try again.
        this.opening = undefined;
        throw error;
      });
      return await step(await this.opening, connection);
    } catch (error) {
      throw asUnavailable(error);
    }
  }

  private async open({ bullmq, pool, logger }: EngineConnection): Promise<PgQueue<T>> {
    const queue: PgQueue<T> = new bullmq.Queue(
      this.name,
      { connection: pool, streams: { events: { maxLen: EVENT_ROWS } } },
      bullmq.createPostgresBackend,
    );
    queue.on('error', (error) => {
      logger.warn(`queue ${this.name}: ${error.message}`);
    });
    try {
      await queue.waitUntilReady();
      return queue;
    } catch (error) {
      await queue.close();
      throw error;
    }
  }
}
