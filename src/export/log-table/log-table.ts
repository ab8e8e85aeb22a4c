import pg from 'pg';
import { logColumns, type LogColumns, type TableColumn } from '../core/log-table/log-columns.js';
import {
  countLines,
  quoteTable,
  selectLines,
  selectSpan,
  type LogQuery,
  type LogSelection,
} from '../core/log-table/log-query.js';
import { programFilter } from '../core/log-table/log-row-filter.js';
import { shortTime, type LogRow } from '../core/log-table/log-text.js';
import { AppError } from '../../shared/errors.js';
import { columnsError, logTableError, noSuchTable, tooManyRows } from './log-table-errors.js';

/** The table of another service that log lines are read from, and how it is read. */
export interface LogSource {
  readonly url: string;
  /** `table` or `schema.table`. */
  readonly table: string;
  readonly batchSize: number;
  readonly maxRecords: number;
  /** Of the server, for each statement; fetching one batch is a statement. */
  readonly timeoutSeconds: number;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** Our own wait is longer than the server's limit, so that its answer comes first. */
const ANSWER_MARGIN_MS = 5_000;
/** A slow disk of ours must not hold the server's snapshot for ever. */
const IDLE_LIMIT = '10min';

/**
 * Opens the table in one read-only transaction: everything `body` reads is of one moment, and nothing can be written.
 *
 * @throws AppError `unavailable` (not reachable, refused, too slow), `config_invalid` (no such table or column),
 * `cancelled`
 */
export async function withLogTable<T>(
  source: LogSource,
  signal: AbortSignal,
  body: (table: LogTable) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const timeoutMs = source.timeoutSeconds * 1000;
  const client = new pg.Client({
    connectionString: source.url,
    application_name: 'mcp-training log reader',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: timeoutMs + ANSWER_MARGIN_MS,
    keepAlive: true,
  });
  // A connection that breaks while nobody waits for it must not end the process; the next call fails.
  client.on('error', () => undefined);
  const onAbort = (): void => {
    // Cuts the connection when a statement is under way.
    void client.end().catch(() => undefined);
  };
  signal.addEventListener('abort', onAbort);
  try {
    await client.connect();
    await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await client.query(
      `SELECT set_config('statement_timeout', $1, true), set_config('lock_timeout', $1, true),
         set_config('idle_in_transaction_session_timeout', $2, true), set_config('TimeZone', 'UTC', true)`,
      [String(timeoutMs), IDLE_LIMIT],
    );
    // PostgreSQL 14 and later: a statement ends when we are gone, and not at its limit.
    await client.query(
      `SELECT set_config(name, '1s', true) FROM pg_settings WHERE name = 'client_connection_check_interval'`,
    );
    return await body(new LogTable(client, source, await describe(client, source), signal));
  } catch (error) {
    if (signal.aborted) throw asCancelled(signal);
    throw error instanceof AppError ? error : logTableError(error, source);
  } finally {
    signal.removeEventListener('abort', onAbort);
    // Nothing was written: there is nothing to commit.
    await client.end().catch(() => undefined);
  }
}

export class LogTable {
  constructor(
    private readonly client: pg.Client,
    private readonly source: LogSource,
    readonly columns: LogColumns,
    private readonly signal: AbortSignal,
  ) {}

  /** @throws AppError `validation_failed` with the number when there are more than `maxRecords` */
  async count(selection: LogSelection): Promise<number> {
    const { table, maxRecords } = this.source;
    const found = await this.number(countLines(table, this.columns, selection, maxRecords));
    if (found <= maxRecords) return found;
    throw tooManyRows(this.source, await this.number(countLines(table, this.columns, selection, null)));
  }

  /** First and last time of the whole table; null = it is empty. */
  async span(): Promise<{ readonly first: string; readonly last: string } | null> {
    const { text, values } = selectSpan(this.source.table, this.columns);
    const { rows } = await this.client.query<{ first: string | null; last: string | null }>(text, [
      ...values,
    ]);
    const { first, last } = rows[0];
    return first === null || last === null ? null : { first: shortTime(first), last: shortTime(last) };
  }

  /** The rows in the order of their time, one batch of the server's cursor after the other. */
  async *batches(selection: LogSelection): AsyncGenerator<LogRow[], void, void> {
    const { text, values } = selectLines(this.source.table, this.columns, selection);
    const isWanted = programFilter(this.columns, selection.programs);
    const time = this.columns.all.findIndex(({ name }) => name === 'timestamp');
    await this.client.query(`DECLARE lines NO SCROLL CURSOR FOR ${text}`, [...values]);
    for (;;) {
      const rows = await this.fetch();
      if (rows.length === 0) return;
      for (const row of rows) row[time] = shortTime(row[time] ?? '');
      yield rows.filter(isWanted);
    }
  }

  private async fetch(): Promise<(string | null)[][]> {
    this.signal.throwIfAborted();
    try {
      const { rows } = await this.client.query<(string | null)[]>({
        text: `FETCH FORWARD ${this.source.batchSize} FROM lines`,
        rowMode: 'array',
      });
      return rows;
    } catch (error) {
      // Said here: whoever writes the lines would take it for a failure of the file.
      throw this.signal.aborted ? asCancelled(this.signal) : logTableError(error, this.source);
    }
  }

  private async number({ text, values }: LogQuery): Promise<number> {
    const { rows } = await this.client.query<{ count: string }>(text, [...values]);
    return Number(rows[0].count);
  }
}

/** @throws AppError `config_invalid` naming what is missing, and what there is */
async function describe(client: pg.Client, source: LogSource): Promise<LogColumns> {
  const { rows } = await client.query<TableColumn & { kind: string }>(
    `SELECT a.attname AS name, format_type(a.atttypid, NULL) AS type, c.relkind AS kind
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.oid = to_regclass($1) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY a.attnum`,
    [quoteTable(source.table)],
  );
  if (rows.length === 0) {
    const { rows: similar } = await client.query<{ name: string }>(
      `SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
         AND EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'timestamp')
       ORDER BY 1 LIMIT 10`,
    );
    throw noSuchTable(
      source,
      similar.map(({ name }) => name),
    );
  }
  const found = logColumns(rows);
  if ('columns' in found) return found.columns;
  throw columnsError(
    source,
    found.problems,
    rows.map(({ name }) => name),
  );
}

function asCancelled(signal: AbortSignal): unknown {
  return signal.reason instanceof AppError
    ? signal.reason
    : new AppError('cancelled', 'Reading the log table was stopped. Nothing half-written remains.');
}
