import type { RngState } from '../../../shared/rng.js';
import { AppError } from '../../../shared/errors.js';
import { createTreeSpace, growTree, type TreeSpace } from './grow-tree.js';
import type { ResolvedForestParams } from './forest-params.js';

/** The nodes of the tree grown last; see {@link Forest} for their meaning. */
export interface TreeNodes {
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly feature: Int32Array;
  readonly threshold: Float64Array;
  readonly nodeSamples: Int32Array;
}

/** Grows trees on one matrix, one after the other. */
export interface TreeGrower {
  /** State of the tree's random numbers; seeded and used by the caller before the tree is grown. */
  readonly rng: RngState;
  readonly nodes: TreeNodes;
  /** Grows a tree on the first `count` of `rows` and the columns `subset`; returns its number of nodes. */
  grow(rows: Uint32Array, count: number, subset: Int32Array): number;
}

/** Whether every tree sees every row, in order. */
export function takesAllRows({ maxSamples, bootstrap }: ResolvedForestParams, rows: number): boolean {
  return maxSamples === rows && !bootstrap;
}

/** Grows in plain TypeScript (grow-tree.ts). */
export function createPlainGrower(
  x: Float32Array,
  rows: number,
  columns: number,
  params: ResolvedForestParams,
): TreeGrower {
  const space = createTreeSpace(params.maxSamples, params.maxFeatures, params.maxDepth);
  // Every tree sees every row: turn the matrix once, not once a tree (most of the time at psi = n).
  const shared = takesAllRows(params, rows) ? transpose(x, rows, columns) : undefined;
  return {
    rng: space.rng,
    nodes: space,
    grow: (drawn, count, subset) => {
      if (shared === undefined) gather(x, columns, drawn, count, subset, space);
      else view(shared, rows, subset, space);
      return growTree(space, count, params.maxDepth);
    },
  };
}

/** Copies the tree's rows and columns next to each other, column by column: 20 KB at psi 256 and 20 columns. */
function gather(
  x: Float32Array,
  columns: number,
  rows: Uint32Array,
  count: number,
  subset: Int32Array,
  space: TreeSpace,
): void {
  const local = space.local;
  const k = subset.length;
  for (let i = 0; i < count; i++) {
    const base = rows[i] * columns;
    for (let c = 0, at = i; c < k; c++, at += count) {
      const value = x[base + subset[c]];
      if (!Number.isFinite(value)) throw notFinite(rows[i], subset[c], value);
      local[at] = value;
    }
  }
  space.values = local;
  for (let c = 0; c < k; c++) space.columnStart[c] = c * count;
}

/** All rows: the tree's columns lie in the turned matrix already. */
function view(turned: Float32Array, rows: number, subset: Int32Array, space: TreeSpace): void {
  space.values = turned;
  for (let c = 0; c < subset.length; c++) space.columnStart[c] = subset[c] * rows;
}

/** Row-major to column-major, in square tiles so that both sides stay in the cache. */
export function transpose(x: Float32Array, rows: number, columns: number): Float32Array {
  const turned = new Float32Array(rows * columns);
  const tile = 64;
  for (let from = 0; from < rows; from += tile) {
    const to = Math.min(from + tile, rows);
    for (let column = 0; column < columns; column++) {
      for (let row = from; row < to; row++) {
        const value = x[row * columns + column];
        if (!Number.isFinite(value)) throw notFinite(row, column, value);
        turned[column * rows + row] = value;
      }
    }
  }
  return turned;
}

export function notFinite(row: number, column: number, value: number): AppError {
  return new AppError(
    'validation_failed',
    `Training row ${row}, column ${column} is ${value}, expected a number.`,
    {
      hint: 'Impute missing values and clip infinite ones before training.',
    },
  );
}
