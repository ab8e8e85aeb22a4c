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
  const { treeCount, treeStart, maxFeatures, left, right, feature, threshold, nodeSamples } = forest;
  for (let tree = 0; tree < treeCount; tree++) {
    const root = treeStart[tree];
    const size = treeStart[tree + 1] - root;
    for (let node = 0; node < size; node++) {
      const at = root + node;
      const where = (): string => `node ${node} of tree ${tree}`;
      if (nodeSamples[at] < 1) return `${where()} has ${nodeSamples[at]} training rows`;
      if (!Number.isFinite(threshold[at])) return `${where()} has the threshold ${threshold[at]}`;
      if (feature[at] === -2) {
        if (left[at] !== -1 || right[at] !== -1) return `${where()} is a leaf with children`;
        continue;
      }
      if (feature[at] < 0 || feature[at] >= maxFeatures) {
        return `${where()} splits column ${feature[at]} of ${maxFeatures}`;
      }
      for (const child of [left[at], right[at]]) {
        if (child <= node || child >= size)
          return `${where()} has the child ${child}, expected ${node + 1} to ${size - 1}`;
      }
      if (left[at] === right[at]) return `${where()} has one child twice`;
    }
  }
  return undefined;
}
