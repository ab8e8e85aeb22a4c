import type { Forest } from '../training/core/forest/forest.js';
import type { ResolvedForestParams } from '../training/core/forest/forest-params.js';
import { growTrees } from '../training/core/forest/grow.js';
import { runTask } from './run-task.js';

/** Grows trees [treeFrom, treeTo) on the scaled float32 matrix x (rows x columns, row-major). */
export interface GrowTask {
  readonly x: Float32Array;
  readonly rows: number;
  readonly columns: number;
  readonly params: ResolvedForestParams;
  readonly treeFrom: number;
  readonly treeTo: number;
}

runTask<GrowTask, Forest>(({ x, rows, columns, params, treeFrom, treeTo }) => ({
  output: growTrees(x, rows, columns, params, treeFrom, treeTo),
}));
