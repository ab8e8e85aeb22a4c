import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ranges, threadCount } from '../../../src/platform/compute/thread-count.js';
import {
  endAhead,
  lowerThreads,
  runInThread,
  startAhead,
} from '../../../src/platform/compute/thread-task.js';
import { AppError } from '../../../src/shared/errors.js';
import { parseForestParams, resolveForestParams } from '../../../src/training/core/forest/forest-params.js';
import { growTrees } from '../../../src/training/core/forest/grow.js';
import { ForestTrainerService } from '../../../src/training/forest-trainer.service.js';
import type { Forest } from '../../../src/training/core/forest/forest.js';
import type { GrowTask } from '../../../src/workers/grow.worker.js';
import type { IngestResult, IngestTask } from '../../../src/workers/ingest-task.js';
import { plantedAnomalies } from '../../support/planted-anomalies.js';
import { asJson, sampleRows } from '../../support/sample-files.js';
import { rejection, temporaryDirectory } from '../../support/temporary-directory.js';

const directory = temporaryDirectory('threads');
const never = new AbortController().signal;

function growTask(rows: number, trees: number): GrowTask {
  const { x, columns } = plantedAnomalies(1, rows);
  const params = resolveForestParams(
    parseForestParams({
      n_estimators: trees,
      max_samples: 1,
      contamination: 'auto',
      max_features: 1,
      bootstrap: false,
      random_state: 1,
    }),
    rows,
    columns,
  );
  return { x, rows, columns, params, treeFrom: 0, treeTo: trees };
}

function ingestTask(file: string, change: Partial<IngestTask> = {}): IngestTask {
  return {
    files: [{ path: join(directory, file), name: file }],
    featureSet: 'wifi',
    window: {
      lengthSeconds: 300,
      strideSeconds: 300,
      contextSeconds: 3600,
      groupBy: 'device',
      timezone: 'UTC',
      maxWindows: 100_000,
    },
    extract: true,
    startMs: null,
    endMs: null,
    programs: null,
    noFollow: true,
    ...change,
  };
}
const ingest = (file: string, change: Partial<IngestTask> = {}) =>
  runInThread<IngestTask, IngestResult>('ingest', ingestTask(file, change));

/** Nice values of the threads of this process, as Linux counts them (field 19 of `stat`). */
function niceValues(): number[] {
  return readdirSync('/proc/self/task').map((thread) => {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
  });
}

describe('the priority of a thread', () => {
  it.runIf(process.platform === 'linux')(
    'is lower than that of the thread that answers, where asked for',
    async () => {
      const before = niceValues();
      lowerThreads(7);
      try {
        const stop = new AbortController();
        const task = runInThread('grow', growTask(20_000, 400), { signal: stop.signal });
        await expect.poll(() => niceValues(), { timeout: 10_000 }).toContain(7);
        stop.abort();
        await rejection(() => task);
      } finally {
        lowerThreads(0);
      }
      expect(before).not.toContain(7);
    },
  );
});

describe('a task on a thread', () => {
  it('gives the result of the same work in place', async () => {
    const task = growTask(300, 4);
    const forest = await runInThread<GrowTask, Forest>('grow', task);
    expect(forest).toEqual(growTrees(task.x, task.rows, task.columns, task.params, 0, 4));
  });

  it('is taken by a thread that was started ahead, by one task only', async () => {
    startAhead('grow');
    startAhead('grow');
    const task = growTask(300, 4);
    const [first, second] = await Promise.all([
      runInThread<GrowTask, Forest>('grow', task),
      runInThread<GrowTask, Forest>('grow', growTask(300, 5)),
    ]);
    expect(first).toEqual(growTrees(task.x, task.rows, task.columns, task.params, 0, 4));
    expect(second.treeCount).toBe(5);
  });

  it('starts a thread when those that were started ahead have been ended', async () => {
    startAhead('grow');
    endAhead();
    const forest = await runInThread<GrowTask, Forest>('grow', growTask(300, 4));
    expect(forest.treeCount).toBe(4);
  });

  it('ends by an abort also where the thread was started ahead', async () => {
    startAhead('grow');
    const stop = new AbortController();
    const work = runInThread<GrowTask, Forest>('grow', growTask(50_000, 3000), { signal: stop.signal });
    const ended = rejection(() => work);
    stop.abort(new AppError('cancelled', 'The run was cancelled.'));
    expect(await ended).toMatchObject({ code: 'cancelled' });
  });

  it('ends within a second of an abort, with the reason it was given', async () => {
    const stop = new AbortController();
    const work = runInThread<GrowTask, Forest>('grow', growTask(50_000, 3000), { signal: stop.signal });
    const ended = rejection(() => work);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const asked = performance.now();
    const reason = new AppError('cancelled', 'The run was cancelled.');
    stop.abort(reason);
    expect(await ended).toBe(reason);
    expect(performance.now() - asked).toBeLessThan(1_000);
  });

  it('does not start when the signal is aborted already', async () => {
    const error = await rejection(() =>
      runInThread('grow', growTask(100, 1), { signal: AbortSignal.abort(new Error('why')) }),
    );
    expect(error).toMatchObject({ code: 'cancelled', cause: { message: 'why' } });
  });

  it('that needs more memory than it may use fails with a clear error, and the process lives', async () => {
    writeFileSync(join(directory, 'big.json'), asJson(sampleRows(60_000)));
    const error = await rejection(() =>
      runInThread<IngestTask, IngestResult>('ingest', ingestTask('big.json'), { maxHeapMb: 1 }),
    );
    expect(error).toMatchObject({ code: 'memory_limit' });
    expect(error.message).toContain('memory');
  });

  it('that throws something unexpected is an internal error with its message and stack', async () => {
    const error = await rejection(() => runInThread('grow', { ...growTask(100, 1), params: null }));
    expect(error).toMatchObject({ code: 'internal' });
    expect(error.stack).toContain('grow');
  });

  it('reports how far it is, never backwards', async () => {
    writeFileSync(join(directory, 'progress.json'), asJson(sampleRows(20_000)));
    const seen: number[] = [];
    await runInThread<IngestTask, IngestResult>('ingest', ingestTask('progress.json'), {
      onProgress: (fraction) => seen.push(fraction),
    });
    expect(seen.length).toBeGreaterThan(1);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen.every((fraction) => fraction > 0 && fraction <= 1)).toBe(true);
  });

  it.each([
    ['a file that is not there', 'file_not_found', () => ingest('nothing.json')],
    ['an unknown feature set', 'config_invalid', () => ingest('ok.json', { featureSet: 'no' })],
    ['a directory', 'export_not_allowed', () => ingest('folder')],
    ['a symbolic link, from the network', 'export_not_allowed', () => ingest('link.json')],
    ['a directory, from the command line', 'export_invalid', () => ingest('folder', { noFollow: false })],
    ['no export at all', 'export_invalid', () => ingest('text.json')],
  ])('keeps the code of its error: %s', async (_case, code, work) => {
    mkdirSync(join(directory, 'folder'), { recursive: true });
    writeFileSync(join(directory, 'ok.json'), asJson(sampleRows(100)));
    writeFileSync(join(directory, 'text.json'), '<html>');
    try {
      symlinkSync('ok.json', join(directory, 'link.json'));
    } catch {
      // made by an earlier case
    }
    const error = await rejection(work);
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({ code });
    expect(error.message).not.toContain(directory);
  });
});

describe('the forest trainer', () => {
  const { x, rows, columns } = plantedAnomalies(3, 45_000);
  const shared = new Float32Array(new SharedArrayBuffer(x.byteLength));
  shared.set(x);
  const trainer = new ForestTrainerService();
  const { params } = { ...growTask(rows, 8) };

  it('gives the same forest and scores with 1, 2 and 8 threads', async () => {
    const results = [];
    for (const nJobs of [1, 2, 8]) {
      const forest = await trainer.fit({ x: shared, rows, columns }, params, { nJobs, signal: never });
      const scores = await trainer.score(forest, { x: shared, rows, columns }, { nJobs, signal: never });
      results.push({ forest, scores: Array.from(scores) });
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
    expect(results[0].scores.every((score) => score < 0 && score > -1)).toBe(true);
  });
});

describe('threadCount and ranges', () => {
  it.each([
    [1, 100, 1],
    [3, 100, 3],
    [8, 2, 2],
    [5, 0, 1],
    [-1000, 100, 1],
  ])('n_jobs %i for %i parts is %i', (nJobs, parts, expected) => {
    expect(threadCount(nJobs, parts)).toBe(expected);
  });

  it.each([
    [10, 3],
    [2, 5],
    [0, 4],
    [100, 7],
  ])('cut [0, %i) into at most %i parts without gap or overlap', (total, count) => {
    const parts = ranges(total, count);
    expect(parts.length).toBe(Math.min(total, count));
    expect(parts.flatMap(([from, to]) => Array.from({ length: to - from }, (_, i) => from + i))).toEqual(
      Array.from({ length: total }, (_, i) => i),
    );
    const sizes = parts.map(([from, to]) => to - from);
    if (sizes.length > 0) expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
  });
});
