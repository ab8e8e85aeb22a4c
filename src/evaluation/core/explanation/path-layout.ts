import { AppError } from '../../../shared/errors.js';
import { floorToFloat32 } from '../../../training/core/forest/floor-to-float32.js';
import type { Forest } from '../../../training/core/forest/forest.js';
import { leafPathLength, nodeDepths, scoreDenominator } from '../../../training/core/forest/score.js';
import { gaussLegendre, type QuadratureRule } from './gauss-legendre.js';

/**
 * A forest laid out for explaining. Arrays have one entry a node; node indices are positions in these arrays, not
 * relative to the tree. "The edge of a node" is the one from its parent into it.
 */
export interface PathLayout {
  readonly treeStart: Int32Array;
  /** Column of the matrix on which the node splits (the tree's subset is resolved); -1 = leaf. */
  readonly column: Int32Array;
  /** Rounded down to float32, which decides the same for every float32 value. */
  readonly threshold: Float32Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** -1 = root. */
  readonly parent: Int32Array;
  /** The nearest node above (not a root) whose edge is of a split on the same column as this node's edge; -1 = none. */
  readonly sameColumnAbove: Int32Array;
  /** Share of the parent's training rows that went into this node; 1 at a root. */
  readonly share: Float64Array;
  /** Product of the shares of all edges down to this node's, its own included, that split on the same column. */
  readonly columnShare: Float64Array;
  /** At a leaf: path length of a row that ends here, its depth in edges plus c(rows in the leaf); else 0. */
  readonly pathLength: Float64Array;
  /** Mean over the trees of the path length that is expected when no value is known: leaves weighted by their rows. */
  readonly expectedPathLength: number;
  /** T x c(psi); 0 when psi = 1. */
  readonly denominator: number;
  /** Exact for the integral that an attribution is, see path-attribution.ts. */
  readonly quadrature: QuadratureRule;
  /** Nodes of the largest tree. */
  readonly mostNodes: number;
}

/** Laying out costs a few explained rows; it is done once for a forest. */
const layouts = new WeakMap<Forest, PathLayout>();

/**
 * The layout of a forest that `findForestDamage` has nothing to say about; made at the first call.
 *
 * @throws AppError `artifact_integrity` when a node has no parent or two: walks end in such a "tree", shares do not add up
 */
export function pathLayout(forest: Forest): PathLayout {
  const known = layouts.get(forest);
  if (known !== undefined) return known;
  const layout = createLayout(forest);
  layouts.set(forest, layout);
  return layout;
}

function createLayout(forest: Forest): PathLayout {
  const { treeCount, treeStart, treeFeatures, maxFeatures } = forest;
  const nodeCount = treeStart[treeCount];
  const column = new Int32Array(nodeCount).fill(-1);
  const threshold = new Float32Array(nodeCount);
  const left = new Int32Array(nodeCount).fill(-1);
  const right = new Int32Array(nodeCount).fill(-1);
  const parent = new Int32Array(nodeCount).fill(-1);
  const share = new Float64Array(nodeCount).fill(1);
  const pathLength = new Float64Array(nodeCount);
  const depth = nodeDepths(forest);
  let mostNodes = 0;
  for (let tree = 0; tree < treeCount; tree++) {
    const root = treeStart[tree];
    mostNodes = Math.max(mostNodes, treeStart[tree + 1] - root);
    for (let node = root; node < treeStart[tree + 1]; node++) {
      if (node > root && parent[node] < 0) throw notATree(tree, node - root, 'no parent');
      if (forest.feature[node] < 0) {
        pathLength[node] = leafPathLength(depth[node], forest.nodeSamples[node]);
        continue;
      }
      column[node] = treeFeatures[tree * maxFeatures + forest.feature[node]];
      threshold[node] = floorToFloat32(forest.threshold[node]);
      left[node] = root + forest.left[node];
      right[node] = root + forest.right[node];
      // The children's sum, not the node's own count: the shares of a split are 1 together in any file.
      const rows = forest.nodeSamples[left[node]] + forest.nodeSamples[right[node]];
      for (const child of [left[node], right[node]]) {
        if (parent[child] >= 0) throw notATree(tree, child - root, 'two parents');
        parent[child] = node;
        share[child] = forest.nodeSamples[child] / rows;
      }
    }
  }
  const edges = columnEdges(column, parent, share);
  return {
    treeStart,
    column,
    threshold,
    left,
    right,
    parent,
    share,
    pathLength,
    sameColumnAbove: edges.sameColumnAbove,
    columnShare: edges.columnShare,
    expectedPathLength: expectedLength(parent, share, pathLength) / treeCount,
    denominator: scoreDenominator(forest),
    // A path over D different columns is a polynomial of degree D - 1, which ceil(D / 2) points integrate exactly.
    quadrature: gaussLegendre(Math.max(1, (edges.mostColumns + 1) >> 1)),
    mostNodes,
  };
}

function notATree(tree: number, node: number, found: string): AppError {
  return new AppError(
    'artifact_integrity',
    `Tree ${tree} of the forest cannot be explained: its node ${node} has ${found}, expected one.`,
  );
}

/** Walks up from every node to the edge of the same column: children come after their parent, so that one pass is enough. */
function columnEdges(
  column: Int32Array,
  parent: Int32Array,
  share: Float64Array,
): { sameColumnAbove: Int32Array; columnShare: Float64Array; mostColumns: number } {
  const nodeCount = column.length;
  const sameColumnAbove = new Int32Array(nodeCount).fill(-1);
  const columnShare = new Float64Array(nodeCount).fill(1);
  const columnsAbove = new Int32Array(nodeCount);
  let mostColumns = 0;
  for (let node = 0; node < nodeCount; node++) {
    if (parent[node] < 0) continue;
    const split = column[parent[node]];
    let above = parent[node];
    while (parent[above] >= 0 && column[parent[above]] !== split) above = parent[above];
    const found = parent[above] >= 0;
    if (found) sameColumnAbove[node] = above;
    columnShare[node] = share[node] * (found ? columnShare[above] : 1);
    columnsAbove[node] = columnsAbove[parent[node]] + (found ? 0 : 1);
    if (columnsAbove[node] > mostColumns) mostColumns = columnsAbove[node];
  }
  return { sameColumnAbove, columnShare, mostColumns };
}

/** Sum over the trees. */
function expectedLength(parent: Int32Array, share: Float64Array, pathLength: Float64Array): number {
  const reached = new Float64Array(parent.length).fill(1);
  let sum = 0;
  for (let node = 0; node < parent.length; node++) {
    if (parent[node] >= 0) reached[node] = reached[parent[node]] * share[node];
    sum += reached[node] * pathLength[node];
  }
  return sum;
}
