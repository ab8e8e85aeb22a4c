import type pg from 'pg';
import { BullmqQueue } from './bullmq-queue.js';
import { BullmqWorker } from './bullmq-worker.js';
import type { EngineConnection } from './engine-connection.js';
import type {
  JobHandler,
  JobQueue,
  JobQueueEngine,
  QueueLogger,
  QueueWorker,
  WorkerOptions,
} from './job-queue.js';
import { asUnavailable, QUEUE_SCHEMA, QueuePool } from './queue-pool.js';

export interface BullmqEngineOptions {
  readonly connectionString: string;
  readonly logger: QueueLogger;
  /** Pooled connections of this engine, one of them held by each running worker; default 6. */
  readonly maxConnections?: number;
  /** Creates and upgrades the queue's tables when they are behind (default); false: somebody else did. */
  readonly migrate?: boolean;
  /** Pause before the second attempt of a failed job, doubled for each further one; default 1000 ms. */
  readonly retryDelayMs?: number;
  /** How often a busy worker looks for cancels from other processes; default 1000 ms. */
  readonly cancelPollMs?: number;
}

const DEFAULT_MAX_CONNECTIONS = 6;
const CONNECT_TIMEOUT_MS = 5_000;
/** Shorter than the default lock, so that a stalled network cannot hold up the renewal of a lock until it is lost. */
const QUERY_TIMEOUT_MS = 10_000;
/** Creating the tables on a slow disk takes longer than any statement of the queue. */
const MIGRATE_TIMEOUT_MS = 120_000;

/**
 * BullMQ on PostgreSQL behind the queue port. The library is loaded with the first connection (0.3 s that a CLI verb
 * without a queue does not pay), and its tables live in a schema of their own.
 */
export class BullmqEngine implements JobQueueEngine {
  private readonly queues: { close(): Promise<void> }[] = [];
  private readonly workers: QueueWorker[] = [];
  private opening: Promise<EngineConnection> | undefined;
  private closing: Promise<void> | undefined;

  constructor(private readonly options: BullmqEngineOptions) {}

  queue<T>(name: string): JobQueue<T> {
    const queue = new BullmqQueue<T>(name, this.connect);
    this.queues.push(queue);
    return queue;
  }

  worker<T>(name: string, handler: JobHandler<T>, options: WorkerOptions<T>): QueueWorker {
    const limit = (this.options.maxConnections ?? DEFAULT_MAX_CONNECTIONS) - 2;
    if (this.workers.length >= limit) {
      throw new RangeError(
        `${limit} workers hold all spare connections of this engine; raise maxConnections`,
      );
    }
    const worker = new BullmqWorker<T>(name, handler, options, this.connect);
    this.workers.push(worker);
    return worker;
  }

  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private readonly connect = (): Promise<EngineConnection> => {
    if (this.closing !== undefined) return Promise.reject(new Error('the queue engine is closed'));
    this.opening ??= this.open().catch((error: unknown) => {
      this.opening = undefined;
      throw asUnavailable(error);
    });
    return this.opening;
  };

  private async open(): Promise<EngineConnection> {
    const [bullmq, { default: driver }] = await Promise.all([import('bullmq'), import('pg')]);
    const {
      connectionString,
      logger,
      maxConnections = DEFAULT_MAX_CONNECTIONS,
      migrate = true,
    } = this.options;
    if (migrate) await migrateQueueSchema(bullmq, driver, connectionString);
    const pool = new driver.Pool({
      connectionString,
      max: maxConnections,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: QUERY_TIMEOUT_MS,
      keepAlive: true,
      application_name: 'mcp-training-queue',
      // BullMQ's statements name no schema. Awaited by the pool before the connection is handed out.
      onConnect: (client) => client.query(`SET search_path TO "${QUEUE_SCHEMA}"`) as unknown as undefined,
    });
    // An idle connection that the server drops is an event without a caller; the pool replaces it.
    pool.on('error', (error) => {
      logger.warn(`queue database: ${error.message}`);
    });
    const { retryDelayMs = 1_000, cancelPollMs = 1_000 } = this.options;
    return { bullmq, pool: new QueuePool(pool), logger, retryDelayMs, cancelPollMs };
  }

  private async shutDown(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.stop({ graceMs: 0 })));
    await Promise.all(this.queues.map((queue) => queue.close()));
    const connection = await this.opening?.catch(() => undefined);
    await connection?.pool.end();
  }
}

/**
 * Reads the version first: an up-to-date schema then costs one SELECT and needs no right to create anything. BullMQ
 * itself runs all steps in one transaction under an advisory lock, so replicas may start together.
 */
async function migrateQueueSchema(
  bullmq: typeof import('bullmq'),
  driver: typeof pg,
  connectionString: string,
): Promise<void> {
  const client = new driver.Client({
    connectionString,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: MIGRATE_TIMEOUT_MS,
  });
  // A connection that dies between two statements is reported by the next one.
  client.on('error', () => undefined);
  try {
    await client.connect();
    if ((await schemaVersion(bullmq, client)) < bullmq.LATEST_SCHEMA_VERSION) {
      await bullmq.runMigrations(client, QUEUE_SCHEMA);
    }
  } finally {
    await client.end();
  }
}

async function schemaVersion(bullmq: typeof import('bullmq'), client: pg.Client): Promise<number> {
  try {
    return await bullmq.assertSchemaCompatibility(client, QUEUE_SCHEMA);
  } catch (error) {
    if (error instanceof bullmq.SchemaMigrationRequiredError) return 0;
    throw error;
  }
}
