import { Injectable } from '@nestjs/common';
import { ranges, threadCount } from '../platform/compute/thread-count.js';
import { runInThread } from '../platform/compute/thread-task.js';
import type { GrowTask } from '../workers/grow.worker.js';
import type { ScoreTask } from '../workers/score.worker.js';
import type { ResolvedForestParams } from './core/forest/forest-params.js';
import type { Forest } from './core/forest/forest.js';
import { mergeForests } from './core/forest/grow.js';
import { scoreSamples } from './core/forest/score.js';

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

/** Rows below this are scored in place: a thread costs more than it gains. */
const ROWS_WORTH_A_THREAD = 20_000;

/** Runs the forest kernel on worker threads. The result does not depend on how many there are. */
@Injectable()
export class ForestTrainerService {
  async fit(matrix: MatrixRows, params: ResolvedForestParams, options: FitOptions): Promise<Forest> {
    const blocks = ranges(params.nEstimators, threadCount(options.nJobs, params.nEstimators));
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
    const threads = threadCount(options.nJobs, Math.ceil(rows / ROWS_WORTH_A_THREAD));
    const out = new Float64Array(new SharedArrayBuffer(rows * Float64Array.BYTES_PER_ELEMENT));
    if (threads === 1) {
      scoreSamples(forest, x, rows, out);
      return out;
    }
    await together(options.signal, ranges(rows, threads), ([from, to], signal) =>
      runInThread<ScoreTask, number>('score', { forest, x, out, from, to }, { signal }),
    );
    return out;
  }
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
