import { closeSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CliSandbox, jsonOf, type CliResult } from '../support/cli.js';

/**
 * Exports that are large in one respect. The sizes here are the smallest that would show memory growing with them; set
 * HOSTILE_FULL_SIZE=1 for those of the contract (gigabytes, minutes).
 */
const FULL = process.env['HOSTILE_FULL_SIZE'] === '1';
const TIMEOUT_MS = FULL ? 600_000 : 60_000;
const MAX_RSS_MB = 300;
const MIB = 1024 * 1024;
const START = Date.UTC(2025, 5, 1);

interface Report {
  readonly stats: {
    readonly log_count: number;
    readonly valid_logs: number;
    readonly invalid_logs: number;
    readonly device_count: number;
    readonly start: string | null;
    readonly end: string | null;
  };
}
interface Failure {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly hint?: string;
    readonly details?: Readonly<Record<string, unknown>>;
  };
}

/** 02:... for each number below 2^40. */
const mac = (value: number): string =>
  `02${(value + 2 ** 40)
    .toString(16)
    .slice(-10)
    .replace(/../g, (byte) => `:${byte}`)}`;

const line = (timeMs: number, device: number | string, station: number): string =>
  `{"timestamp":"${new Date(timeMs).toISOString()}","device_id":${JSON.stringify(device)},"process_name":"hostapd",` +
  `"message":"wlan0: STA ${mac(station)} IEEE 802.11: associated"}`;

describe('exports that are large in one respect', { timeout: FULL ? 1_800_000 : 120_000 }, () => {
  let sandbox: CliSandbox;

  beforeAll(async () => {
    // None of the commands here needs a database, so none is started.
    sandbox = await CliSandbox.create('sizes', { database: 'embedded' });
  });
  afterAll(async () => sandbox.cleanUp());

  /** Writes lines as they are made, and lets the test runner breathe meanwhile. */
  const write = async (name: string, count: number, make: (i: number) => string): Promise<string> => {
    const path = sandbox.path(name);
    const fd = openSync(path, 'w');
    let text = '';
    for (let i = 0; i < count; i++) {
      text += `${make(i)}\n`;
      if (text.length < MIB) continue;
      writeSync(fd, text);
      text = '';
      await setImmediate();
    }
    writeSync(fd, text);
    closeSync(fd);
    return path;
  };

  /** A gzip file of members that each stand for one part. */
  const writeGzip = (name: string, parts: readonly Uint8Array[]): string => {
    const path = sandbox.path(name);
    writeFileSync(path, Buffer.concat(parts));
    return path;
  };

  const run = async (...args: string[]): Promise<CliResult> => {
    const result = await sandbox.run([...args, '--json'], { timeoutMs: TIMEOUT_MS });
    if (FULL)
      console.log(
        `${args.join(' ')}: exit ${result.code}, ${Math.round(result.durationMs)} ms, ${Math.round(result.peakRssMb)} MB`,
      );
    expect(result.peakRssMb).toBeLessThan(MAX_RSS_MB);
    return result;
  };

  const refused = async (path: string): Promise<Failure['error']> => {
    const result = await run('validate', path);
    expect(result.code, result.stdout).toBe(3);
    expect(result.durationMs).toBeLessThan(30_000);
    return jsonOf<Failure>(result).error;
  };

  it('a gzip bomb of zeros', async () => {
    const member = gzipSync(new Uint8Array(64 * MIB));
    const error = await refused(writeGzip('zeros.json.gz', new Array<Buffer>(16).fill(member)));
    expect(error).toMatchObject({
      code: 'export_invalid',
      details: { reason: expect.any(String) as string },
    });
  });

  it('a gzip bomb of valid records', async () => {
    const member = gzipSync(`${line(START, 1, 1)}\n`.repeat(100_000));
    const path = writeGzip('records.ndjson.gz', new Array<Buffer>(FULL ? 4000 : 80).fill(member));
    expect((await refused(path)).details).toMatchObject({ reason: 'compression_bomb' });
  });

  it.each([
    ['in a record', '{"logs":[{"timestamp":"2025-06-01T00:00:00Z","message":"', '"}]}'],
    ['in a key', '{"logs":[{"', '":1}]}'],
    ['in the metadata', '{"metadata":{"note":"', '"},"logs":[]}'],
  ])('a string of 1 GB %s', async (_, head, tail) => {
    const member = gzipSync(Buffer.alloc(64 * MIB, 'a'));
    const parts = [gzipSync(head), ...new Array<Buffer>(16).fill(member), gzipSync(tail)];
    expect((await refused(writeGzip('string.json.gz', parts))).message).toMatch(
      /longer than 1,048,576 bytes/,
    );
  });

  it.each([
    ['arrays in an export', '{"logs":[{"timestamp":"2025-06-01T00:00:00Z","message":', '[', ']', '}]}'],
    ['objects in an export', '{"logs":[{"timestamp":"2025-06-01T00:00:00Z","message":', '{"a":', '}', '}]}'],
    ['arrays in NDJSON', '{"timestamp":"2025-06-01T00:00:00Z","message":', '[', ']', '}'],
    ['arrays in the metadata', '{"metadata":', '[', ']', ',"logs":[]}'],
    ['arrays alone', '', '[', ']', ''],
  ])('a million levels of %s', async (_, head, open, close, tail) => {
    const levels = 1_000_000;
    const path = sandbox.path('deep.json');
    writeFileSync(path, head + open.repeat(levels) + (open === '[' ? '' : '1') + close.repeat(levels) + tail);
    const result = await run('validate', path);
    expect(result.code, result.stdout).toBe(3);
    expect(result.durationMs).toBeLessThan(20_000);
    // One record that is wrong, or a file that is: both name the nesting.
    expect(result.stdout).toMatch(/nest|deep|level/);
  });

  it('100,000 devices, and one more', async () => {
    const perDevice = FULL ? 20 : 1;
    const count = 100_000 * perDevice;
    const path = await write('devices.ndjson', count, (i) =>
      line(START + Math.floor(i / 100_000) * 300_000, i % 100_000, i % 50),
    );
    const result = await run('validate', path);
    expect(result.code, result.stdout.slice(0, 500)).toBeOneOf([0, 3]);
    expect(jsonOf<Report>(result).stats).toMatchObject({ device_count: 100_000, valid_logs: count });
    const more = await write('one-more.ndjson', 100_001, (i) => line(START, `d${i}`, 1));
    expect((await refused(more)).details).toMatchObject({ reason: 'too_many_devices' });
  });

  it.each([
    ['over two weeks', 14 * 86_400_000],
    ['within one window', 299_000],
  ])('millions of distinct MAC addresses %s', async (_, spanMs) => {
    const count = FULL ? 10_000_000 : 250_000;
    // The first and the last window of an export are cut off; the others lie between.
    const timeOf = (i: number): number => {
      if (i === 0) return START - 900_000;
      return START + (i === count - 1 ? spanMs + 900_000 : Math.floor((i / count) * spanMs));
    };
    const path = await write('macs.ndjson', count, (i) => line(timeOf(i), 1, i));
    const result = await run('extract-features', path, '-o', sandbox.path('features.csv'));
    expect(result.code, result.stdout).toBe(0);
    expect(jsonOf<{ windows: number }>(result).windows).toBeGreaterThan(0);
    rmSync(path);
  });

  it('records from 1970 to 2106', async () => {
    const seconds = [0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
    const path = await write('years.ndjson', 5000, (i) => line(seconds[i % 5] * 1000 + i, 1, 1));
    const validated = await run('validate', path);
    const { stats } = jsonOf<Report>(validated);
    expect(stats.log_count).toBe(5000);
    expect(stats.valid_logs + stats.invalid_logs).toBe(5000);
    const extracted = await run('extract-features', path, '-o', sandbox.path('features.csv'));
    expect(extracted.code, extracted.stdout).toBeOneOf([0, 3]);
    expect(extracted.durationMs).toBeLessThan(20_000);
  });

  it('more windows than memory is meant for are refused with their number', async () => {
    const path = await write('spread.ndjson', 250_000, (i) =>
      line(START + Math.floor(i / 25) * 300_000, (i % 25) * 40, 1),
    );
    const args = ['extract-features', path, '-o', sandbox.path('features.csv')];
    const result = await run(...args, '--config-overrides', '{"features":{"window":{"max_windows":1000}}}');
    expect(result.code, result.stdout).toBe(3);
    expect(jsonOf<Failure>(result).error.message).toMatch(/1,?000/);
  });

  it('line ends and byte order marks of other systems change nothing', async () => {
    const count = 500;
    const make = (i: number): string => line(START + i * 300_000, 1, i % 9);
    const lines = Array.from({ length: count }, (_, i) => make(i));
    const csv = lines.map((text) => {
      const { timestamp, message } = JSON.parse(text) as { timestamp: string; message: string };
      return `1,"${message}",${timestamp}`;
    });
    const header = 'device_id,message,timestamp';
    const files: readonly (readonly [string, string])[] = [
      ['plain.ndjson', `${lines.join('\n')}\n`],
      ['crlf.ndjson', `${lines.join('\r\n')}\r\n`],
      ['bom.ndjson', `\ufeff${lines.join('\n')}`],
      ['bom.json', `\ufeff{"logs":[${lines.join(',\r\n')}]}\r\n`],
      ['crlf.csv', [header, ...csv, ''].join('\r\n')],
      ['bom.csv', `\ufeff${[header, ...csv].join('\r\n')}`],
    ];
    for (const [name, text] of files) {
      const path = sandbox.path(name);
      writeFileSync(path, text);
      const { stats } = jsonOf<Report>(await run('validate', path));
      expect(stats, name).toMatchObject({
        log_count: count,
        valid_logs: count,
        invalid_logs: 0,
        device_count: 1,
      });
      expect(stats.start, name).toMatch(/^2025-06-01T00:00:00/);
    }
  });

  it.each([
    ['little-endian', (text: string) => Buffer.from(text, 'utf16le'), /UTF-16/],
    ['big-endian', (text: string) => Buffer.from(text, 'utf16le').swap16(), /UTF-16|not a log export/],
  ])('UTF-16 %s is named, with and without its mark', async (_, encode, unmarked) => {
    const path = sandbox.path('utf16.json');
    for (const mark of ['\ufeff', '']) {
      writeFileSync(path, encode(`${mark}{"logs":[${line(START, 1, 1)}]}`));
      expect(statSync(path).size).toBeGreaterThan(100);
      const error = await refused(path);
      expect(error.message).toMatch(mark === '' ? unmarked : /UTF-16/);
      expect(error.hint).toBeTypeOf('string');
    }
  });
});
