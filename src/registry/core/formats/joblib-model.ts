import { AppError } from '../../../shared/errors.js';
import { averagePathLength } from '../../../training/core/forest/average-path-length.js';
import { depthLimit } from '../../../training/core/forest/forest-params.js';
import type { Forest, ForestParams } from '../../../training/core/forest/forest.js';
import { nodeDepths } from '../../../training/core/forest/score.js';
import { findForestDamage } from '../../../training/core/forest/validate-forest.js';
import { NumpyPickler, type RecordDtype, type RecordField, setInt64 } from './numpy-pickle.js';
import { PickleWriter } from './pickle-writer.js';
import { sklearnLayout, type SklearnLayout } from './sklearn-version.js';

/** What a scikit-learn model knows beside its trees. */
export interface IsolationForestMeta {
  /** As configured: 'auto' stays 'auto', a share stays a float (`get_params` shows them). */
  readonly params: ForestParams;
  /** `offset_`: scores below it are anomalies. */
  readonly offset: number;
  /** Rows the model was trained on. */
  readonly nSamples: number;
  /** Chooses the layout and is written as `_sklearn_version`. */
  readonly sklearnVersion: string;
}

/**
 * `random_state` of each tree. scikit-learn would draw its subsample again from it (`estimators_samples_`); our draws
 * come from another generator, so no seed would give the real rows, and one that is the same for all trees says so.
 */
const TREE_SEED = 1;

const NODE_FIELDS: readonly RecordField[] = [
  { name: 'left_child', format: '<i8', offset: 0 },
  { name: 'right_child', format: '<i8', offset: 8 },
  { name: 'feature', format: '<i8', offset: 16 },
  { name: 'threshold', format: '<f8', offset: 24 },
  { name: 'impurity', format: '<f8', offset: 32 },
  { name: 'n_node_samples', format: '<i8', offset: 40 },
  { name: 'weighted_n_node_samples', format: '<f8', offset: 48 },
  { name: 'missing_go_to_left', format: '|u1', offset: 56 },
];

/** Bytes around the node arrays, generously, so that the buffer grows at most once. */
const BYTES_PER_TREE = 640;
const BYTES_PER_FILE = 4096;

/**
 * `model.joblib`: a plain pickle of `sklearn.ensemble.IsolationForest` (joblib and pickle both load it). Attributes are
 * the superset that scikit-learn 1.3 to 1.9 (64-byte nodes) or 1.0 to 1.2 (56-byte nodes) need to score. The same
 * input gives the same bytes. About 93 bytes a node.
 *
 * There is no `feature_names_in_`: with it, every prediction on a bare array warns.
 *
 * @throws AppError `internal` when the forest or the offset is not sound; `config_invalid` for an unusable version.
 */
export function encodeIsolationForest(forest: Forest, meta: IsolationForestMeta): Uint8Array {
  const damage = findForestDamage(forest) ?? findMetaDamage(forest, meta);
  if (damage !== undefined) throw new AppError('internal', `The model cannot be written: ${damage}.`);
  return new ModelPickler(forest, meta).write();
}

function findMetaDamage(forest: Forest, meta: IsolationForestMeta): string | undefined {
  if (!Number.isFinite(meta.offset)) return `its offset is ${meta.offset}`;
  if (meta.params.nEstimators !== forest.treeCount) {
    return `it has ${forest.treeCount} trees, its parameters say ${meta.params.nEstimators}`;
  }
  if (!Number.isSafeInteger(meta.nSamples) || meta.nSamples < forest.maxSamples) {
    return `it was trained on ${meta.nSamples} rows, ${forest.maxSamples} per tree`;
  }
  return undefined;
}

type Value = number | string | boolean | null | { readonly float: number } | (() => void);

/** Walks the object graph in a fixed order; keys keep the order in which a file was once accepted by scikit-learn. */
class ModelPickler {
  private readonly layout: SklearnLayout;
  private readonly pickle: PickleWriter;
  private readonly numpy: NumpyPickler;
  private readonly nodeDtype: RecordDtype;
  private readonly depth: Int32Array;
  /** Memo indices of the two objects that several others share. */
  private template = 0;
  private classCounts: number | undefined;

  constructor(
    private readonly forest: Forest,
    private readonly meta: IsolationForestMeta,
  ) {
    this.layout = sklearnLayout(meta.sklearnVersion);
    const { nodeBytes } = this.layout;
    const bytesPerNode = nodeBytes + 3 * 8;
    this.pickle = new PickleWriter(
      BYTES_PER_FILE +
        forest.treeCount * (BYTES_PER_TREE + 8 * forest.maxFeatures) +
        forest.left.length * bytesPerNode,
    );
    this.numpy = new NumpyPickler(this.pickle);
    this.nodeDtype = {
      fields: NODE_FIELDS.filter((field) => field.offset < nodeBytes),
      itemBytes: nodeBytes,
    };
    this.depth = nodeDepths(forest);
  }

  write(): Uint8Array {
    this.pickle.newObject('sklearn.ensemble._iforest', 'IsolationForest');
    this.state([...this.constructorState(), ...this.fittedState()]);
    return this.pickle.finish();
  }

  private constructorState(): [string, Value][] {
    const { params } = this.meta;
    const { maxSamples, maxFeatures, contamination } = params;
    return [
      ['estimator', () => (this.template = this.extraTree([], params.randomState))],
      ['n_estimators', params.nEstimators],
      [
        'estimator_params',
        () => {
          this.pickle.op('emptyTuple');
        },
      ],
      // Versions 1.2 and 1.3 look at it; elsewhere it is an attribute nobody reads.
      ['base_estimator', 'deprecated'],
      ['max_samples', countOrShare(maxSamples)],
      ['max_features', countOrShare(maxFeatures)],
      ['bootstrap', params.bootstrap],
      ['bootstrap_features', false],
      ['oob_score', false],
      ['warm_start', false],
      ['n_jobs', null],
      ['random_state', params.randomState],
      ['verbose', 0],
      ['contamination', contamination === 'auto' ? 'auto' : { float: contamination }],
    ];
  }

  private fittedState(): [string, Value][] {
    const { forest, numpy } = this;
    const { maxSamples, maxFeatures, treeFeatures } = forest;
    return [
      ['n_features_in_', forest.featureCount],
      // Old versions read the first name, 1.3 and later the second.
      ['max_samples_', maxSamples],
      ['_n_samples', this.meta.nSamples],
      [
        this.layout.templateAttribute,
        () => {
          this.pickle.recall(this.template);
        },
      ],
      ['_max_samples', maxSamples],
      ['_max_features', maxFeatures],
      ['_sample_weight', null],
      [
        'estimators_',
        () => {
          this.trees();
        },
      ],
      [
        'estimators_features_',
        () => {
          this.pickle.openList();
          this.eachTree((tree) => {
            numpy.int64(treeFeatures.subarray(tree * maxFeatures, (tree + 1) * maxFeatures));
          });
          this.pickle.op('appends');
        },
      ],
      [
        '_seeds',
        () => {
          numpy.int64(new Int32Array(forest.treeCount).fill(TREE_SEED));
        },
      ],
      [
        '_average_path_length_per_tree',
        () => {
          this.perTree((from, to) => {
            numpy.float64(this.pathLengths(from, to));
          });
        },
      ],
      [
        '_decision_path_lengths',
        () => {
          this.perTree((from, to) => {
            numpy.int64(this.depth.subarray(from, to));
          });
        },
      ],
      ['offset_', { float: this.meta.offset }],
      ['_sklearn_version', this.layout.version],
    ];
  }

  private trees(): void {
    this.pickle.openList();
    this.eachTree((_tree, from, to) => {
      const fitted: [string, Value][] = [
        ['n_features_in_', this.forest.maxFeatures],
        ['n_outputs_', 1],
        ['max_features_', 1],
        [
          'tree_',
          () => {
            this.treeStructure(from, to);
          },
        ],
      ];
      this.extraTree(fitted, TREE_SEED);
    });
    this.pickle.op('appends');
  }

  /** `ExtraTreeRegressor` with the settings an IsolationForest gives its trees; the template has no fitted part. */
  private extraTree(fitted: readonly [string, Value][], randomState: number): number {
    const index = this.pickle.newObject('sklearn.tree._classes', 'ExtraTreeRegressor');
    this.state([
      ['criterion', 'squared_error'],
      ['splitter', 'random'],
      ['max_depth', depthLimit(this.forest.maxSamples)],
      ['min_samples_split', 2],
      ['min_samples_leaf', 1],
      ['min_weight_fraction_leaf', { float: 0 }],
      ['max_features', 1],
      ['max_leaf_nodes', null],
      ['random_state', randomState],
      ['min_impurity_decrease', { float: 0 }],
      ['class_weight', null],
      ['ccp_alpha', { float: 0 }],
      ['monotonic_cst', null],
      ...fitted,
      ['_sklearn_version', this.layout.version],
    ]);
    return index;
  }

  /** `sklearn.tree._tree.Tree(columns, classes, outputs)` and its state. */
  private treeStructure(from: number, to: number): void {
    const { pickle, numpy } = this;
    pickle.global('sklearn.tree._tree', 'Tree');
    pickle.int(this.forest.maxFeatures);
    if (this.classCounts === undefined) this.classCounts = numpy.int64([1]);
    else pickle.recall(this.classCounts);
    pickle.int(1);
    pickle.op('tuple3');
    pickle.op('reduce');
    pickle.memoize();
    this.state([
      ['max_depth', this.deepest(from, to)],
      ['node_count', to - from],
      [
        'nodes',
        () => {
          numpy.records(this.nodeDtype, to - from, (data) => {
            this.fillNodes(data, from, to);
          });
        },
      ],
      // The regressor's means: a forest of isolation trees never looks at them.
      [
        'values',
        () => {
          numpy.zeros([to - from, 1, 1]);
        },
      ],
    ]);
  }

  /** Impurity and `missing_go_to_left` stay zero: not used, and NaN goes right. */
  private fillNodes(data: DataView, from: number, to: number): void {
    const { left, right, feature, threshold, nodeSamples } = this.forest;
    const { nodeBytes } = this.layout;
    for (let node = from, at = 0; node < to; node++, at += nodeBytes) {
      setInt64(data, at, left[node]);
      setInt64(data, at + 8, right[node]);
      setInt64(data, at + 16, feature[node]);
      data.setFloat64(at + 24, threshold[node], true);
      setInt64(data, at + 40, nodeSamples[node]);
      data.setFloat64(at + 48, nodeSamples[node], true);
    }
  }

  /** Actual depth, root = 0. */
  private deepest(from: number, to: number): number {
    let deepest = 0;
    for (let node = from; node < to; node++) deepest = Math.max(deepest, this.depth[node] - 1);
    return deepest;
  }

  /** c(rows) of every node, not only of the leaves. */
  private pathLengths(from: number, to: number): Float64Array {
    const lengths = new Float64Array(to - from);
    for (let node = from; node < to; node++) {
      lengths[node - from] = averagePathLength(this.forest.nodeSamples[node]);
    }
    return lengths;
  }

  /** A tuple with one array a tree. */
  private perTree(write: (from: number, to: number) => void): void {
    this.pickle.op('mark');
    this.eachTree((_tree, from, to) => {
      write(from, to);
    });
    this.pickle.op('tuple');
  }

  private eachTree(visit: (tree: number, from: number, to: number) => void): void {
    const { treeCount, treeStart } = this.forest;
    for (let tree = 0; tree < treeCount; tree++) visit(tree, treeStart[tree], treeStart[tree + 1]);
  }

  /** Gives the object on top of the stack its attributes. */
  private state(attributes: readonly [string, Value][]): void {
    this.pickle.openDict();
    for (const [name, value] of attributes) {
      this.pickle.string(name);
      this.value(value);
    }
    this.pickle.op('setItems');
    this.pickle.op('build');
  }

  private value(value: Value): void {
    const { pickle } = this;
    if (typeof value === 'function') value();
    else if (value === null) pickle.op('none');
    else if (typeof value === 'boolean') pickle.boolean(value);
    else if (typeof value === 'string') pickle.string(value);
    else if (typeof value === 'number') pickle.int(value);
    else pickle.float(value.float);
  }
}

/** scikit-learn tells a number of rows from a share of them by the Python type alone. */
function countOrShare(value: ForestParams['maxSamples'] | ForestParams['maxFeatures']): Value {
  if (value === 'auto') return 'auto';
  if ('share' in value) return { float: value.share };
  return 'rows' in value ? value.rows : value.columns;
}
