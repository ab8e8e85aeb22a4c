import type pg from 'pg';
import { DATABASE } from './connection-file.js';

const WATCHDOG = 'mcp-training watchdog';
/** Any number no other advisory lock of ours uses; this one lives in the `postgres` database. */
const WATCHDOG_LOCK = 7_410_001;

export const watchdogName = (pid: number): string => `${WATCHDOG} ${pid}`;

/** Sessions other than this one and the watchdog's: while there is one, nobody may stop the server. */
export async function countOtherClients(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ others: number }>(
    `SELECT count(*)::int AS others FROM pg_stat_activity
     WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND application_name NOT LIKE $1`,
    [`${WATCHDOG}%`],
  );
  return rows[0]?.others ?? 0;
}

/** Process ids of the watchdogs connected now: one, or two for the moment until the second sees the first. */
export async function watchdogPids(client: pg.Client): Promise<number[]> {
  const { rows } = await client.query<{ name: string }>(
    'SELECT application_name AS name FROM pg_stat_activity WHERE application_name LIKE $1',
    [`${WATCHDOG} %`],
  );
  return rows.map(({ name }) => Number(name.slice(WATCHDOG.length + 1)));
}

/** True for the first session that asks, until it ends: there is one watchdog to a cluster. */
export async function claimWatch(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ mine: boolean }>('SELECT pg_try_advisory_lock($1) AS mine', [
    WATCHDOG_LOCK,
  ]);
  return rows[0]?.mine ?? false;
}

export async function ensureDatabase(client: pg.Client): Promise<void> {
  const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
  if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
}
