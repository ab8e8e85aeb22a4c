import type { PgPool, PgPoolClient, PgQueryResult } from 'bullmq';
import type pg from 'pg';
import { AppError } from '../../shared/errors.js';
import { isConnectionLoss } from '../database/connection-loss.js';

/** The schema BullMQ keeps its tables in; it is also the one its client assumes for a pool made by somebody else. */
export const QUEUE_SCHEMA = 'bullmq';

/**
 * BullMQ retries a statement only on `ECONNREFUSED`. A PostgreSQL that restarts first says 57P01 or drops the socket,
 * which BullMQ would take for a failure of the job: a finished job would be run again or marked as failed. So every
 * loss of the connection is reported under the one code it waits for.
 */
function asRefused(error: unknown): unknown {
  if (!isConnectionLoss(error)) return error;
  return Object.assign(new Error(`queue database unreachable: ${error.message}`, { cause: error }), {
    code: 'ECONNREFUSED',
  });
}

/** Turns a lost connection into the error the entry points know; anything else passes unchanged. */
export function asUnavailable(error: unknown): unknown {
  if (!isConnectionLoss(error)) return error;
  return new AppError('unavailable', `the job queue cannot reach its database: ${error.message}`, {
    cause: error,
    hint: 'Check that PostgreSQL is running, then repeat the request.',
  });
}

/** A pg pool as BullMQ wants it: statements run in the queue schema, losses of the connection are retryable. */
export class QueuePool implements PgPool {
  constructor(private readonly pool: pg.Pool) {
    // One 'error' listener per queue and worker, none of which BullMQ takes away again.
    pool.setMaxListeners(0);
  }

  async query<R>(text: string, params?: readonly unknown[]): Promise<PgQueryResult<R>> {
    try {
      const result: unknown = await this.pool.query(text, params as unknown[] | undefined);
      return result as PgQueryResult<R>;
    } catch (error) {
      throw asRefused(error);
    }
  }

  async connect(): Promise<PgPoolClient> {
    try {
      return await this.pool.connect();
    } catch (error) {
      throw asRefused(error);
    }
  }

  on(event: string, listener: (argument: never) => void): this {
    this.pool.on(event as 'error', listener as (error: Error) => void);
    return this;
  }

  removeAllListeners(event?: string): this {
    this.pool.removeAllListeners(event);
    return this;
  }

  end(): Promise<void> {
    return this.pool.end();
  }
}
