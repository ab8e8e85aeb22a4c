import pg from 'pg';
import type { LogSource } from '../../src/export/log-table/log-table.js';

/** The table of the MCP service, as far as it matters here. */
export const LOG_ENTRIES = `
  CREATE TABLE log_entries (
    id bigserial PRIMARY KEY, device_id integer, device_ip inet, "timestamp" timestamptz NOT NULL,
    log_level text, process_name text, message text, raw_message text, pushed_to_ai boolean DEFAULT false
  )`;

/** Runs statements on a database, one connection for all. */
export async function onDatabase(url: string, body: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await body(client);
  } finally {
    await client.end();
  }
}

/** How the tests read a table: small batches, so that there are several. */
export function sourceOf(url: string, changes: Partial<LogSource> = {}): LogSource {
  return { url, table: 'log_entries', batchSize: 100, maxRecords: 100_000, timeoutSeconds: 20, ...changes };
}

/** The rows of a sample export as rows of the table. */
export async function insertRows(url: string, rows: readonly object[]): Promise<void> {
  await onDatabase(url, (client) =>
    client.query(
      `INSERT INTO log_entries (device_id, device_ip, "timestamp", log_level, process_name, message)
       SELECT device_id, CASE WHEN device_ip ~ '^[0-9.]+$' THEN device_ip::inet END, "timestamp", log_level, process_name, message
       FROM json_to_recordset($1) AS r(device_id integer, device_ip text, "timestamp" timestamptz, log_level text,
         process_name text, message text)`,
      [JSON.stringify(rows)],
    ),
  );
}
