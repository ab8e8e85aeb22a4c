import type { Forest } from '../training/core/forest/forest.js';
import { scoreSamples } from '../training/core/forest/score.js';
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
  scoreSamples(forest, x, to, out, from, to);
  return { output: to - from };
});
