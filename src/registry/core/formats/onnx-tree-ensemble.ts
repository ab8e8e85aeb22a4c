import { averagePathLength } from '../../../training/core/forest/average-path-length.js';
import { floorToFloat32 } from '../../../training/core/forest/floor-to-float32.js';
import type { Forest } from '../../../training/core/forest/forest.js';
import { nodeDepths } from '../../../training/core/forest/score.js';
import {
  intAttribute,
  intsAttribute,
  type OnnxAttribute,
  stringAttribute,
  stringsAttribute,
  tensorAttribute,
} from './onnx-model.js';

/** Parallel lists, one entry a node. Ids are relative to the tree, columns are the input's. */
interface NodeLists {
  readonly tree: Int32Array;
  readonly id: Int32Array;
  readonly column: Int32Array;
  readonly whenTrue: Int32Array;
  readonly whenFalse: Int32Array;
  readonly threshold: Float64Array;
  readonly mode: string[];
}

/** Parallel lists, one entry a leaf. */
interface LeafLists {
  readonly tree: Int32Array;
  readonly id: Int32Array;
  readonly weight: Float64Array;
}

/**
 * Attributes of an ai.onnx.ml 3 `TreeEnsembleRegressor` that sums, over the trees, the path length of a row: depth of
 * its leaf (root = 0) plus c(training rows in the leaf), as scikit-learn adds it.
 *
 * Thresholds and path lengths are doubles, so the operator takes a double matrix. Its values have to be float32
 * numbers: then `x <= threshold rounded down to float32` is scikit-learn's `x <= threshold`, exactly.
 *
 * With one row per tree scikit-learn defines the exponent as -1 (0 / 0 otherwise); every path length is written as 1
 * then, and `pathLengthDivisor` is the number of trees.
 */
export function treeEnsembleAttributes(forest: Forest): OnnxAttribute[] {
  const nodes = listNodes(forest);
  const leaves = listLeaves(forest);
  return [
    intAttribute('n_targets', 1),
    stringAttribute('aggregate_function', 'SUM'),
    stringAttribute('post_transform', 'NONE'),
    intsAttribute('nodes_treeids', nodes.tree),
    intsAttribute('nodes_nodeids', nodes.id),
    intsAttribute('nodes_featureids', nodes.column),
    stringsAttribute('nodes_modes', nodes.mode),
    intsAttribute('nodes_truenodeids', nodes.whenTrue),
    intsAttribute('nodes_falsenodeids', nodes.whenFalse),
    // A NaN goes right, as in the versions of scikit-learn that accept one.
    intsAttribute('nodes_missing_value_tracks_true', new Int32Array(nodes.id.length)),
    tensorAttribute('nodes_values_as_tensor', nodes.threshold),
    intsAttribute('target_treeids', leaves.tree),
    intsAttribute('target_nodeids', leaves.id),
    intsAttribute('target_ids', new Int32Array(leaves.id.length)),
    tensorAttribute('target_weights_as_tensor', leaves.weight),
  ];
}

/** Bits of a float32's significand. */
const FLOAT_BITS = 24;

/**
 * The same sum in two parts, columns 0 and 1 of the output, for a graph that goes on in doubles: the operator gives floats.
 * Weights are split at a power of 2 so coarse that the sum of the upper parts is exact; what is left is so small that
 * its rounding is below 1e-11 of the sum.
 */
export function preciseTreeEnsembleAttributes(forest: Forest): OnnxAttribute[] {
  const { tree, id, weight } = listLeaves(forest);
  const largest = forest.treeCount * weight.reduce((most, one) => Math.max(most, one), 1);
  const unit = 2 ** (Math.ceil(Math.log2(largest)) - FLOAT_BITS);
  const upper = weight.map((one) => Math.round(one / unit) * unit);
  const lower = weight.map((one, leaf) => one - upper[leaf]);
  const twice = (list: Int32Array): Int32Array => Int32Array.from([...list, ...list]);
  const target = new Int32Array(2 * weight.length).fill(1, weight.length);
  const replaced: Record<string, OnnxAttribute> = {
    n_targets: intAttribute('n_targets', 2),
    target_treeids: intsAttribute('target_treeids', twice(tree)),
    target_nodeids: intsAttribute('target_nodeids', twice(id)),
    target_ids: intsAttribute('target_ids', target),
    target_weights_as_tensor: tensorAttribute(
      'target_weights_as_tensor',
      Float64Array.from([...upper, ...lower]),
    ),
  };
  return treeEnsembleAttributes(forest).map((attribute) => replaced[attribute.name] ?? attribute);
}

/** What the ensemble's sum is divided by: T x c(psi), or T when trees have one row (all path lengths are 1 then). */
export function pathLengthDivisor({ treeCount, maxSamples }: Forest): number {
  const perTree = averagePathLength(maxSamples);
  return treeCount * (perTree === 0 ? 1 : perTree);
}

function listNodes(forest: Forest): NodeLists {
  const { treeCount, treeStart, treeFeatures, maxFeatures, left, right, feature, threshold } = forest;
  const count = treeStart[treeCount];
  const lists: NodeLists = {
    tree: new Int32Array(count),
    id: new Int32Array(count),
    column: new Int32Array(count),
    whenTrue: new Int32Array(count),
    whenFalse: new Int32Array(count),
    threshold: new Float64Array(count),
    mode: new Array<string>(count).fill('LEAF'),
  };
  for (let tree = 0; tree < treeCount; tree++) {
    for (let node = treeStart[tree]; node < treeStart[tree + 1]; node++) {
      lists.tree[node] = tree;
      lists.id[node] = node - treeStart[tree];
      // Everything else of a leaf stays 0: readers ignore it.
      if (feature[node] < 0) continue;
      lists.mode[node] = 'BRANCH_LEQ';
      lists.column[node] = treeFeatures[tree * maxFeatures + feature[node]];
      lists.whenTrue[node] = left[node];
      lists.whenFalse[node] = right[node];
      lists.threshold[node] = floorToFloat32(threshold[node]);
    }
  }
  return lists;
}

function listLeaves(forest: Forest): LeafLists {
  const { treeCount, treeStart, feature, nodeSamples } = forest;
  let count = 0;
  for (let node = 0; node < treeStart[treeCount]; node++) if (feature[node] < 0) count++;
  const lists: LeafLists = {
    tree: new Int32Array(count),
    id: new Int32Array(count),
    weight: new Float64Array(count),
  };
  const depth = nodeDepths(forest);
  const singleRow = averagePathLength(forest.maxSamples) === 0;
  let leaf = 0;
  for (let tree = 0; tree < treeCount; tree++) {
    for (let node = treeStart[tree]; node < treeStart[tree + 1]; node++) {
      if (feature[node] >= 0) continue;
      lists.tree[leaf] = tree;
      lists.id[leaf] = node - treeStart[tree];
      // `nodeDepths` counts the root as 1; adding c first rounds as the scorer and scikit-learn do.
      lists.weight[leaf] = singleRow ? 1 : depth[node] + averagePathLength(nodeSamples[node]) - 1;
      leaf++;
    }
  }
  return lists;
}
