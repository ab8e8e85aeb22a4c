import { execFileSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { platform } from 'node:os';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CliSandbox, jsonOf } from '../support/cli.js';
import { record } from './sample-exports.js';

const MAX_RSS_MB = 300;
const TWO_GB = 2 * 1024 ** 3;

const logs = (...records: unknown[]): string => JSON.stringify({ logs: records });
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const withoutTail = (text: string, bytes: number): string => text.slice(0, -bytes);
const timestamp = '2025-06-01T00:00:00Z';

interface Hostile {
  readonly name: string;
  readonly content: string | Uint8Array;
  /** What the message has to say, besides the file. */
  readonly says: RegExp;
  /** Index of the record to blame, where there is one. */
  readonly record?: number;
}

const HOSTILE: readonly Hostile[] = [
  { name: 'empty.json', content: '', says: /empty/ },
  {
    name: 'truncated.json',
    content: withoutTail(logs(record(0), record(1)), 30),
    says: /cut off|truncated/,
    record: 1,
  },
  {
    name: 'between-records.json',
    content: `{"logs":[${JSON.stringify(record(0))},`,
    says: /cut off|truncated/,
  },
  { name: 'logs-is-a-number.json', content: '{"logs": 5}', says: /"logs".*array/ },
  { name: 'no-logs.json', content: '{"entries": []}', says: /logs/ },
  { name: 'scalar.json', content: '42', says: /not a log export/ },
  { name: 'words.json', content: 'Dear Sir or Madam,\nplease find attached', says: /not a log export/ },
  {
    name: 'wrong-types.json',
    content: logs(
      record(0),
      record(1, { timestamp: {} }),
      record(2, { message: 17 }),
      record(3, { device_id: [1] }),
    ),
    says: /timestamp/,
    record: 1,
  },
  { name: 'records-are-scalars.json', content: logs(record(0), 7, null, 'x'), says: /object/, record: 1 },
  {
    name: 'impossible-time.json',
    content: logs(record(0), record(1, { timestamp: '2025-13-41T99:00:00Z' })),
    says: /timestamp/,
    record: 1,
  },
  { name: 'deep.json', content: `{"logs":${nested(100_000)}}`, says: /nest/, record: 0 },
  {
    name: 'deep-in-a-record.json',
    content: `{"logs":[${JSON.stringify(record(0))},{"timestamp":"${timestamp}","message":${nested(100_000)}}]}`,
    says: /nest/,
    record: 1,
  },
  { name: 'deep-metadata.json', content: `{"metadata":${nested(100_000)},"logs":[]}`, says: /nest|level/ },
  {
    name: 'invalid-utf8.json',
    content: Buffer.concat([
      Buffer.from(`{"logs":[${JSON.stringify(record(0))},{"timestamp":"${timestamp}","message":"`),
      Buffer.from([0xff, 0xfe, 0xc0, 0xaf]),
      Buffer.from('"}]}'),
    ]),
    says: /UTF-8/,
    record: 1,
  },
  {
    name: 'duplicate-key.json',
    content: `{"logs":[${JSON.stringify(record(0))},{"timestamp":"${timestamp}","timestamp":"2025-06-02T00:00:00Z","message":"x","device_id":1}]}`,
    says: /twice|duplicate/i,
    record: 1,
  },
  {
    name: 'two-lists.json',
    content: `{"logs":[${JSON.stringify(record(0))}],"logs":[${JSON.stringify(record(1))}]}`,
    says: /"logs"/,
  },
  { name: 'utf16.json', content: Buffer.from(`\ufeff${logs(record(0))}`, 'utf16le'), says: /UTF-16/ },
  { name: 'zeros.json', content: new Uint8Array(4096), says: /not a log export/ },
  { name: 'joined.json', content: logs(record(0)) + logs(record(1)), says: /follows the end|second|line/ },
  {
    name: 'header-only.csv',
    content: 'device_id,message,raw_message,timestamp\n',
    says: /no log records|no records|empty/,
  },
  { name: 'foreign.csv', content: 'a,b,c\n1,2,3\n', says: /timestamp/ },
];

const BROKEN_GZIP = gzipSync(logs(record(0))).subarray(0, 30);

describe('hostile exports', () => {
  let sandbox: CliSandbox;

  beforeAll(async () => {
    sandbox = await CliSandbox.create('hostile');
    for (const { name, content } of HOSTILE) writeFileSync(sandbox.path(name), content);
    writeFileSync(sandbox.path('broken.json.gz'), BROKEN_GZIP);
    mkdirSync(sandbox.path('directory.json'));
    expect((await sandbox.run(['migrate'])).code).toBe(0);
  });
  afterAll(async () => sandbox.cleanUp());

  const assertNothingLeft = (): void => {
    expect(sandbox.modelEntries()).toEqual([]);
    expect(readdirSync(sandbox.exportsDir)).toEqual([]);
  };

  it.concurrent.each(HOSTILE)(
    '$name: validate says what and where, within bounded memory',
    async ({ name, says, record: index }) => {
      const result = await sandbox.run(['validate', name]);
      const said = result.stdout + result.stderr;
      expect(result.code, said).toBe(3);
      expect(said).toContain(name);
      expect(said).toMatch(says);
      if (index !== undefined) expect(said).toMatch(new RegExp(`record (index )?${index}\\b`));
      expect(said).not.toMatch(/\n\s+at .*:\d+:\d+|node_modules|undefined|\[object/);
      expect(result.peakRssMb).toBeLessThan(MAX_RSS_MB);
      assertNothingLeft();
    },
  );

  it('train refuses the same files for the same reasons, and leaves nothing', async () => {
    const chosen = HOSTILE.filter(({ name }) =>
      /^(empty|trunc|wrong|deep-in|invalid|dupl|logs-is)/.test(name),
    );
    const train = async ({ name, says, record: index }: Hostile): Promise<void> => {
      const result = await sandbox.run(['train', name, '--json']);
      expect(result.code, result.stderr).toBe(3);
      const { error } = jsonOf<{ error: { code: string; message: string } }>(result);
      expect(['export_invalid', 'not_enough_data']).toContain(error.code);
      expect(error.message).toContain(name);
      expect(error.message).toMatch(says);
      if (index !== undefined) expect(error.message).toMatch(new RegExp(`record (index )?${index}\\b`));
      expect(result.peakRssMb).toBeLessThan(MAX_RSS_MB);
    };
    for (let i = 0; i < chosen.length; i += 3) await Promise.all(chosen.slice(i, i + 3).map(train));
    assertNothingLeft();
    const runs = await sandbox.query<{ status: string }>('SELECT status FROM training_runs');
    expect(runs.every(({ status }) => status === 'failed')).toBe(true);
  });

  it.each([
    ['a missing file', 'absent.json', 5, /exist/],
    ['a directory without exports', 'directory.json', 3, /directory/],
    ['a broken gzip file', 'broken.json.gz', 3, /gzip data is cut off/],
  ])('%s', async (_, name, code, says) => {
    const [validated, trained] = await Promise.all([
      sandbox.run(['validate', name]),
      sandbox.run(['train', name]),
    ]);
    for (const result of [validated, trained]) {
      expect(result.code, result.stderr).toBe(code);
      expect(result.stderr).toContain(name);
      expect(result.stderr).toMatch(says);
    }
    assertNothingLeft();
  });

  it.skipIf(platform() === 'win32')('a named pipe is refused at once instead of waited for', async () => {
    execFileSync('mkfifo', [sandbox.path('pipe.json')]);
    const result = await sandbox.run(['validate', 'pipe.json'], { timeoutMs: 15_000 });
    expect(result.code, result.stderr).toBe(3);
    expect(result.stderr).toContain('pipe.json');
  });

  it.each([
    ['one record without end', '{"logs":[{"timestamp":"2025-06-01T00:00:00Z","message":"', '"}]}'],
    ['nothing but a line', 'aaaa', 'aaaa'],
    ['metadata without end', '{"metadata":{"note":"', '"},"logs":[]}'],
  ])('a 2 GB file of a single line (%s) is refused quickly', async (_, head, tail) => {
    const file = sandbox.path('huge.json');
    // Sparse: takes no room on the disk, and reads as 2 GB.
    const fd = openSync(file, 'w');
    ftruncateSync(fd, TWO_GB);
    writeSync(fd, head, 0);
    writeSync(fd, tail, TWO_GB - tail.length);
    closeSync(fd);
    const [validated, trained] = await Promise.all([
      sandbox.run(['validate', file], { timeoutMs: 20_000 }),
      sandbox.run(['train', file], { timeoutMs: 20_000 }),
    ]);
    for (const result of [validated, trained]) {
      expect(result.code, result.stderr).toBe(3);
      expect(result.stderr).toContain('huge.json');
      expect(result.peakRssMb).toBeLessThan(MAX_RSS_MB);
    }
    assertNothingLeft();
  });

  it('among several files the bad one is named', async () => {
    writeFileSync(sandbox.path('good.json'), logs(record(0)));
    const result = await sandbox.run(['validate', 'good.json', 'truncated.json']);
    expect(result.code).toBe(3);
    expect(result.stderr).toContain('truncated.json');
  });

  it('a key named __proto__ is an unknown field like any other', async () => {
    const text = logs(record(0)).replace('{"device_id"', '{"__proto__":{"message":"polluted"},"device_id"');
    writeFileSync(sandbox.path('proto.json'), text);
    const result = await sandbox.run(['validate', 'proto.json', '--json']);
    expect(jsonOf(result)).toMatchObject({ stats: { log_count: 1, valid_logs: 1, invalid_logs: 0 } });
  });

  it('escape sequences in a log do not reach the terminal', async () => {
    writeFileSync(
      sandbox.path('escape.json'),
      logs(record(0, { process_name: '\u001b]0;owned\u0007\u001b[2J' })),
    );
    const result = await sandbox.run(['validate', 'escape.json']);
    expect(result.stdout + result.stderr).not.toContain('\u001b');
  });

  it('a few bad records among many are counted, not fatal, and never dropped in silence', async () => {
    const records = Array.from({ length: 600 }, (_, i) => record(5 * i));
    records[100] = record(500, { message: 5 });
    records[200] = record(1000, { timestamp: 'soon' });
    writeFileSync(sandbox.path('mostly-good.json'), logs(...records));
    const result = await sandbox.run(['validate', 'mostly-good.json', '--json']);
    expect(result.code, result.stdout).toBe(0);
    const { stats, warnings } = jsonOf<{
      stats: Record<string, number>;
      warnings: { count: number; examples: { file: string; record_index: number }[] }[];
    }>(result);
    expect(stats).toMatchObject({ log_count: 600, valid_logs: 598, invalid_logs: 2 });
    const places = warnings.flatMap(({ examples }) => examples.map(({ record_index: index }) => index));
    expect(places).toEqual(expect.arrayContaining([100, 200]));
  });
});
