import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { runInThread } from '../../../src/platform/compute/thread-task.js';
import type { IngestResult, IngestTask } from '../../../src/workers/ingest-task.js';
import { asCsv, asJson, sampleRows } from '../../support/sample-files.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

const directory = temporaryDirectory('ingest-parts');
mkdirSync(directory, { recursive: true });
const rows = sampleRows(4000);
const half = rows.length / 2;

function task(names: readonly string[], change: Partial<IngestTask>): IngestTask {
  return {
    files: names.map((name) => ({ path: join(directory, name), name })),
    featureSet: 'wifi',
    window: {
      lengthSeconds: 300,
      strideSeconds: 300,
      contextSeconds: 1800,
      groupBy: 'device',
      timezone: 'UTC',
      maxWindows: 1_000_000,
    },
    extract: true,
    startMs: null,
    endMs: null,
    programs: null,
    noFollow: true,
    ...change,
  };
}

const ingest = (names: readonly string[], change: Partial<IngestTask> = {}): Promise<IngestResult> =>
  runInThread<IngestTask, IngestResult>('ingest', task(names, change));

function write(name: string, content: string | Buffer): string {
  writeFileSync(join(directory, name), content);
  return name;
}

/** Rows whose messages hold line ends and what looks like the seam of two records. */
const nasty = rows.map((row, i) => ({ ...row, message: `${row.message}\n}, {"device_id": ${i}\n"x","y"` }));
const shuffled = rows.map((row, i) => rows[(i * 1237) % rows.length] ?? row);

const CASES: readonly (readonly [string, () => string[]])[] = [
  ['a list of records', () => [write('list.json', asJson(rows))]],
  [
    'an indented list, newest first',
    () => [write('indented.json', JSON.stringify({ data: rows.toReversed() }, null, 2))],
  ],
  ['lines', () => [write('lines.ndjson', rows.map((row) => JSON.stringify(row)).join('\n'))]],
  ['CSV', () => [write('rows.csv', asCsv(rows))]],
  ['CSV with line ends and quotes in its fields', () => [write('nasty.csv', asCsv(nasty))]],
  ['messages that look like records', () => [write('nasty.json', asJson(nasty))]],
  ['records in no order', () => [write('shuffled.json', asJson(shuffled))]],
  [
    'several files, one of them compressed',
    () => [
      write('one.json', asJson(rows.slice(0, half))),
      write('two.json.gz', gzipSync(asJson(rows.slice(half, half + 500)))),
      write('three.csv', asCsv(rows.slice(half + 500))),
    ],
  ],
];

describe('reading on several threads', () => {
  it.each(CASES)('gives the result of one thread: %s', async (_, files) => {
    const names = files();
    const alone = await ingest(names);
    expect(alone.table?.values.length).toBeGreaterThan(0);
    for (const threads of names[0] === 'list.json' || names[0] === 'rows.csv' ? [2, 5] : [5]) {
      const together = await ingest(names, { threads, bytesPerThread: 20_000 });
      expect(together.report).toEqual(alone.report);
      expect(together.table).toEqual(alone.table);
    }
  });

  it('tells a broken file in the words of one thread', async () => {
    const text = asJson(rows);
    const name = write('broken.json', `${text.slice(0, -40)}\u0000${text.slice(-40)}`);
    const message = async (change: Partial<IngestTask>): Promise<string> =>
      ingest([name], change).then(
        ({ report }) => JSON.stringify(report),
        (error: unknown) => String(error),
      );
    expect(await message({ threads: 4, bytesPerThread: 20_000 })).toBe(await message({}));
  });
});
