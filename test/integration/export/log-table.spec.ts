import { createServer, type AddressInfo } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LogSelection } from '../../../src/export/core/log-table/log-query.js';
import { exportLogs } from '../../../src/export/log-table/log-export.js';
import type { LogSource } from '../../../src/export/log-table/log-table.js';
import { AppError } from '../../../src/shared/errors.js';
import { eventually } from '../../support/embedded-sandbox.js';
import { LOG_ENTRIES, onDatabase, sourceOf } from '../../support/log-entries.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.js';
import { rejection } from '../../support/temporary-directory.js';

const MAY: LogSelection = { startMs: Date.UTC(2025, 4, 1), endMs: Date.UTC(2025, 5, 1), programs: null };

interface Line {
  readonly id: number;
  readonly timestamp: string;
  readonly device_ip?: string | null;
}

async function read(source: LogSource, selection: LogSelection = MAY): Promise<Line[]> {
  const { saved } = await exportLogs(
    source,
    selection,
    { format: 'ndjson', signal: new AbortController().signal, nowMs: Date.UTC(2025, 5, 15) },
    (lines) => textOf(lines),
  );
  return saved
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

async function refusal(source: LogSource, selection: LogSelection = MAY): Promise<AppError> {
  const error = await rejection(() => read(source, selection));
  expect(error).toBeInstanceOf(AppError);
  return error as AppError;
}

describe('a table of log lines', () => {
  let database: TestDatabase;
  const source = (changes: Partial<LogSource> = {}): LogSource => sourceOf(database.url, changes);
  const count = async (sql: string): Promise<number> => {
    let found = NaN;
    await onDatabase(database.url, async (client) => {
      found = Number((await client.query<{ n: string }>(sql)).rows[0].n);
    });
    return found;
  };

  beforeAll(async () => {
    database = await createTestDatabase('log_table');
    await onDatabase(database.url, async (client) => {
      await client.query(LOG_ENTRIES);
      await client.query(`
        INSERT INTO log_entries (id, device_ip, "timestamp", process_name, message, raw_message) VALUES
          (1, '10.0.0.1', '2025-04-30 23:59:59.999+00', 'hostapd', 'before', NULL),
          (2, '10.0.0.1', '2025-05-01 00:00:00+00', 'hostapd', 'first', NULL),
          (3, '10.0.0.1', '2025-05-31 23:59:59.9999+00', 'hostapd[412]', 'last', NULL),
          (4, '10.0.0.1', '2025-06-01 00:00:00+00', 'hostapd', 'after', NULL),
          (5, '10.0.0.1', '2025-05-10 02:00:00+02', 'HOSTAPD', 'in another zone', NULL),
          (6, '10.0.0.1', '2025-05-11 00:00:00+00', 'dnsmasq', 'not wifi', NULL),
          (7, '10.0.0.1', '2025-05-12 00:00:00+00', ' ', 'named by its header', '<30>May 12 00:00:00 AP hostapd: x'),
          (8, '10.0.0.1', '2025-05-13 00:00:00+00', NULL, 'of another', '<30>May 13 00:00:00 AP dnsmasq: x')`);
    });
  });
  afterAll(() => database.drop());

  const ids = (lines: readonly Line[]): number[] => lines.map(({ id }) => id);

  it('gives the lines of whole UTC days, the last one included, in the order of time', async () => {
    const lines = await read(source());
    expect(ids(lines)).toEqual([2, 5, 6, 7, 8, 3]);
    expect(lines.map(({ timestamp }) => timestamp).filter((_, i) => i < 2 || i === 5)).toEqual([
      '2025-05-01T00:00:00Z',
      '2025-05-10T00:00:00Z',
      '2025-05-31T23:59:59.9999Z',
    ]);
    expect(lines[0]).toEqual({
      id: 2,
      timestamp: '2025-05-01T00:00:00Z',
      message: 'first',
      process_name: 'hostapd',
      log_level: null,
      device_id: null,
      device_ip: '10.0.0.1',
      raw_message: null,
    });
  });

  it('finds a program in any case, with a process id, and in the header of a raw line', async () => {
    expect(ids(await read(source(), { ...MAY, programs: ['hostapd'] }))).toEqual([2, 5, 7, 3]);
    expect(ids(await read(source(), { ...MAY, programs: ['DNSmasq'] }))).toEqual([6, 8]);
  });

  it('says what there is when there is no such line', async () => {
    const none = await refusal(source(), { ...MAY, programs: ["x'); DELETE FROM log_entries; --"] });
    expect(none.code).toBe('not_enough_data');
    expect(none.hint).toContain('2025-04-30T23:59:59.999Z to 2025-06-01T00:00:00Z');
    expect(await count('SELECT count(*) AS n FROM log_entries')).toBe(8);
  });

  it('takes a time without zone as UTC, whatever the zone of the server', async () => {
    await onDatabase(database.url, async (client) => {
      await client.query(`ALTER DATABASE ${client.database ?? ''} SET timezone = 'Asia/Tokyo'`);
      await client.query('CREATE TABLE plain ("timestamp" timestamp, message text, program text)');
      await client.query(
        `INSERT INTO plain VALUES ('2025-05-01 00:00:00', 'a', 'hostapd'), ('2025-05-31 23:30:00', 'b', 'hostapd')`,
      );
    });
    try {
      const lines = await read(source({ table: 'plain' }));
      expect(lines.map(({ timestamp }) => timestamp)).toEqual([
        '2025-05-01T00:00:00Z',
        '2025-05-31T23:30:00Z',
      ]);
      expect(ids(await read(source()))).toEqual([2, 5, 6, 7, 8, 3]);
    } finally {
      await onDatabase(database.url, (client) =>
        client.query(`ALTER DATABASE ${client.database ?? ''} RESET timezone`),
      );
    }
  });

  it('may have any name: it is never SQL', async () => {
    const name = 'odd "name"; DROP TABLE log_entries; --';
    await onDatabase(database.url, async (client) => {
      await client.query(`CREATE TABLE "${name.replaceAll('"', '""')}" AS SELECT * FROM log_entries`);
    });
    expect(await read(source({ table: name }))).toHaveLength(6);
    const missing = await refusal(source({ table: 'x"; DROP TABLE log_entries; --' }));
    expect(missing.code).toBe('config_invalid');
    expect(await count('SELECT count(*) AS n FROM log_entries')).toBe(8);
  });

  it('of another schema is read by schema.table', async () => {
    await onDatabase(database.url, async (client) => {
      await client.query(
        'CREATE SCHEMA mcp; CREATE VIEW mcp.lines AS SELECT * FROM log_entries WHERE id < 6',
      );
    });
    expect(ids(await read(source({ table: 'mcp.lines' })))).toEqual([2, 5, 3]);
  });

  it('that is missing is named, with the tables it might have been', async () => {
    const error = await refusal(source({ table: 'log_entry' }));
    expect(error).toMatchObject({ code: 'config_invalid', exitCode: 2 });
    expect(error.message).toContain('"log_entry"');
    expect(error.hint).toContain('log_entries');
  });

  it('without a column is refused with the columns it has', async () => {
    await onDatabase(database.url, (client) =>
      client.query('CREATE TABLE other ("timestamp" timestamptz, msg text, process_name text)'),
    );
    const error = await refusal(source({ table: 'other' }));
    expect(error).toMatchObject({ code: 'config_invalid' });
    expect(error.message).toContain('column message is missing');
    expect(error.hint).toContain('timestamp, msg, process_name');
  });

  it('with more lines than database.max_records is refused with their number, before any is read', async () => {
    const error = await refusal(source({ maxRecords: 5 }));
    expect(error.message).toContain('6 lines');
    expect(error.message).toContain('database.max_records (5)');
    expect(await read(source({ maxRecords: 6 }))).toHaveLength(6);
  });

  it('is read in a session that can write nothing', async () => {
    await onDatabase(database.url, async (client) => {
      await client.query(`
        CREATE TABLE traces (at timestamptz DEFAULT now());
        CREATE FUNCTION leave_trace() RETURNS text LANGUAGE plpgsql VOLATILE AS
          $$ BEGIN INSERT INTO traces DEFAULT VALUES; RETURN 'hostapd'; END $$;
        CREATE VIEW writing AS SELECT "timestamp", message, leave_trace() AS process_name FROM log_entries`);
      // Outside of our session the view does write.
      await client.query('SELECT * FROM writing LIMIT 1');
    });
    expect(await count('SELECT count(*) AS n FROM traces')).toBe(1);
    const error = await refusal(source({ table: 'writing' }));
    expect(error.code).toBe('config_invalid');
    expect(error.message).toContain('read-only transaction');
    expect(await count('SELECT count(*) AS n FROM traces')).toBe(1);
  });

  it('that its user may not read says so', async () => {
    const url = new URL(database.url);
    url.username = `reader_${process.pid}`;
    url.password = 'not a secret';
    await onDatabase(database.url, (client) =>
      client.query(`CREATE ROLE ${url.username} LOGIN PASSWORD 'not a secret'`),
    );
    try {
      const denied = await refusal(sourceOf(url.toString()));
      expect(denied.message).toContain('may not read log_entries');
      await onDatabase(database.url, (client) =>
        client.query(`GRANT SELECT ON log_entries TO ${url.username}`),
      );
      expect(await read(sourceOf(url.toString()))).toHaveLength(6);
    } finally {
      await onDatabase(database.url, (client) =>
        client.query(`REVOKE ALL ON log_entries FROM ${url.username}; DROP ROLE ${url.username}`),
      );
    }
  });

  it('that takes too long is given up at database.statement_timeout', async () => {
    await onDatabase(database.url, (client) =>
      client.query(`CREATE VIEW slow AS SELECT l.*, pg_sleep(2)::text AS source FROM log_entries l`),
    );
    const begun = performance.now();
    const error = await refusal(source({ table: 'slow', timeoutSeconds: 1 }));
    expect(error.message).toContain('took longer than 1 s');
    expect(performance.now() - begun).toBeLessThan(10_000);
  });

  it('stops at once when nobody wants it any more, and leaves no session behind', async () => {
    const stop = new AbortController();
    setTimeout(() => {
      stop.abort();
    }, 300);
    const begun = performance.now();
    const error = await rejection(() =>
      exportLogs(
        source({ table: 'slow' }),
        MAY,
        { format: 'ndjson', signal: stop.signal, nowMs: 0 },
        (lines) => textOf(lines),
      ),
    );
    expect(error).toMatchObject({ code: 'cancelled' });
    expect(performance.now() - begun).toBeLessThan(5_000);
    await eventually('the server has ended the session', 5_000, async () => {
      const sessions = `SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database()
        AND application_name = 'mcp-training log reader'`;
      return (await count(sessions)) === 0;
    });
  });

  it('of a server that does not answer is an error that names the server, not its password', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const error = await refusal(sourceOf(`postgresql://me:hidden@127.0.0.1:${port}/logs`));
    expect(error).toMatchObject({ code: 'unavailable', exitCode: 1 });
    expect(error.message).toContain(`127.0.0.1:${port}`);
    expect(`${error.message} ${error.hint ?? ''}`).not.toContain('hidden');
  });

  it('is read no faster than it is written: what waits is a few batches', async () => {
    await onDatabase(database.url, (client) =>
      client.query(`
        CREATE VIEW counted AS SELECT '2025-05-02'::timestamptz + g * interval '1 second' AS "timestamp",
          repeat('x', 1000) AS message, 'hostapd' AS process_name FROM generate_series(1, 50000) g`),
    );
    let pieces = 0;
    const { records } = await exportLogs(
      source({ table: 'counted' }),
      MAY,
      { format: 'ndjson', signal: new AbortController().signal, nowMs: 0 },
      async (lines) => {
        for await (const piece of lines as AsyncIterable<string>) {
          pieces++;
          // 100 lines of 1 kB each: a reader that runs ahead would have more of them waiting.
          expect(piece.length).toBeLessThan(130_000);
          expect(lines.readableLength).toBeLessThanOrEqual(1);
          if (pieces % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
        }
      },
    );
    expect(records).toBe(50_000);
    expect(pieces).toBeGreaterThanOrEqual(500);
  });
});
