import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface Quality {
  readonly name: string;
  readonly n: number;
  readonly d: number;
  readonly auc_mean: number;
  readonly auc_std: number;
  readonly ap_mean: number;
  readonly fit_seconds: number;
  readonly score_seconds: number;
}

const SCRIPT = join(import.meta.dirname, '../../bench/quality.mjs');
const BENCHMARKS = join(import.meta.dirname, '../../../../shared/data/benchmarks');
const KEYS = ['name', 'n', 'd', 'auc_mean', 'auc_std', 'ap_mean', 'fit_seconds', 'score_seconds'];

async function bench(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [SCRIPT, ...args]);
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: unknown; stdout: string; stderr: string };
    if (typeof code !== 'number') throw error;
    return { code, stdout, stderr };
  }
}

const withoutSeconds = (text: string): Quality[] =>
  (JSON.parse(text) as Quality[]).map((one) => ({ ...one, fit_seconds: 0, score_seconds: 0 }));

describe('the quality benchmark on a folder of its own', () => {
  let directory: string;

  /** Twenty rows near (0, 0) and two far away, which every forest isolates first: AUC and AP are 1. */
  const easy = (): string => {
    const near = Array.from({ length: 20 }, (_, i) => `${(i % 5) / 10},${(i % 4) / 10},0`);
    return ['f0,f1,label', ...near, '9,9,1', '-9,8,1', ''].join('\n');
  };
  /** Equal rows: nothing can tell them apart, so all scores tie. AUC 1/2, AP = share of anomalies. */
  const tied = (): string =>
    ['f0,label', ...Array.from({ length: 10 }, (_, i) => `3,${i < 3 ? 1 : 0}`), ''].join('\n');

  async function folder(
    name: string,
    index: unknown,
    files: Record<string, string | Uint8Array> = {},
  ): Promise<string> {
    const path = join(directory, name);
    await mkdir(path, { recursive: true });
    if (index !== undefined) {
      await writeFile(join(path, 'index.json'), typeof index === 'string' ? index : JSON.stringify(index));
    }
    for (const [file, content] of Object.entries(files)) await writeFile(join(path, file), content);
    return path;
  }

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'mcp-training-quality-test-'));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it('prints exactly one JSON array on stdout, with figures that can be worked out by hand', async () => {
    const path = await folder(
      'good',
      {
        tabular: [
          { name: 'easy', file: 'easy.csv.gz', n: 22, d: 2 },
          { name: 'tied', file: 'tied.csv' },
        ],
        time_series: 3,
      },
      { 'easy.csv.gz': gzipSync(easy()), 'tied.csv': tied() },
    );
    const { code, stdout, stderr } = await bench('--data', path, '--seeds', '3', '--json');
    expect(code).toBe(0);
    const found = JSON.parse(stdout) as Quality[];
    expect(found.map((one) => Object.keys(one))).toEqual([KEYS, KEYS]);
    expect(found[0]).toMatchObject({ name: 'easy', n: 22, d: 2, auc_mean: 1, auc_std: 0, ap_mean: 1 });
    expect(found[1]).toMatchObject({ name: 'tied', n: 10, d: 1, auc_mean: 0.5, auc_std: 0, ap_mean: 0.3 });
    for (const one of found) {
      expect(one.fit_seconds).toBeGreaterThan(0);
      expect(one.score_seconds).toBeGreaterThan(0);
    }
    expect(stderr).toContain('0 of 0 sets lie in their accepted band');
    const table = await bench('--data', path, '--seeds', '1', '--sets', 'tied');
    expect(table.stdout).toMatch(/\| tied +\| 10 +\| 1 /);
    expect(table.stdout).not.toContain('easy');
  });

  it('fails when the mean AUC is outside of the accepted band, and only for ten seeds', async () => {
    const path = await folder(
      'band',
      [{ name: 'easy', file: 'easy.csv', accept_band_10_seed_mean_auc: [0.4, 0.6] }],
      { 'easy.csv': easy() },
    );
    const ten = await bench('--data', path, '--json');
    expect(ten.code).toBe(1);
    expect(ten.stderr).toContain('NOT in the band: easy, mean AUC 1, accepted 0.4 to 0.6.');
    expect(JSON.parse(ten.stdout)).toHaveLength(1);
    expect((await bench('--data', path, '--seeds', '2')).code).toBe(0);
  });

  it('does not judge another file by the band of the index', async () => {
    const set = { name: 'easy', file: 'easy.csv', sha256: 'ab', accept_band_10_seed_mean_auc: [0.4, 0.6] };
    const path = await folder('other-file', [set], { 'easy.csv': easy() });
    const { code, stderr } = await bench('--data', path);
    expect(code).toBe(0);
    expect(stderr).toContain('WARNING: easy.csv is not the file of the index');
  });

  it.each([
    ['no index', undefined, 'index.json cannot be read (ENOENT)'],
    ['no JSON', '{"tabular": [', 'index.json is not JSON'],
    ['no list of sets', { sets: [] }, '"tabular" is missing, expected a list'],
    ['a set without a file', [{ name: 'a' }], '[0].file: missing'],
    ['a set that is a number', { tabular: [7] }, 'tabular[0]: 7, expected a data set'],
    [
      'a file that is not there',
      { tabular: [{ name: 'a', file: 'a.csv' }] },
      'tabular[0].file: there is no file',
    ],
    ['a number of rows in words', [{ name: 'a', file: 'easy.csv', n: 'many' }], '[0].n: "many", expected'],
    [
      'a band of three numbers',
      [{ name: 'a', file: 'easy.csv', accept_band_10_seed_mean_auc: [0, 1, 2] }],
      '[0].accept_band_10_seed_mean_auc: [0,1,2], expected two numbers',
    ],
    [
      'a name that is there twice',
      [
        { name: 'a', file: 'easy.csv' },
        { name: 'a', file: 'easy.csv' },
      ],
      '[1].name: "a" is there twice',
    ],
    [
      'other rows than it says',
      [{ name: 'a', file: 'easy.csv', n: 21 }],
      'n is 22, but the index says 21 for "a"',
    ],
  ])('refuses an index with %s', async (name, index, message) => {
    const path = await folder(`index-${name.replaceAll(' ', '-')}`, index, { 'easy.csv': easy() });
    const { code, stdout, stderr } = await bench('--data', path, '--json');
    expect(stderr).toContain(message);
    expect(stderr).toContain(path);
    expect(stderr).not.toContain('    at ');
    expect([code, stdout]).toEqual([2, '']);
  });

  it.each([
    ['no label column', 'f0,f1\n1,2\n', 'no column "label"'],
    ['a cell too few', 'f0,label\n1,0\n2\n', 'line 3: 1 cells, expected 2'],
    ['a word', 'f0,label\n1,0\nx,1\n', 'line 3, column "f0": "x", expected a number'],
    ['an empty cell', 'f0,label\n1,0\n,1\n', 'line 3, column "f0": "", expected a number'],
    ['a number beyond float32', 'f0,label\n1,0\n1e39,1\n', 'column "f0": "1e39"'],
    ['a label that is no label', 'f0,label\n1,0\n2,2\n', 'line 3, column "label": 2, expected 0 or 1'],
    ['one class only', 'f0,label\n1,0\n2,0\n', 'all labels are 0'],
    [
      'half a gzip file',
      new Uint8Array(gzipSync('f0,label\n1,0\n2,1\n')).subarray(0, 20),
      'cannot be unpacked',
    ],
  ])('refuses a file with %s', async (name, content, message) => {
    const path = await folder(`file-${name.replaceAll(' ', '-')}`, [{ name: 'a', file: 'a.csv' }], {
      'a.csv': content,
    });
    const { code, stdout, stderr } = await bench('--data', path, '--json');
    expect(stderr).toContain(message);
    expect(stderr).toContain(join(path, 'a.csv'));
    expect([code, stdout]).toEqual([2, '']);
  });

  it.each([
    [['--data', 'no-such-folder'], /--data: there is no folder .*no-such-folder/],
    [['--data', ''], /--data is empty/],
    [['--seed', '3'], /--seed/],
    [['--seeds', '0'], /--seeds is "0", expected a whole number from 1/],
    [['--seeds', '1.5'], /--seeds is "1.5"/],
    [['--sets', 'nothing'], /--sets: "nothing" is not in the index, which has easy/],
    [['more'], /more/],
  ])('refuses the options %j', async (options, message) => {
    const path = await folder('options', [{ name: 'easy', file: 'easy.csv' }], { 'easy.csv': easy() });
    const { code, stdout, stderr } = await bench('--data', path, ...options);
    expect(stderr).toMatch(message);
    expect([code, stdout]).toEqual([2, '']);
  });
});

describe('the quality benchmark on public data sets', () => {
  const present = existsSync(join(BENCHMARKS, 'index.json'));
  if (!present)
    console.warn('SKIPPED: the public benchmark data sets are not beside this checkout (../shared/data).');

  it.skipIf(!present)('measures three small ones, and the same again', async () => {
    const args = ['--data', BENCHMARKS, '--sets', 'glass,wbc,stamps', '--seeds', '3', '--json'];
    const first = await bench(...args);
    const found = JSON.parse(first.stdout) as Quality[];
    expect(found.map(({ name, n, d }) => [name, n, d])).toEqual([
      ['glass', 214, 7],
      ['wbc', 223, 9],
      ['stamps', 340, 9],
    ]);
    // scikit-learn 1.2.1 over ten seeds: 0.7864 +- 0.0151, 0.9952 +- 0.0006, 0.8902 +- 0.0126; far from a chance 0.5.
    for (const [i, expected] of [0.7864, 0.9952, 0.8902].entries()) {
      expect(Math.abs(found[i].auc_mean - expected)).toBeLessThan(0.04);
    }
    expect(withoutSeconds((await bench(...args)).stdout)).toEqual(withoutSeconds(first.stdout));
  });
});
