import type { Forest } from './forest.js';

/** More columns than any feature set has; a damaged count must not make a reader allocate gigabytes for one row. */
const MAX_COLUMNS = 1_000_000;

/**
 * First broken rule of a forest, in words, or `undefined` when it can be scored: every walk from a root ends, because
 * children come after their parent, and touches only columns and nodes that exist. O(nodes).
 */
export function findForestDamage(forest: Forest): string | undefined {
  return findCountDamage(forest) ?? findTreeDamage(forest) ?? findNodeDamage(forest);
}

function findCountDamage(forest: Forest): string | undefined {
  const { treeCount, featureCount, maxFeatures, maxSamples, treeStart, treeFeatures } = forest;
  if (treeCount < 1) return 'it has no tree';
  if (maxSamples < 1) return 'it has no rows per tree';
  if (featureCount > MAX_COLUMNS) return `it has ${featureCount} columns, more than ${MAX_COLUMNS}`;
  if (maxFeatures < 1 || maxFeatures > featureCount) {
    return `it has ${maxFeatures} columns per tree of ${featureCount} columns`;
  }
  if (treeStart.length < treeCount + 1 || treeFeatures.length < treeCount * maxFeatures) {
    return 'its tables are shorter than its number of trees';
  }
  const nodeCount = treeStart[treeCount];
  const { left, right, feature, threshold, nodeSamples } = forest;
  const shortest = Math.min(left.length, right.length, feature.length, threshold.length, nodeSamples.length);
  return nodeCount > shortest ? `it has ${nodeCount} nodes but room for ${shortest}` : undefined;
}

function findTreeDamage(forest: Forest): string | undefined {
  const { treeCount, featureCount, maxFeatures, treeStart, treeFeatures, left } = forest;
  if (treeStart[0] !== 0) return 'its first tree does not begin at node 0';
  for (let tree = 0; tree < treeCount; tree++) {
    if (treeStart[tree + 1] <= treeStart[tree]) return `tree ${tree} has no node`;
  }
  if (treeStart[treeCount] !== left.length) return 'its last tree does not end at the last node';
  for (let i = 0; i < treeCount * maxFeatures; i++) {
    const column = treeFeatures[i];
    const tree = Math.floor(i / maxFeatures);
    if (column < 0 || column >= featureCount) return `tree ${tree} uses column ${column} of ${featureCount}`;
    if (maxFeatures === featureCount && column !== i % maxFeatures) {
      return `tree ${tree} uses all columns, but not in order`;
    }
  }
  return undefined;
}

function findNodeDamage(forest: Forest): string | undefined {
  const { treeCount, treeStart } = forest;
  for (let tree = 0; tree < treeCount; tree++) {
    const root = treeStart[tree];
    const size = treeStart[tree + 1] - root;
    for (let node = 0; node < size; node++) {
      const damage = nodeDamage(forest, root, size, node);
      if (damage !== undefined) return `node ${node} of tree ${tree} ${damage}`;
    }
  }
  return undefined;
}

/** @param node number within its tree, which has `size` nodes from `root` on */
function nodeDamage(forest: Forest, root: number, size: number, node: number): string | undefined {
  const at = root + node;
  const samples = forest.nodeSamples[at];
  const threshold = forest.threshold[at];
  const feature = forest.feature[at];
  const left = forest.left[at];
  const right = forest.right[at];
  if (samples < 1) return `has ${samples} training rows`;
  if (!Number.isFinite(threshold)) return `has the threshold ${threshold}`;
  if (feature === -2) return left === -1 && right === -1 ? undefined : 'is a leaf with children';
  if (feature < 0 || feature >= forest.maxFeatures) {
    return `splits column ${feature} of ${forest.maxFeatures}`;
  }
  const wrong = left <= node || left >= size ? left : right;
  if (wrong <= node || wrong >= size) {
    return `has the child ${wrong}, expected ${node + 1} to ${size - 1}`;
  }
  return left === right ? 'has one child twice' : undefined;
}
