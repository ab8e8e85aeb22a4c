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
import { bitmapWords, nextBelow, sampleWithoutReplacement, seedRng } from '../../../shared/rng.js';
import { createPlainGrower, type TreeGrower, type TreeNodes } from './tree-grower.js';

/**
 * Grows trees [treeFrom, treeTo) of the forest that `params` describes.
 *
 * @param x rows x columns, row-major, finite; scaled and rounded to float32 (scikit-learn's cast).
 * @param createGrower what grows the single trees; the result does not depend on it.
 * @throws AppError `validation_failed` when a sampled value is NaN or infinite.
 */
export function growTrees(
  x: Float32Array,
  rows: number,
  columns: number,
  params: ResolvedForestParams,
  treeFrom: number,
  treeTo: number,
  createGrower: typeof createPlainGrower = createPlainGrower,
): Forest {
  assertShapes(x, rows, columns, params);
  const { maxSamples, maxFeatures, seed } = params;
  const grower: TreeGrower = createGrower(x, rows, columns, params);
  const subset = new Int32Array(maxFeatures);
  const seenColumns = new Uint32Array(bitmapWords(columns));
  const sampler = createRowSampler(rows, maxSamples, params.bootstrap);
  const blocks: Forest[] = [];
  for (let tree = treeFrom; tree < treeTo; tree++) {
    seedRng(grower.rng, seed, tree);
    // Ascending when k = F: scikit-learn then ignores the subset and the tree's columns are the matrix's.
    sampleWithoutReplacement(grower.rng, columns, subset, seenColumns);
    const sampled = sampler.draw(grower.rng);
    const nodeCount = grower.grow(sampler.rows, sampled, subset);
    blocks.push(takeTree(grower.nodes, nodeCount, subset, columns, maxSamples));
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
  nodes: TreeNodes,
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
    left: nodes.left.slice(0, nodeCount),
    right: nodes.right.slice(0, nodeCount),
    feature: nodes.feature.slice(0, nodeCount),
    threshold: nodes.threshold.slice(0, nodeCount),
    nodeSamples: nodes.nodeSamples.slice(0, nodeCount),
  };
}

interface RowSampler {
  readonly rows: Uint32Array;
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
      draw: (rng) => {
        sampleWithoutReplacement(rng, population, rows, seen);
        return maxSamples;
      },
    };
  }
  return {
    rows,
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

function assertShapes(x: Float32Array, rows: number, columns: number, params: ResolvedForestParams): void {
  if (x.length < rows * columns) {
    throw new AppError('internal', `The matrix holds ${x.length} values, expected ${rows} x ${columns}.`);
  }
  if (params.maxSamples > rows || params.maxFeatures > columns) {
    throw new AppError('internal', 'The forest parameters were resolved for a larger matrix.');
  }
}
