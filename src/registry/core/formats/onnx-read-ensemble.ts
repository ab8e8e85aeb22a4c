import { averagePathLength } from '../../../training/core/forest/average-path-length.js';
import { floorToFloat32 } from '../../../training/core/forest/floor-to-float32.js';
import type { Forest } from '../../../training/core/forest/forest.js';
import type { ReadAttribute, ReadNode, ReadStrings } from './onnx-read-message.js';
import { onnxRefused } from './onnx-read-wire.js';
import { tensorValues } from './onnx-read-tensor.js';

/** Trees without psi, which stands elsewhere in the graph. */
export type EnsembleTrees = Omit<Forest, 'maxSamples' | 'maxFeatures' | 'treeFeatures'> & {
  /** The operator averages over the trees instead of summing. */
  readonly average: boolean;
};

export const ENSEMBLE_LIMITS = { trees: 5_000, nodes: 5_000_000, depth: 10_000 } as const;

/** How far a leaf's weight may lie from depth + c(n). Float32 weights are off by less. */
const WEIGHT_TOLERANCE = 1e-6;
const MAX_FLOAT32 = 3.4028234663852886e38;
const MAX_ROWS = 2 ** 31 - 1;

/** Everything else would change what the operator computes. Hit rates are hints for a compiler. */
const KNOWN_ATTRIBUTES: ReadonlySet<string> = new Set([
  'n_targets',
  'aggregate_function',
  'post_transform',
  'nodes_treeids',
  'nodes_nodeids',
  'nodes_featureids',
  'nodes_modes',
  'nodes_truenodeids',
  'nodes_falsenodeids',
  'nodes_missing_value_tracks_true',
  'nodes_values',
  'nodes_values_as_tensor',
  'nodes_hitrates',
  'nodes_hitrates_as_tensor',
  'target_treeids',
  'target_nodeids',
  'target_ids',
  'target_weights',
  'target_weights_as_tensor',
]);

/** The parallel lists of the operator, one entry a node, and the leaves' own, one entry a leaf. */
interface EnsembleLists {
  readonly treeIds: Int32Array;
  readonly nodeIds: Int32Array;
  readonly columns: Int32Array;
  readonly modes: ReadStrings;
  readonly whenTrue: Int32Array;
  readonly whenFalse: Int32Array;
  readonly thresholds: Float64Array;
  readonly leafTrees: Int32Array;
  readonly leafNodes: Int32Array;
  readonly leafWeights: Float64Array;
}

/**
 * An Isolation Forest out of a `TreeEnsembleRegressor` whose leaves weigh depth + c(training rows): the way back from
 * `treeEnsembleAttributes`. Columns are the input's, so every tree has all of them, in order.
 *
 * Accepted trees end every walk: ids count from 0 in order, children come after their parent, every node but the root
 * has exactly one parent.
 *
 * @throws AppError `validation_failed` naming the node and what is wrong with it
 */
export function readEnsemble(node: ReadNode, featureCount: number): EnsembleTrees {
  checkAttributes(node);
  const lists = readLists(node);
  const treeStart = startOfTrees(lists);
  const trees = linkNodes(lists, treeStart, featureCount);
  const depth = depths(trees);
  countRows(trees, lists, depth);
  const aggregate = node.attributes.get('aggregate_function')?.s ?? 'SUM';
  return { ...trees, average: aggregate === 'AVERAGE' };
}

function checkAttributes({ attributes }: ReadNode): void {
  for (const name of attributes.keys()) {
    if (!KNOWN_ATTRIBUTES.has(name)) throw onnxRefused(`TreeEnsembleRegressor has the attribute "${name}"`);
  }
  const text = (name: string, fallback: string): string => attributes.get(name)?.s ?? fallback;
  const aggregate = text('aggregate_function', 'SUM');
  if (aggregate !== 'SUM' && aggregate !== 'AVERAGE') {
    throw onnxRefused(`TreeEnsembleRegressor aggregates with "${aggregate}", expected SUM or AVERAGE`);
  }
  const transform = text('post_transform', 'NONE');
  if (transform !== 'NONE') throw onnxRefused(`TreeEnsembleRegressor transforms with "${transform}"`);
  if (attributes.get('n_targets')?.i !== 1)
    throw onnxRefused('TreeEnsembleRegressor has not exactly one target');
  const zeros = (name: string, why: string): void => {
    if (attributes.get(name)?.ints?.some((entry) => entry !== 0) === true)
      throw onnxRefused(`${name}: ${why}`);
  };
  zeros('nodes_missing_value_tracks_true', 'a missing value goes left somewhere, which is not supported');
  zeros('target_ids', 'a leaf votes for another target than 0');
}

function readLists({ attributes }: ReadNode): EnsembleLists {
  const ints = (name: string): Int32Array => {
    const list = attributes.get(name)?.ints;
    if (list === undefined) throw onnxRefused(`TreeEnsembleRegressor has no ${name}`);
    return list;
  };
  const modes = attributes.get('nodes_modes')?.strings;
  if (modes === undefined) throw onnxRefused('TreeEnsembleRegressor has no nodes_modes');
  const lists: EnsembleLists = {
    treeIds: ints('nodes_treeids'),
    nodeIds: ints('nodes_nodeids'),
    columns: ints('nodes_featureids'),
    modes,
    whenTrue: ints('nodes_truenodeids'),
    whenFalse: ints('nodes_falsenodeids'),
    thresholds: numbers('nodes_values', attributes),
    leafTrees: ints('target_treeids'),
    leafNodes: ints('target_nodeids'),
    leafWeights: numbers('target_weights', attributes),
  };
  const { treeIds, leafTrees } = lists;
  sameLength('nodes_', treeIds.length, [
    lists.nodeIds,
    lists.columns,
    modes.codes,
    lists.whenTrue,
    lists.whenFalse,
    lists.thresholds,
  ]);
  sameLength('target_', leafTrees.length, [lists.leafNodes, ints('target_ids'), lists.leafWeights]);
  if (treeIds.length === 0) throw onnxRefused('TreeEnsembleRegressor has no node');
  return lists;
}

/** A list as float32 numbers, or as a tensor of doubles. */
function numbers(name: string, attributes: ReadonlyMap<string, ReadAttribute>): Float64Array {
  const floats = attributes.get(name)?.floats;
  const tensor = attributes.get(`${name}_as_tensor`)?.t;
  if (floats !== undefined && tensor !== undefined) throw onnxRefused(`${name} is there twice`);
  if (tensor !== undefined) return tensorValues(tensor, `${name}_as_tensor`);
  if (floats !== undefined) return floats;
  throw onnxRefused(`TreeEnsembleRegressor has no ${name}`);
}

function sameLength(prefix: string, length: number, lists: readonly { readonly length: number }[]): void {
  const other = lists.find((list) => list.length !== length);
  if (other === undefined) return;
  throw onnxRefused(
    `the lists ${prefix}* have ${length} and ${other.length} entries, they must be equally long`,
  );
}

/** Position of the first node of each tree, and the number of nodes as the last entry. */
function startOfTrees({ treeIds, nodeIds }: EnsembleLists): Int32Array {
  const starts: number[] = [];
  for (let node = 0; node < treeIds.length; node++) {
    const tree = treeIds[node];
    if (tree === starts.length) {
      starts.push(node);
      if (starts.length > ENSEMBLE_LIMITS.trees) {
        throw onnxRefused(`it has more than ${ENSEMBLE_LIMITS.trees} trees`);
      }
    } else if (tree !== starts.length - 1) {
      throw onnxRefused(
        `entry ${node} belongs to tree ${tree}, expected ${starts.length - 1} or ${starts.length}`,
      );
    }
    const expected = node - starts[starts.length - 1];
    if (nodeIds[node] !== expected) {
      throw onnxRefused(`entry ${node} is node ${nodeIds[node]} of tree ${tree}, expected ${expected}`);
    }
  }
  starts.push(treeIds.length);
  return Int32Array.from(starts);
}

type LinkedTrees = Omit<EnsembleTrees, 'average'>;

function linkNodes(lists: EnsembleLists, treeStart: Int32Array, featureCount: number): LinkedTrees {
  const count = lists.treeIds.length;
  const trees: LinkedTrees = {
    treeCount: treeStart.length - 1,
    featureCount,
    treeStart,
    left: new Int32Array(count).fill(-1),
    right: new Int32Array(count).fill(-1),
    feature: new Int32Array(count).fill(-2),
    threshold: new Float64Array(count).fill(-2),
    nodeSamples: new Int32Array(count),
  };
  const { words, codes } = lists.modes;
  const hasParent = new Uint8Array(count);
  for (let tree = 0; tree < trees.treeCount; tree++) {
    const root = treeStart[tree];
    const size = treeStart[tree + 1] - root;
    for (let node = 0; node < size; node++) {
      const at = root + node;
      const mode = words[codes[at]];
      const where = (): string => `node ${node} of tree ${tree}`;
      if (node > 0 && hasParent[at] === 0) throw onnxRefused(`${where()} has no parent: a tree has one root`);
      if (mode === 'LEAF') continue;
      for (const child of [lists.whenTrue[at], lists.whenFalse[at]]) {
        // Only forward: then no walk can run in a circle.
        if (child <= node || child >= size) {
          throw onnxRefused(`${where()} has the child ${child}, expected ${node + 1} to ${size - 1}`);
        }
        if (hasParent[root + child] === 1) throw onnxRefused(`node ${child} of tree ${tree} has two parents`);
        hasParent[root + child] = 1;
      }
      trees.left[at] = lists.whenTrue[at];
      trees.right[at] = lists.whenFalse[at];
      trees.feature[at] = column(lists.columns[at], featureCount, where);
      trees.threshold[at] = threshold(mode, lists.thresholds[at], where);
    }
  }
  return trees;
}

function column(value: number, featureCount: number, where: () => string): number {
  if (value >= 0 && value < featureCount) return value;
  throw onnxRefused(`${where()} splits column ${value}, the model has ${featureCount}`);
}

/** Every mode as `x <= threshold` goes left. Rows are float32, so `x < t` is `x <= the float32 below t`. */
function threshold(mode: string, value: number, where: () => string): number {
  if (!(Math.abs(value) < MAX_FLOAT32)) throw onnxRefused(`${where()} has the threshold ${value}`);
  if (mode === 'BRANCH_LEQ') return value;
  if (mode === 'BRANCH_LT') return largestFloat32Below(value);
  throw onnxRefused(`${where()} has the mode "${mode}", expected BRANCH_LEQ, BRANCH_LT or LEAF`);
}

function largestFloat32Below(value: number): number {
  const floor = floorToFloat32(value);
  // A double a little below a float32 number has the next lower float32 as its floor.
  return floor < value ? floor : floorToFloat32(value - Math.max(Math.abs(value) * 2 ** -26, 2 ** -151));
}

/** Depth of every node, root = 0. */
function depths({ treeCount, treeStart, left, right }: LinkedTrees): Int32Array {
  const depth = new Int32Array(left.length);
  for (let tree = 0; tree < treeCount; tree++) {
    const root = treeStart[tree];
    for (let node = root; node < treeStart[tree + 1]; node++) {
      if (left[node] < 0) continue;
      const below = depth[node] + 1;
      if (below > ENSEMBLE_LIMITS.depth) {
        throw onnxRefused(`tree ${tree} is deeper than ${ENSEMBLE_LIMITS.depth}`);
      }
      depth[root + left[node]] = below;
      depth[root + right[node]] = below;
    }
  }
  return depth;
}

/** Rows of the leaves from their weights, of the other nodes as the sum of their children. */
function countRows(trees: LinkedTrees, lists: EnsembleLists, depth: Int32Array): void {
  const { treeCount, treeStart, left, right, feature, nodeSamples } = trees;
  const { leafTrees, leafNodes, leafWeights } = lists;
  for (let leaf = 0; leaf < leafTrees.length; leaf++) {
    const tree = leafTrees[leaf];
    const node = leafNodes[leaf];
    const known = tree >= 0 && tree < treeCount && node >= 0 && node < treeStart[tree + 1] - treeStart[tree];
    const at = known ? treeStart[tree] + node : 0;
    if (!known || feature[at] >= 0)
      throw onnxRefused(`target entry ${leaf}: node ${node} of tree ${tree} is no leaf`);
    if (nodeSamples[at] !== 0) throw onnxRefused(`node ${node} of tree ${tree} votes twice`);
    const rows = rowsOfPathLength(leafWeights[leaf] - depth[at]);
    if (rows === undefined) {
      throw onnxRefused(
        `the weight ${leafWeights[leaf]} of node ${node} of tree ${tree} is not its depth ${depth[at]} plus c(n) of a whole number of rows, so this is no Isolation Forest`,
      );
    }
    nodeSamples[at] = rows;
  }
  for (let tree = 0; tree < treeCount; tree++) {
    const root = treeStart[tree];
    for (let node = treeStart[tree + 1] - 1; node >= root; node--) {
      if (feature[node] >= 0) {
        const rows = nodeSamples[root + left[node]] + nodeSamples[root + right[node]];
        if (rows > MAX_ROWS) throw onnxRefused(`tree ${tree} holds more than ${MAX_ROWS} rows`);
        nodeSamples[node] = rows;
      } else if (nodeSamples[node] === 0) {
        throw onnxRefused(`node ${node - root} of tree ${tree} is a leaf without a weight`);
      }
    }
  }
}

/**
 * The whole number n with c(n) = `length` within the tolerance; undefined when there is none. c(0) = c(1) = 0, and a
 * leaf holds at least one row.
 */
export function rowsOfPathLength(length: number): number | undefined {
  let low = 1;
  let high = MAX_ROWS;
  if (!(length <= averagePathLength(high))) return undefined;
  // First n whose c(n) is not below the length; c never falls.
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (averagePathLength(middle) >= length) high = middle;
    else low = middle + 1;
  }
  const error = (n: number): number => Math.abs(averagePathLength(n) - length);
  const nearest = low > 1 && error(low - 1) < error(low) ? low - 1 : low;
  return error(nearest) <= WEIGHT_TOLERANCE ? nearest : undefined;
}
