import type { ResolvedForestParams } from './forest-params.js';
import type { Forest } from './forest.js';
import { createKernelGrower, type GrowKernelExports } from './grow-kernel.js';
import { growTrees } from './grow.js';
import type { ScoreKernelExports } from './placed-forest.js';
import { ScoreKernel } from './score-kernel.js';
import { scoreSamples } from './score.js';
import { createPlainGrower } from './tree-grower.js';

/** Everything assembly/forest.ts exports. */
export type ForestKernelExports = ScoreKernelExports & GrowKernelExports;

/** Grows and scores forests. All engines give the same bytes; they differ in speed. */
export interface ForestEngine {
  /** See {@link growTrees}. */
  readonly growTrees: (
    x: Float32Array,
    rows: number,
    columns: number,
    params: ResolvedForestParams,
    treeFrom: number,
    treeTo: number,
  ) => Forest;
  /** See {@link scoreSamples}. */
  readonly scoreSamples: (
    forest: Forest,
    x: Float32Array,
    rows: number,
    out: Float64Array,
    from?: number,
    to?: number,
  ) => void;
}

/** Plain TypeScript: what runs where there is no compiled kernel, and what the kernel is tested against. */
export const PLAIN_FOREST_ENGINE: ForestEngine = {
  growTrees: (x, rows, columns, params, treeFrom, treeTo) =>
    growTrees(x, rows, columns, params, treeFrom, treeTo),
  scoreSamples,
};

/** @param newKernel makes an instance of the compiled kernel with a memory of its own; null = cannot run here. */
export function createForestEngine(newKernel: () => ForestKernelExports | null): ForestEngine {
  const scoring = newKernel();
  if (scoring === null) return PLAIN_FOREST_ENGINE;
  const { scoreSamples: score } = new ScoreKernel(scoring);
  // A memory does not shrink: growing gets one of its own, which goes with the matrix that it holds.
  const createGrower: typeof createPlainGrower = (...matrix) => {
    const growing = newKernel();
    return growing === null ? createPlainGrower(...matrix) : createKernelGrower(growing, ...matrix);
  };
  return {
    growTrees: (x, rows, columns, params, treeFrom, treeTo) =>
      growTrees(x, rows, columns, params, treeFrom, treeTo, createGrower),
    scoreSamples: score,
  };
}
