/**
 * Scores rows with a grown forest: scikit-learn's `IsolationForest.score_samples`, bit-equal order of summation.
 *
 * Threads score ranges of rows into one shared output, `scoreSamples(..., from, to)`; a row's score does not depend on
 * the range it is in. Cost: O(trees x depth) a row.
 */
import { AppError } from '../../../shared/errors.js';
import { averagePathLength } from './average-path-length.js';
import { floorToFloat32 } from './floor-to-float32.js';
import type { Forest } from './forest.js';

/** Rows whose values (20 columns: 40 KB) and a tree (8 KB) stay in the cache while all trees pass over them. */
const BLOCK_ROWS = 512;

/** A forest laid out for scoring; node indices are positions in these arrays, not relative to the tree. */
interface ScoringLayout {
  readonly treeStart: Int32Array;
  /** Column of the matrix (the tree's subset is resolved); -1 = leaf. */
  readonly column: Int32Array;
  /** Rounded down to float32, which decides the same for every float32 value. */
  readonly threshold: Float32Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** At a leaf: path length of a row that ends here, its depth plus c(rows in the leaf). */
  readonly pathLength: Float64Array;
  /** T x c(psi); 0 when psi = 1. */
  readonly denominator: number;
}

/** Laying out takes as long as scoring a thousand rows; a service that scores one row at a time pays it once. */
const layouts = new WeakMap<Forest, ScoringLayout>();

/**
 * Writes score_samples of rows [from, to) to `out[from..to)`: negative, -1 = most anomalous, about -0.5 = average.
 *
 * @param x rows x forest.featureCount, row-major, finite, preprocessed like the training rows.
 * @throws AppError `validation_failed` when a value is NaN or infinite: which way a NaN goes differs between
 *   scikit-learn's versions, so it must never decide a label.
 */
export function scoreSamples(
  forest: Forest,
  x: Float32Array,
  rows: number,
  out: Float64Array,
  from = 0,
  to = rows,
): void {
  assertScorable(forest, x, rows, out, from, to);
  const columns = forest.featureCount;
  const layout = layoutOf(forest);
  for (let start = from; start < to; start += BLOCK_ROWS) {
    const end = Math.min(start + BLOCK_ROWS, to);
    assertFinite(x, columns, start, end);
    out.fill(0, start, end);
    for (let tree = 0; tree < forest.treeCount; tree++) {
      addPathLengths(layout, layout.treeStart[tree], x, columns, out, start, end);
    }
    toScores(out, start, end, layout.denominator);
  }
}

export function assertScorable(
  { featureCount: columns }: Forest,
  x: Float32Array,
  rows: number,
  out: Float64Array,
  from: number,
  to: number,
): void {
  if (x.length >= rows * columns && out.length >= to && from >= 0 && to <= rows) return;
  throw new AppError(
    'internal',
    `Cannot score rows ${from} to ${to} of ${rows} x ${columns}: the matrix holds ${x.length} values, the output ${out.length}.`,
  );
}

function addPathLengths(
  layout: ScoringLayout,
  root: number,
  x: Float32Array,
  columns: number,
  out: Float64Array,
  from: number,
  to: number,
): void {
  const { column, threshold, left, right, pathLength } = layout;
  for (let row = from, base = from * columns; row < to; row++, base += columns) {
    let node = root;
    for (let at = column[node]; at >= 0; at = column[node]) {
      node = x[base + at] <= threshold[node] ? left[node] : right[node];
    }
    out[row] += pathLength[node];
  }
}

/**
 * Path length of a row that ends in a leaf: its depth (root = 1) and c(rows in the leaf). Adds and subtracts 1 as
 * scikit-learn does: depth + c - 1 rounds differently from (depth - 1) + c.
 */
export function leafPathLength(depth: number, samples: number): number {
  return depth + averagePathLength(samples) - 1;
}

/** T x c(psi); 0 when psi = 1. */
export function scoreDenominator({ treeCount, maxSamples }: Forest): number {
  return treeCount * averagePathLength(maxSamples);
}

/** score = -2^(-mean path length / c(psi)); the exponent is -1 when psi = 1 (scikit-learn's rule for 0 / 0). */
function toScores(out: Float64Array, from: number, to: number, denominator: number): void {
  for (let row = from; row < to; row++) out[row] = toScore(out[row], denominator);
}

/** The score of one row from the sum of its path lengths. */
export function toScore(pathLengths: number, denominator: number): number {
  return -(2 ** -(denominator === 0 ? 1 : pathLengths / denominator));
}

/** @throws AppError `validation_failed` that names the first value of rows [from, to) that is no number. */
export function assertFinite(x: Float32Array, columns: number, from: number, to: number): void {
  // NaN and infinity times zero are NaN, and NaN stays: one multiplication a value instead of a branch.
  let poison = 0;
  for (let i = from * columns; i < to * columns; i++) poison += x[i] * 0;
  if (poison === 0) return;
  const at = x.findIndex((value, i) => i >= from * columns && !Number.isFinite(value));
  throw new AppError(
    'validation_failed',
    `Row ${Math.floor(at / columns)}, column ${at % columns} is ${x[at]}, expected a number.`,
    { hint: 'Impute missing values and clip infinite ones before scoring.' },
  );
}

function layoutOf(forest: Forest): ScoringLayout {
  const known = layouts.get(forest);
  if (known !== undefined) return known;
  const layout = createLayout(forest);
  layouts.set(forest, layout);
  return layout;
}

function createLayout(forest: Forest): ScoringLayout {
  const { treeCount, treeStart, treeFeatures, maxFeatures } = forest;
  const nodeCount = treeStart[treeCount];
  const column = new Int32Array(nodeCount);
  const threshold = new Float32Array(nodeCount);
  const left = new Int32Array(nodeCount);
  const right = new Int32Array(nodeCount);
  const pathLength = new Float64Array(nodeCount);
  const depth = nodeDepths(forest);
  for (let tree = 0; tree < treeCount; tree++) {
    const root = treeStart[tree];
    for (let node = root; node < treeStart[tree + 1]; node++) {
      if (forest.feature[node] < 0) {
        column[node] = -1;
        pathLength[node] = leafPathLength(depth[node], forest.nodeSamples[node]);
        continue;
      }
      column[node] = treeFeatures[tree * maxFeatures + forest.feature[node]];
      threshold[node] = floorToFloat32(forest.threshold[node]);
      left[node] = root + forest.left[node];
      right[node] = root + forest.right[node];
    }
  }
  const denominator = scoreDenominator(forest);
  return { treeStart, column, threshold, left, right, pathLength, denominator };
}

/** Depth of every node, ROOT = 1 (scikit-learn's `_decision_path_lengths`). Children always follow their parent. */
export function nodeDepths(forest: Forest): Int32Array {
  const { treeCount, treeStart, left, right } = forest;
  const depth = new Int32Array(treeStart[treeCount]);
  for (let tree = 0; tree < treeCount; tree++) {
    const root = treeStart[tree];
    depth[root] = 1;
    for (let node = root; node < treeStart[tree + 1]; node++) {
      if (left[node] < 0) continue;
      depth[root + left[node]] = depth[node] + 1;
      depth[root + right[node]] = depth[node] + 1;
    }
  }
  return depth;
}
