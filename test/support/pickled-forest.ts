import {
  attributes,
  float64Values,
  int64Values,
  numpyArray,
  type PickledObject,
  type PythonFloat,
  unpickle,
} from './mini-unpickler.js';

interface PickledTree {
  readonly features: number[];
  readonly nodes: DataView;
  readonly nodeBytes: number;
  /** Per node: depth with the root as 1, and what the rows of a leaf would still need to be told apart. */
  readonly depth: number[];
  readonly rest: number[];
}

function readTree(state: Map<string, unknown>, t: number): PickledTree {
  const at = (name: string): unknown => (state.get(name) as unknown[])[t];
  const { data, dtype } = numpyArray(attributes(attributes(at('estimators_')).get('tree_')).get('nodes'));
  return {
    features: int64Values(at('estimators_features_')),
    nodes: data,
    nodeBytes: (dtype as PickledObject & { args: [Map<string, number>] }).args[0].get('itemsize') ?? 0,
    depth: int64Values(at('_decision_path_lengths')),
    rest: float64Values(at('_average_path_length_per_tree')),
  };
}

function pathLength(tree: PickledTree, row: readonly number[]): number {
  for (let node = 0; ;) {
    const at = node * tree.nodeBytes;
    const left = Number(tree.nodes.getBigInt64(at, true));
    if (left < 0) return tree.depth[node] + tree.rest[node] - 1;
    const column = tree.features[Number(tree.nodes.getBigInt64(at + 16, true))];
    const goesLeft = Math.fround(row[column]) <= tree.nodes.getFloat64(at + 24, true);
    node = goesLeft ? left : Number(tree.nodes.getBigInt64(at + 8, true));
  }
}

/** Average path length of an unsuccessful search among n rows (Liu, Ting, Zhou 2008), as scikit-learn computes it. */
function averagePathLength(n: number): number {
  if (n <= 1) return 0;
  if (n === 2) return 1;
  return 2 * (Math.log(n - 1) + 0.5772156649015329) - (2 * (n - 1)) / n;
}

/** What `joblib.load(model).predict(rows)` answers (1 or -1), computed from nothing but the bytes of the pickle. */
export function pickledLabels(model: Uint8Array, rows: readonly (readonly number[])[]): number[] {
  const state = attributes(unpickle(model).value);
  const trees = (state.get('estimators_') as unknown[]).map((_, t) => readTree(state, t));
  const offset = (state.get('offset_') as PythonFloat).value;
  const norm = trees.length * averagePathLength(state.get('_max_samples') as number);
  return rows.map((row) => {
    let total = 0;
    for (const tree of trees) total += pathLength(tree, row);
    return -(2 ** (-total / norm)) - offset < 0 ? -1 : 1;
  });
}
