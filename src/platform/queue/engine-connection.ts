import type { QueueLogger } from './job-queue.js';
import type { QueuePool } from './queue-pool.js';

/** What queues and workers share: one copy of the library, one pool. */
export interface EngineConnection {
  readonly bullmq: typeof import('bullmq');
  readonly pool: QueuePool;
  readonly logger: QueueLogger;
  readonly retryDelayMs: number;
  readonly cancelPollMs: number;
}
