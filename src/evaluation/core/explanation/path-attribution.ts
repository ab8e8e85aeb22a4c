/**
 * Exact attribution of an Isolation Forest's path length to the features: the Shapley values of path-dependent TreeSHAP
 * (Lundberg et al. 2020, "From local explanations to global understanding with explainable AI for trees", algorithm 2),
 * equal to `shap.TreeExplainer(IsolationForest).shap_values`.
 *
 * The game of a row: v(S) is the mean path length over the trees when only the features in S are known. At a split on
 * another feature both children are followed, each with the share of the training rows that went there.
 *
 * How it is computed. For one leaf of path length l, feature j of its path contributes a factor o (1 when all splits on
 * j lead the row to the leaf, else 0) when known, and z (product of the shares of those splits) when not. The Shapley
 * value of such a product is Owen's (1972) integral of the multilinear extension,
 *
 *   phi_i = l x integral from 0 to 1 of (o_i - z_i) x product over j != i of (t o_j + (1 - t) z_j) dt,
 *
 * a polynomial in t that Gauss-Legendre points integrate exactly (Yu et al. 2022, "Linear TreeShap", use the same
 * structure). Products go down the tree, sums of leaves go up, so a row costs O(nodes x points) instead of algorithm
 * 2's O(T L D^2); all products are of positive numbers, so nothing cancels as it does in algorithm 2's UNWIND.
 */
import { AppError } from '../../../shared/errors.js';
import type { Forest } from '../../../training/core/forest/forest.js';
import { assertFinite, toScore } from '../../../training/core/forest/score.js';
import { pathLayout, type PathLayout } from './path-layout.js';

/** expectedPathLength + sum(contributions) = pathLength, to rounding. All in edges, means over the trees. */
export interface PathAttribution {
  /** The bias: path length expected when no feature is known. The same for every row of a forest. */
  readonly expectedPathLength: number;
  /** Path length of this row; shorter = more anomalous. */
  readonly pathLength: number;
  /** Shapley value of each column; NEGATIVE makes the row more anomalous. 0 for a column that no tree uses. */
  readonly contributions: Float64Array;
}

/** baseScore + sum(contributions) = score, to rounding. All on the score scale: 0 to 1, higher = more anomalous. */
export interface ScoreAttribution {
  /** Score of a row with the expected path length. The same for every row of a forest. */
  readonly baseScore: number;
  /** The row's score, bit for bit `-score_samples`. */
  readonly score: number;
  /** Of each column; POSITIVE makes the row more anomalous. */
  readonly contributions: Float64Array;
}

/** Both, of one row. */
export interface RowAttribution {
  readonly path: PathAttribution;
  readonly score: ScoreAttribution;
}

/**
 * Explains one row.
 *
 * @param forest undamaged (`findForestDamage`)
 * @param row featureCount values, preprocessed like the training rows (imputed, clipped, scaled, float32)
 * @throws AppError `internal` when the row is not that long, `validation_failed` when a value is not finite
 */
export function explainRow(forest: Forest, row: Float32Array): PathAttribution {
  return explainRows(forest, row, [0])[0].path;
}

/**
 * Explains chosen rows of a matrix; what the flagged rows of a scoring need.
 *
 * @param x rows x featureCount, row-major, preprocessed like the training rows
 * @param rows indices into x, in the order of the result
 * @throws AppError `internal` when a row is not in the matrix, `validation_failed` when a value is not finite
 */
export function explainRows(
  forest: Forest,
  x: Float32Array,
  rows: readonly number[] | Int32Array,
): RowAttribution[] {
  const { featureCount: columns, treeCount } = forest;
  const layout = pathLayout(forest);
  const scratch = createScratch(layout);
  return Array.from(rows, (row) => {
    if (!(row >= 0 && (row + 1) * columns <= x.length)) throw noSuchRow(row, columns, x.length);
    assertFinite(x, columns, row, row + 1);
    const values = x.subarray(row * columns, (row + 1) * columns);
    const contributions = new Float64Array(columns);
    let lengths = 0;
    for (let tree = 0; tree < treeCount; tree++) {
      lengths += addTree(layout, tree, values, scratch, contributions);
    }
    for (let column = 0; column < columns; column++) contributions[column] /= treeCount;
    const path: PathAttribution = {
      expectedPathLength: layout.expectedPathLength,
      pathLength: lengths / treeCount,
      contributions,
    };
    return { path, score: scoreAttribution(layout, path, toScore(lengths, layout.denominator), treeCount) };
  });
}

export function noSuchRow(row: number, columns: number, length: number): AppError {
  return new AppError(
    'internal',
    `Cannot explain row ${row} of ${columns} columns: the matrix holds ${length} values.`,
  );
}

/**
 * The attribution on the score scale. The score 2^(-h / c(psi)) is a curve of the path length h, so its own Shapley
 * values are another, far dearer game. This is the exact attribution of h, every contribution multiplied by the one
 * factor that makes the sum come out: the slope of the line from (E[h], base score) to (h, score), and the tangent where
 * h = E[h]. Order, proportions and zeros stay those of the exact values; only the sign turns, because a short path is
 * a high score.
 */
function scoreAttribution(
  { denominator }: PathLayout,
  { expectedPathLength, pathLength, contributions }: PathAttribution,
  negativeScore: number,
  treeCount: number,
): ScoreAttribution {
  const baseScore = -toScore(expectedPathLength * treeCount, denominator);
  const perEdge = denominator === 0 ? 0 : (-Math.LN2 * treeCount) / denominator;
  const beyond = pathLength - expectedPathLength;
  // expm1: the difference of two scores that are nearly equal, without losing its digits.
  const slope = baseScore * (beyond === 0 ? perEdge : Math.expm1(perEdge * beyond) / beyond);
  return { baseScore, score: -negativeScore, contributions: contributions.map((value) => value * slope) };
}

/** Node x point of the largest tree, and one entry a node. */
interface Scratch {
  /** Product over the columns of the node's path of t o + (1 - t) z. */
  readonly products: Float64Array;
  /** Sum over the leaves below the node of product x path length. */
  readonly sums: Float64Array;
  /** 1 where all splits on the column of the node's edge, down to this edge, lead the row this way. */
  readonly follows: Uint8Array;
}

function createScratch({ mostNodes, quadrature }: PathLayout): Scratch {
  const size = mostNodes * quadrature.points.length;
  return {
    products: new Float64Array(size),
    sums: new Float64Array(size),
    follows: new Uint8Array(mostNodes),
  };
}

/** Adds one tree's attribution to `contributions`; returns the row's path length in it. */
function addTree(
  layout: PathLayout,
  tree: number,
  row: Float32Array,
  scratch: Scratch,
  contributions: Float64Array,
): number {
  const { column, threshold, left, right, pathLength, treeStart } = layout;
  descend(layout, tree, row, scratch);
  ascend(layout, tree, scratch, contributions);
  let node = treeStart[tree];
  while (column[node] >= 0) node = row[column[node]] <= threshold[node] ? left[node] : right[node];
  return pathLength[node];
}

/** Fills `follows` and `products` from the root down; a parent comes before its children. */
function descend(layout: PathLayout, tree: number, row: Float32Array, { products, follows }: Scratch): void {
  const { column, threshold, left, parent, sameColumnAbove, share, columnShare, quadrature } = layout;
  const { points } = quadrature;
  const count = points.length;
  const root = layout.treeStart[tree];
  const end = layout.treeStart[tree + 1];
  products.fill(1, 0, count);
  for (let node = root + 1, at = count; node < end; node++, at += count) {
    const above = sameColumnAbove[node];
    const from = parent[node];
    const fromAt = (from - root) * count;
    if (above >= 0 && follows[above - root] === 0) {
      // The column's factor is (1 - t) z above and here, and what is new in z is this edge's share.
      follows[node - root] = 0;
      for (let q = 0; q < count; q++) products[at + q] = products[fromAt + q] * share[node];
      continue;
    }
    const follow = row[column[from]] <= threshold[from] === (left[from] === node) ? 1 : 0;
    follows[node - root] = follow;
    const z = columnShare[node];
    if (above < 0) {
      for (let q = 0; q < count; q++) {
        products[at + q] = products[fromAt + q] * (follow * points[q] + (1 - points[q]) * z);
      }
      continue;
    }
    // The column's factor of the edge above out, this edge's in.
    const zAbove = columnShare[above];
    for (let q = 0; q < count; q++) {
      const t = points[q];
      products[at + q] = (products[fromAt + q] * (follow * t + (1 - t) * z)) / (t + (1 - t) * zAbove);
    }
  }
}

/**
 * Sums the leaves below every edge, from the last node up, and gives the edge's column its part: (o - z) over the
 * factor of this edge for the leaves below it, less what the edge of the same column above has counted for them.
 */
function ascend(
  layout: PathLayout,
  tree: number,
  { products, sums, follows }: Scratch,
  contributions: Float64Array,
): void {
  const { column, parent, sameColumnAbove, columnShare, pathLength, quadrature } = layout;
  const { points, weights } = quadrature;
  const count = points.length;
  const root = layout.treeStart[tree];
  const last = layout.treeStart[tree + 1] - 1;
  sums.fill(0, 0, (last - root + 1) * count);
  for (let node = last, at = (last - root) * count; node > root; node--, at -= count) {
    if (column[node] < 0) {
      const length = pathLength[node];
      for (let q = 0; q < count; q++) sums[at + q] = products[at + q] * length;
    }
    const from = parent[node];
    const fromAt = (from - root) * count;
    for (let q = 0; q < count; q++) sums[fromAt + q] += sums[at + q];
    const above = sameColumnAbove[node];
    // Off the row's way the edge above has said all there is to say: (0 - z) / ((1 - t) z) in both.
    if (above >= 0 && follows[above - root] === 0) continue;
    const follow = follows[node - root] === 1;
    const z = columnShare[node];
    const zAbove = above < 0 ? 1 : columnShare[above];
    let sum = 0;
    for (let q = 0; q < count; q++) {
      const t = points[q];
      const own = follow ? (1 - z) / (t + (1 - t) * z) : -1 / (1 - t);
      const counted = above < 0 ? 0 : (1 - zAbove) / (t + (1 - t) * zAbove);
      sum += weights[q] * sums[at + q] * (own - counted);
    }
    contributions[column[from]] += sum;
  }
}
