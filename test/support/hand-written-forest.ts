import type { Forest } from '../../src/training/core/forest/forest.js';

/** A forest from trees written by hand; a node is [left, right, column, threshold, rows], a leaf [rows]. */
export function forestOf(
  columns: number,
  maxSamples: number,
  trees: readonly (readonly number[])[][],
): Forest {
  const nodes = trees.flat();
  const of = (i: number, leaf: number): number[] => nodes.map((node) => (node.length === 1 ? leaf : node[i]));
  const starts = trees.reduce<number[]>((all, tree) => [...all, all[all.length - 1] + tree.length], [0]);
  return {
    treeCount: trees.length,
    featureCount: columns,
    maxFeatures: columns,
    maxSamples,
    treeStart: Int32Array.from(starts),
    treeFeatures: Int32Array.from(trees.flatMap(() => Array.from({ length: columns }, (_, c) => c))),
    left: Int32Array.from(of(0, -1)),
    right: Int32Array.from(of(1, -1)),
    feature: Int32Array.from(of(2, -2)),
    threshold: Float64Array.from(of(3, -2)),
    nodeSamples: Int32Array.from(nodes.map((node) => node[node.length - 1])),
  };
}
