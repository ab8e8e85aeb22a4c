import { Injectable } from '@nestjs/common';
import { ranges, threadCount } from '../platform/compute/thread-count.js';
import { runInThread } from '../platform/compute/thread-task.js';
import type { GrowTask } from '../workers/grow.worker.js';
import type { ScoreTask } from '../workers/score.worker.js';
import type { ResolvedForestParams } from './core/forest/forest-params.js';
import type { Forest } from './core/forest/forest.js';
import { mergeForests } from './core/forest/grow.js';

export interface MatrixRows {
  /** Scaled rows x columns, row-major; on a SharedArrayBuffer, so that threads read it in place. */
  readonly x: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

export interface FitOptions {
  readonly nJobs: number;
  readonly signal: AbortSignal;
  readonly onProgress?: (fraction: number) => void;
}

/** Starting a thread takes as long as growing this: rows of all trees on all levels (about 40 ms). */
const ROW_LEVELS_WORTH_A_THREAD = 4_000_000;
/** And as long as scoring this many rows with 100 trees. */
const ROWS_WORTH_A_THREAD = 100_000;

/** Runs the forest kernel on worker threads. The result does not depend on how many there are. */
@Injectable()
export class ForestTrainerService {
  /**
   * Grows the forest and scores its training rows (score_samples). Most trainings are small: 256 rows a tree are grown
   * in 20 ms. One thread then does both.
   */
  async fitAndScore(
    matrix: MatrixRows,
    params: ResolvedForestParams,
    options: FitOptions,
  ): Promise<{ readonly forest: Forest; readonly scores: Float64Array }> {
    const alone = growThreads(params, options) === 1 && scoreThreads(matrix.rows, params, options) === 1;
    if (!alone) {
      const forest = await this.fit(matrix, params, options);
      return { forest, scores: await this.score(forest, matrix, options) };
    }
    const scores = sharedScores(matrix.rows);
    const task = { ...matrix, params, treeFrom: 0, treeTo: params.nEstimators, scores };
    const forest = await runInThread<GrowTask, Forest>('grow', task, { signal: options.signal });
    options.onProgress?.(1);
    return { forest, scores };
  }

  async fit(matrix: MatrixRows, params: ResolvedForestParams, options: FitOptions): Promise<Forest> {
    const blocks = ranges(params.nEstimators, growThreads(params, options));
    let grown = 0;
    const forests = await together(options.signal, blocks, async ([treeFrom, treeTo], signal) => {
      const forest = await runInThread<GrowTask, Forest>(
        'grow',
        { ...matrix, params, treeFrom, treeTo },
        { signal },
      );
      grown += treeTo - treeFrom;
      options.onProgress?.(grown / params.nEstimators);
      return forest;
    });
    return mergeForests(forests);
  }

  /** scikit-learn's score_samples of every row (negative; lower = more anomalous). */
  async score(forest: Forest, matrix: MatrixRows, options: FitOptions): Promise<Float64Array> {
    const { x, rows } = matrix;
    const out = sharedScores(rows);
    const threads = scoreThreads(rows, { nEstimators: forest.treeCount }, options);
    await together(options.signal, ranges(rows, threads), ([from, to], signal) =>
      runInThread<ScoreTask, number>('score', { forest, x, out, from, to }, { signal }),
    );
    return out;
  }
}

function growThreads(
  { nEstimators, maxSamples, maxDepth }: ResolvedForestParams,
  { nJobs }: FitOptions,
): number {
  const parts = Math.ceil((nEstimators * maxSamples * maxDepth) / ROW_LEVELS_WORTH_A_THREAD);
  return threadCount(nJobs, Math.min(nEstimators, parts));
}

function scoreThreads(
  rows: number,
  { nEstimators }: Pick<ResolvedForestParams, 'nEstimators'>,
  { nJobs }: FitOptions,
): number {
  return threadCount(nJobs, Math.ceil((rows * nEstimators) / (100 * ROWS_WORTH_A_THREAD)));
}

function sharedScores(rows: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(rows * Float64Array.BYTES_PER_ELEMENT));
}

/** Runs the parts at once; when one fails the others are ended, because their work is for nothing. */
async function together<Part, Result>(
  signal: AbortSignal,
  parts: readonly Part[],
  run: (part: Part, signal: AbortSignal) => Promise<Result>,
): Promise<Result[]> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  try {
    return await Promise.all(parts.map((part) => run(part, either)));
  } catch (error) {
    failed.abort(error);
    throw error;
  }
}
