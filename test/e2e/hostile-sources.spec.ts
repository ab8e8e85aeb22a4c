import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CliSandbox, jsonOf } from '../support/cli.js';
import { record, writeSampleExport } from './sample-exports.js';

const ndjson = (from: number, count: number): string =>
  Array.from({ length: count }, (_, i) => `${JSON.stringify(record(5 * (from + i)))}\n`).join('');

/** A zstd frame that holds the bytes as they are (RFC 8878, raw blocks). */
function zstdOf(content: Uint8Array): Buffer {
  const block = 128 * 1024;
  const parts = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38])];
  for (let at = 0; at === 0 || at < content.length; at += block) {
    const piece = content.subarray(at, at + block);
    const header = Buffer.alloc(3);
    header.writeUIntLE(piece.length * 8 + (at + block >= content.length ? 1 : 0), 0, 3);
    parts.push(header, Buffer.from(piece));
  }
  return Buffer.concat(parts);
}

interface Report {
  readonly stats: { readonly log_count: number; readonly valid_logs: number };
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly compression: string }[];
}
interface Failure {
  readonly error: { readonly code: string; readonly message: string; readonly hint?: string };
}

describe('where exports come from', () => {
  let sandbox: CliSandbox;

  const spooled = (): string[] => {
    const directory = `${sandbox.dataDir}/tmp`;
    return existsSync(directory) ? readdirSync(directory) : [];
  };

  beforeAll(async () => {
    sandbox = await CliSandbox.create('sources');
    expect((await sandbox.run(['migrate'])).code).toBe(0);
    mkdirSync(sandbox.path('month'));
    writeFileSync(sandbox.path('month/1.ndjson'), ndjson(0, 200));
    writeFileSync(sandbox.path('month/2.ndjson.gz'), gzipSync(ndjson(200, 200)));
    writeFileSync(sandbox.path('month/3.jsonl.zst'), zstdOf(Buffer.from(ndjson(400, 200))));
    writeFileSync(sandbox.path('month/README.txt'), 'June');
    mkdirSync(sandbox.path('month/older'));
    mkdirSync(sandbox.path('empty'));
  });
  afterAll(async () => sandbox.cleanUp());

  it('a directory stands for its exports, compressed or not', async () => {
    const result = await sandbox.run(['validate', 'month', '--json']);
    expect(result.code, result.stdout).toBe(0);
    const report = jsonOf<Report>(result);
    expect(report.files.map(({ name, compression }) => [name, compression])).toEqual([
      ['month/1.ndjson', 'none'],
      ['month/2.ndjson.gz', 'gzip'],
      ['month/3.jsonl.zst', 'zstd'],
    ]);
    expect(report.stats).toMatchObject({ log_count: 600, valid_logs: 600 });
    expect(result.stderr).toContain('month/README.txt');
    expect(result.stderr).toContain('month/older');
  });

  it('an empty directory is no export, for no command', async () => {
    for (const args of [
      ['validate', 'empty'],
      ['train', 'empty'],
      ['extract-features', 'empty', '-o', 'x.csv'],
    ]) {
      const result = await sandbox.run(args);
      expect(result.code, result.stderr).toBe(3);
      expect(result.stderr).toMatch(/directory empty holds no export/);
    }
    expect(sandbox.modelEntries()).toEqual([]);
  });

  it('one file is not read twice', async () => {
    linkSync(sandbox.path('month/1.ndjson'), sandbox.path('other-name'));
    const result = await sandbox.run(['validate', 'month', 'other-name', '--json']);
    expect(result.code).toBe(2);
    expect(jsonOf<Failure>(result).error.message).toBe('month/1.ndjson and other-name are the same file.');
  });

  it('standard input is an export like a file, compressed too, and leaves nothing', async () => {
    for (const input of [ndjson(0, 600), gzipSync(ndjson(0, 600))]) {
      const result = await sandbox.run(['validate', '-', '--json'], { input });
      expect(result.code, result.stderr).toBe(0);
      const { files, stats } = jsonOf<Report>(result);
      expect(files).toMatchObject([{ name: '(standard input)', bytes: input.length }]);
      expect(stats.valid_logs).toBe(600);
      expect(spooled()).toEqual([]);
    }
  });

  it.each([
    ['nothing', '', [], 3, /\(standard input\).*empty/],
    ['no export', 'Dear Sir or Madam', [], 3, /\(standard input\).*not a log export/],
    ['a cut export', gzipSync(ndjson(0, 600)).subarray(0, 500), [], 3, /\(standard input\).*cut off/],
    [
      'more than allowed',
      ndjson(0, 600),
      ['{"storage":{"max_upload_bytes":2048}}'],
      2,
      /larger than the limit of 2048/,
    ],
  ])('standard input with %s is refused and leaves nothing', async (_, input, overrides, code, says) => {
    const args = overrides.length === 0 ? [] : ['--config-overrides', ...overrides];
    const result = await sandbox.run(['validate', '-', ...args], { input });
    expect(result.code, result.stderr).toBe(code);
    expect(result.stderr).toMatch(says);
    expect(spooled()).toEqual([]);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    '%s while standard input is awaited leaves nothing',
    async (signal) => {
      const command = sandbox.start(['validate', '-'], { input: null });
      for (let i = 0; i < 500 && spooled().length === 0; i++) await sleep(20);
      expect(spooled()).toHaveLength(1);
      command.child.kill(signal);
      const result = await command.done;
      expect(result.code, result.stderr).toBe(130);
      expect(spooled()).toEqual([]);
    },
  );

  it('the model does not depend on how its export came', async () => {
    const file = await writeSampleExport(sandbox.path('sample.json'));
    const content = readFileSync(file);
    writeFileSync(sandbox.path('sample.gz'), gzipSync(content));
    writeFileSync(sandbox.path('sample.zst'), zstdOf(content));
    const hashes: string[] = [];
    for (const [path, input] of [['sample.json'], ['sample.gz'], ['sample.zst'], ['-', content]] as const) {
      const result = await sandbox.run(['train', path, '--json'], { input });
      expect(result.code, result.stderr).toBe(0);
      hashes.push(jsonOf<{ model_sha256: string }>(result).model_sha256);
    }
    expect(new Set(hashes)).toEqual(new Set([hashes[0]]));
    expect(spooled()).toEqual([]);
  });
});
