import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { AppError } from '../../shared/errors.js';

/** Any number no other advisory lock of the service uses. */
const LOCK = 7_410_002;
const POLL_MS = 200;
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Runs `work` as the only migrator of this database. The lock is polled on a connection of its own, because a session
 * that waits inside `pg_advisory_lock` holds a snapshot that CREATE INDEX CONCURRENTLY would wait for. It ends with
 * the session, so a killed migrator leaves nothing behind.
 * @throws AppError `unavailable` when another process keeps the lock for longer than `timeoutMs`
 */
export async function withMigrationLock<T>(
  url: string,
  timeoutMs: number,
  work: () => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'mcp-training migrate',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await acquire(client, timeoutMs);
    return await work();
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function acquire(client: pg.Client, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const { rows } = await client.query<{ mine: boolean }>('SELECT pg_try_advisory_lock($1) AS mine', [LOCK]);
    if (rows[0].mine) return;
    if (performance.now() >= deadline) {
      throw new AppError(
        'unavailable',
        `Another process has been migrating the database for ${timeoutMs / 1000} s.`,
        {
          hint: 'Wait until it is done; its session is called "mcp-training migrate" in pg_stat_activity.',
        },
      );
    }
    await sleep(POLL_MS);
  }
}
