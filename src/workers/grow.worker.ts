import type { Forest } from '../training/core/forest/forest.js';
import type { ResolvedForestParams } from '../training/core/forest/forest-params.js';
import { forestEngine } from './forest-kernel.js';
import { runTask } from './run-task.js';

/** Grows trees [treeFrom, treeTo) on the scaled float32 matrix x (rows x columns, row-major). */
export interface GrowTask {
  readonly x: Float32Array;
  readonly rows: number;
  readonly columns: number;
  readonly params: ResolvedForestParams;
  readonly treeFrom: number;
  readonly treeTo: number;
  /** Shared: the task also writes the score of every row with its trees here. Needs all trees of the forest. */
  readonly scores?: Float64Array;
}

runTask<GrowTask, Forest>(({ x, rows, columns, params, treeFrom, treeTo, scores }) => {
  const engine = forestEngine();
  const forest = engine.growTrees(x, rows, columns, params, treeFrom, treeTo);
  if (scores !== undefined) engine.scoreSamples(forest, x, rows, scores);
  return { output: forest };
});
