import type { Forest } from '../training/core/forest/forest.js';
import { forestEngine } from './forest-kernel.js';
import { runTask } from './run-task.js';

/** Scores rows [from, to) into the shared `out` (scikit-learn's score_samples, one value a row). */
export interface ScoreTask {
  readonly forest: Forest;
  readonly x: Float32Array;
  readonly out: Float64Array;
  readonly from: number;
  readonly to: number;
}

runTask<ScoreTask, number>(({ forest, x, out, from, to }) => {
  forestEngine().scoreSamples(forest, x, to, out, from, to);
  return { output: to - from };
});
