/**
 * Grows Isolation Forests (Liu, Ting, Zhou 2008) the way scikit-learn's `ExtraTreeRegressor(splitter='random',
 * max_features=1)` inside `IsolationForest` does: a random column that still varies, a uniform threshold between its
 * smallest and largest value, until one row is left or the depth limit is reached.
 *
 * Tree t depends on (seed, t) and the data only. Threads therefore grow ranges of trees, `growTrees(..., from, to)`,
 * and `mergeForests` of the blocks in order gives the same bytes for any number of threads.
 *
 * Cost: O(psi log psi) a tree, independent of the number of rows as long as psi is.
 */
import { AppError } from '../../../shared/errors.js';
import type { ResolvedForestParams } from './forest-params.js';
import type { Forest } from './forest.js';
import { createTreeSpace, growTree, type TreeSpace } from './grow-tree.js';
import { bitmapWords, nextBelow, sampleWithoutReplacement, seedRng } from '../../../shared/rng.js';

/**
 * Grows trees [treeFrom, treeTo) of the forest that `params` describes.
 *
 * @param x rows x columns, row-major, finite; scaled and rounded to float32 (scikit-learn's cast).
 * @throws AppError `validation_failed` when a sampled value is NaN or infinite.
 */
export function growTrees(
  x: Float32Array,
  rows: number,
  columns: number,
  params: ResolvedForestParams,
  treeFrom: number,
  treeTo: number,
): Forest {
  assertShapes(x, rows, columns, params);
  const { maxSamples, maxFeatures, seed } = params;
  const space = createTreeSpace(maxSamples, maxFeatures, params.maxDepth);
  const subset = new Int32Array(maxFeatures);
  const seenColumns = new Uint32Array(bitmapWords(columns));
  const sampler = createRowSampler(rows, maxSamples, params.bootstrap);
  // Every tree sees every row: turn the matrix once, not once a tree (most of the time at psi = n).
  const shared = sampler.takesAll ? transpose(x, rows, columns) : undefined;
  const blocks: Forest[] = [];
  for (let tree = treeFrom; tree < treeTo; tree++) {
    seedRng(space.rng, seed, tree);
    // Ascending when k = F: scikit-learn then ignores the subset and the tree's columns are the matrix's.
    sampleWithoutReplacement(space.rng, columns, subset, seenColumns);
    const sampled = sampler.draw(space.rng);
    if (shared === undefined) gather(x, columns, sampler.rows, sampled, subset, space);
    else view(shared, rows, subset, space);
    const nodeCount = growTree(space, sampled, params.maxDepth);
    blocks.push(takeTree(space, nodeCount, subset, columns, maxSamples));
  }
  return mergeForests(blocks, { featureCount: columns, maxFeatures, maxSamples });
}

/**
 * Joins blocks of trees grown with the same parameters, in the order given.
 *
 * @param shape what the blocks have in common; only needed when there may be no block at all.
 */
export function mergeForests(
  blocks: readonly Forest[],
  shape: Pick<Forest, 'featureCount' | 'maxFeatures' | 'maxSamples'> = blocks[0],
): Forest {
  const { featureCount, maxFeatures, maxSamples } = shape;
  let treeCount = 0;
  let nodeCount = 0;
  for (const block of blocks) {
    if (
      block.featureCount !== featureCount ||
      block.maxFeatures !== maxFeatures ||
      block.maxSamples !== maxSamples
    ) {
      throw new AppError('internal', 'Blocks of trees with different parameters cannot be one forest.');
    }
    treeCount += block.treeCount;
    nodeCount += block.treeStart[block.treeCount];
  }
  const forest = emptyForest({ featureCount, maxFeatures, maxSamples }, treeCount, nodeCount);
  let tree = 0;
  let node = 0;
  for (const block of blocks) {
    for (let t = 0; t <= block.treeCount; t++) forest.treeStart[tree + t] = node + block.treeStart[t];
    forest.treeFeatures.set(block.treeFeatures, tree * maxFeatures);
    forest.left.set(block.left, node);
    forest.right.set(block.right, node);
    forest.feature.set(block.feature, node);
    forest.threshold.set(block.threshold, node);
    forest.nodeSamples.set(block.nodeSamples, node);
    tree += block.treeCount;
    node += block.treeStart[block.treeCount];
  }
  return forest;
}

function emptyForest(
  shape: Pick<Forest, 'featureCount' | 'maxFeatures' | 'maxSamples'>,
  treeCount: number,
  nodeCount: number,
): Forest {
  return {
    ...shape,
    treeCount,
    treeStart: new Int32Array(treeCount + 1),
    treeFeatures: new Int32Array(treeCount * shape.maxFeatures),
    left: new Int32Array(nodeCount),
    right: new Int32Array(nodeCount),
    feature: new Int32Array(nodeCount),
    threshold: new Float64Array(nodeCount),
    nodeSamples: new Int32Array(nodeCount),
  };
}

/** Copies one grown tree out of the working space, cut to its size. */
function takeTree(
  space: TreeSpace,
  nodeCount: number,
  subset: Int32Array,
  featureCount: number,
  maxSamples: number,
): Forest {
  return {
    treeCount: 1,
    featureCount,
    maxFeatures: subset.length,
    maxSamples,
    treeStart: Int32Array.of(0, nodeCount),
    treeFeatures: subset.slice(),
    left: space.left.slice(0, nodeCount),
    right: space.right.slice(0, nodeCount),
    feature: space.feature.slice(0, nodeCount),
    threshold: space.threshold.slice(0, nodeCount),
    nodeSamples: space.nodeSamples.slice(0, nodeCount),
  };
}

interface RowSampler {
  readonly rows: Uint32Array;
  /** Every draw is all rows in order. */
  readonly takesAll: boolean;
  /** Draws the rows of one tree into `rows`; returns how many there are. */
  draw(rng: Uint32Array): number;
}

/**
 * Rows of a tree. With `bootstrap` they are drawn with replacement and a row drawn twice counts ONCE: scikit-learn
 * passes the repeats as sample weights, which its random splitter and `n_node_samples` do not look at.
 */
function createRowSampler(population: number, maxSamples: number, bootstrap: boolean): RowSampler {
  const rows = new Uint32Array(maxSamples);
  const seen = new Uint32Array(bitmapWords(population));
  if (!bootstrap) {
    return {
      rows,
      takesAll: maxSamples === population,
      draw: (rng) => {
        sampleWithoutReplacement(rng, population, rows, seen);
        return maxSamples;
      },
    };
  }
  return {
    rows,
    takesAll: false,
    draw: (rng) => {
      let count = 0;
      for (let i = 0; i < maxSamples; i++) {
        const row = nextBelow(rng, population);
        if (((seen[row >>> 5] >>> (row & 31)) & 1) === 1) continue;
        seen[row >>> 5] |= 1 << (row & 31);
        rows[count++] = row;
      }
      for (let i = 0; i < count; i++) seen[rows[i] >>> 5] = 0;
      return count;
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
function transpose(x: Float32Array, rows: number, columns: number): Float32Array {
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

function notFinite(row: number, column: number, value: number): AppError {
  return new AppError(
    'validation_failed',
    `Training row ${row}, column ${column} is ${value}, expected a number.`,
    {
      hint: 'Impute missing values and clip infinite ones before training.',
    },
  );
}

function assertShapes(x: Float32Array, rows: number, columns: number, params: ResolvedForestParams): void {
  if (x.length < rows * columns) {
    throw new AppError('internal', `The matrix holds ${x.length} values, expected ${rows} x ${columns}.`);
  }
  if (params.maxSamples > rows || params.maxFeatures > columns) {
    throw new AppError('internal', 'The forest parameters were resolved for a larger matrix.');
  }
}
