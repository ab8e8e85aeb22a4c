import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error -- plain JavaScript without types
import * as library from '../../bench/lib/exports.mjs';

interface JobOptions {
  readonly format?: 'json' | 'ndjson' | 'csv';
  readonly entries: number;
  readonly days: number;
  readonly devices: number;
}

const { writeExport, indent } = library as {
  writeExport: (path: string, options: JobOptions) => Promise<void>;
  indent: (path: string, target: string) => Promise<void>;
};
const run = promisify(execFile);
const BENCH = join(import.meta.dirname, '../../bench');
/** No interpreter: the Python peers are said to be skipped, and the rest runs without them. */
const NO_PYTHON = { ...process.env, MCP_TRAINING_PYTHON: 'no-such-python' };
const JOB = { entries: 5000, days: 2, devices: 3 };

interface Row {
  readonly id: number;
  readonly timestamp: string;
}

describe('benchmark scripts', () => {
  let directory: string;
  let export_: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'mcp-training-bench-test-'));
    export_ = join(directory, 'export.json');
    await writeExport(export_, JOB);
  });

  afterAll(() => rm(directory, { recursive: true, force: true }));

  it('write the export newest first, complete, and the same each time', async () => {
    const { data } = JSON.parse(await readFile(export_, 'utf8')) as { data: Row[] };
    expect(data.map(({ id }) => id)).toEqual(Array.from({ length: JOB.entries }, (_, i) => JOB.entries - i));
    expect(data.map(({ timestamp }) => timestamp)).toEqual(
      data.map(({ timestamp }) => timestamp).toSorted((a, b) => (a < b ? 1 : a > b ? -1 : 0)),
    );
    const again = join(directory, 'again.json');
    await writeExport(again, JOB);
    expect(digest(await readFile(again))).toBe(digest(await readFile(export_)));
  });

  it('indent the export as JSON.stringify does', async () => {
    const target = join(directory, 'indented.json');
    await indent(export_, target);
    const text = await readFile(export_, 'utf8');
    expect(await readFile(target, 'utf8')).toBe(`${JSON.stringify(JSON.parse(text), null, 2)}\n`);
  });

  // It fails by itself when ours and the peer do not read as many records as were written.
  it('run the quick benchmark, without Python and loudly so', { timeout: 60_000 }, async () => {
    const args = [
      '--json',
      '--entries',
      '3000',
      '--rounds',
      '1',
      '--no-train',
      '--formats',
      'json.gz,csv',
      '--dir',
      directory,
    ];
    const { stdout, stderr } = await run(process.execPath, [join(BENCH, 'quick.mjs'), ...args], {
      env: NO_PYTHON,
    });
    const result = JSON.parse(stdout) as {
      ingest: { format: string; records_per_s: number; ratio: number; peak_rss_mb: number | null }[];
      forest: { fit_ms: number; fit_ratio: number | null; score_rows_per_s: number; one_row_p99_us: number };
    };
    expect(result.ingest.map(({ format }) => format)).toEqual(['json.gz', 'csv']);
    for (const { records_per_s: rate, ratio } of result.ingest) {
      expect(rate).toBeGreaterThan(0);
      expect(ratio).toBeGreaterThan(0);
    }
    expect(result.forest.fit_ms).toBeGreaterThan(0);
    expect(result.forest.score_rows_per_s).toBeGreaterThan(0);
    expect(result.forest.fit_ratio).toBeNull();
    expect(stderr).toContain('SKIPPED forest_matrix.py');
  });

  it('name what the reference benchmark cannot be told', async () => {
    const script = join(BENCH, 'reference.mjs');
    await expect(run(process.execPath, [script, '--round', '1'])).rejects.toThrow(/--round/);
  });
});

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
