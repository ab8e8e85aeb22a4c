import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CliSandbox, jsonOf } from '../support/cli.js';
import { insertRows, LOG_ENTRIES, onDatabase } from '../support/log-entries.js';
import { sampleRows } from '../support/sample-files.js';

const JANUARY = ['--start-date', '2024-01-01', '--end-date', '2024-01-31'];
const PROGRAMS = ['--programs', '*'];

interface Exported {
  readonly records: number;
  readonly sha256: string;
  readonly programs: readonly string[] | null;
  readonly start: string;
  readonly end: string;
}

interface Trained {
  readonly version: string;
  readonly log_count: number;
}

describe('lines of the log table', () => {
  let cli: CliSandbox;
  const rows = sampleRows();

  beforeAll(async () => {
    cli = await CliSandbox.create('log_entries');
    const url = cli.databaseUrl!;
    await onDatabase(url, (client) => client.query(LOG_ENTRIES));
    await insertRows(url, rows);
  });
  afterAll(() => cli.cleanUp());

  const validCount = async (file: string): Promise<number> => {
    const report = jsonOf<{ stats: { valid_logs: number } }>(await cli.run(['validate', file, '--json']));
    return report.stats.valid_logs;
  };

  it.each(['csv', 'json', 'ndjson'])(
    'are exported as %s, which reads back as the same lines',
    async (format) => {
      const file = cli.path(`logs.${format}`);
      const run = await cli.run(['export-logs', ...JANUARY, ...PROGRAMS, '--output-file', file, '--json']);
      expect(run.code, run.stderr).toBe(0);
      const summary = jsonOf<Exported>(run);
      expect(summary).toMatchObject({
        records: rows.length,
        programs: null,
        start: '2024-01-01T00:00:00Z',
        end: '2024-02-01T00:00:00Z',
        sha256: createHash('sha256').update(readFileSync(file)).digest('hex'),
      });
      expect(await validCount(file)).toBe(rows.length);
      // Nothing beside the file: no temporary name stays.
      expect(readdirSync(cli.directory).filter((name) => name.startsWith(`logs.${format}.`))).toEqual([]);
    },
  );

  it('are those of the configured programs unless others are named', async () => {
    const file = cli.path('wifi.csv');
    const summary = jsonOf<Exported>(
      await cli.run(['export-logs', ...JANUARY, '--output-file', file, '--json']),
    );
    const wifi = rows.filter(({ process_name: name }) =>
      ['hostapd', 'wpa_supplicant'].includes(String(name)),
    );
    expect(wifi.length).toBeGreaterThan(0);
    expect(wifi.length).toBeLessThan(rows.length);
    expect(summary).toMatchObject({ records: wifi.length, programs: ['hostapd', 'wpa_supplicant'] });
  });

  it('go to standard output alone, and the remarks elsewhere', async () => {
    const run = await cli.run([
      'export-logs',
      ...JANUARY,
      ...PROGRAMS,
      '--output-file',
      '-',
      '--format',
      'ndjson',
    ]);
    expect(run.stdout.trimEnd().split('\n')).toHaveLength(rows.length);
    expect(run.stderr).toContain(`${rows.length} lines`);
  });

  it.each([
    [['--output-file', '-'], 2, 'so the format is not known'],
    [['--output-file', 'logs.xlsx'], 2, 'does not end in .csv, .json or .ndjson'],
    [['--output-file', 'l.csv', '--start-date', 'yesterday'], 2, 'is not a date'],
    [['--output-file', 'l.csv'], 3, 'has no line from'],
    [['--output-file', 'no/such/dir/l.csv', ...JANUARY], 1, 'cannot be written'],
  ])('refuses %j with exit code %i', async (args, code, message) => {
    const run = await cli.run(['export-logs', ...args]);
    expect([run.code, run.stderr]).toEqual([code, expect.stringContaining(message)]);
    expect(readdirSync(cli.directory).filter((name) => name.startsWith('l.csv'))).toEqual([]);
  });

  it('train a model that can be rebuilt from what was read', async () => {
    const run = await cli.run(['train', '--from-database', ...JANUARY, ...PROGRAMS, '--json'], {
      timeoutMs: 120_000,
    });
    expect([0, 4], run.stderr).toContain(run.code);
    const trained = jsonOf<Trained>(run);
    expect(trained.log_count).toBe(rows.length);
    const [pulled] = await cli.query<{ stored_key: string; source: string; sha256: string }>(
      'SELECT stored_key, source, sha256 FROM exports',
    );
    expect(pulled).toMatchObject({ stored_key: 'log_entries_20240101_20240131.ndjson', source: 'database' });
    expect(
      createHash('sha256')
        .update(readFileSync(`${cli.exportsDir}/${pulled.stored_key}`))
        .digest('hex'),
    ).toBe(pulled.sha256);
    expect(
      await cli.query("SELECT action, actor LIKE 'cli:%' AS by_cli FROM audit_log WHERE entity = 'export'"),
    ).toEqual([{ action: 'export_pulled', by_cli: true }]);
    // The table goes on, the model stays what it is.
    await onDatabase(cli.databaseUrl!, (client) => client.query('DELETE FROM log_entries WHERE id % 2 = 0'));
    const rebuilt = await cli.run(['rebuild', trained.version, '--json'], { timeoutMs: 120_000 });
    expect(rebuilt.code, rebuilt.stderr).toBe(0);
    expect(jsonOf(rebuilt)).toMatchObject({ identical: true });
  }, 240_000);

  it.each([
    [['train', '--from-database', 'x.json'], 'two inputs'],
    [['train', '--from-database', '--input', 'features'], '--from-database reads log lines'],
    [['train'], 'Nothing to train on'],
  ])('are one input of one kind: %j', async (args, message) => {
    const run = await cli.run(args);
    expect([run.code, run.stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  it('do not pile up in memory: 100,000 of them take what 25,000 take', async () => {
    await onDatabase(cli.databaseUrl!, (client) =>
      client.query(`
        CREATE TABLE many AS SELECT g::bigint AS id, 3 AS device_id, '2024-03-01'::timestamptz + g * interval '20 seconds'
          AS "timestamp", 'hostapd' AS process_name, repeat('m', 1000) AS message FROM generate_series(1, 100000) g`),
    );
    const peak = async (endDate: string, records: number): Promise<number> => {
      const run = await cli.run(
        [
          'export-logs',
          '--start-date',
          '2024-03-01',
          '--end-date',
          endDate,
          '--output-file',
          cli.path('many.ndjson'),
          '--json',
        ],
        { env: { TRAINING_DATABASE_TABLE_NAME: 'many' } },
      );
      expect(run.code, run.stderr).toBe(0);
      expect(jsonOf<Exported>(run).records).toBe(records);
      return run.peakRssMb;
    };
    const few = await peak('2024-03-06T18:53:20Z', 25_000);
    const many = await peak('2024-12-31', 100_000);
    console.log(
      `peak RSS: ${few.toFixed(0)} MB for 25,000 lines, ${many.toFixed(0)} MB for 100,000 (113 MB of text)`,
    );
    expect(many - few).toBeLessThan(80);
  }, 120_000);
});
