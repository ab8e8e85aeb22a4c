import { describe, expect, it } from 'vitest';
import { goldenForest, goldenParams, readGolden } from '../../../../test/support/sklearn-golden.js';
import {
  attributes,
  float64Values,
  int64Values,
  numpyArray,
  type PickledObject,
  PythonFloat,
  unpickle,
} from '../../../../test/support/mini-unpickler.js';
import { AppError } from '../../../shared/errors.js';
import { averagePathLength } from '../../../training/core/forest/average-path-length.js';
import { depthLimit } from '../../../training/core/forest/forest-params.js';
import type { Forest, ForestParams } from '../../../training/core/forest/forest.js';
import { growTrees } from '../../../training/core/forest/grow.js';
import { encodeIsolationForest, type IsolationForestMeta } from './joblib-model.js';
import { encodeStandardScaler, type ScalerState } from './joblib-scaler.js';
import { PickleWriter } from './pickle-writer.js';
import { sklearnLayout } from './sklearn-version.js';

const params: ForestParams = {
  nEstimators: 6,
  maxSamples: { rows: 40 },
  maxFeatures: { share: 0.6 },
  contamination: 0.1,
  bootstrap: false,
  randomState: 4_000_000_000,
};
const rows = 90;
const x = Float32Array.from({ length: rows * 5 }, (_, i) => Math.sin(i * 78.233) * 50);
const forest = growTrees(
  x,
  rows,
  5,
  {
    nEstimators: 6,
    maxSamples: 40,
    maxFeatures: 3,
    maxDepth: depthLimit(40),
    bootstrap: false,
    seed: 9,
    contamination: 0.1,
    warnings: [],
  },
  0,
  6,
);
const meta: IsolationForestMeta = { params, offset: -0.51, nSamples: rows, sklearnVersion: '1.3.0' };

function model(change: Partial<IsolationForestMeta> = {}, of: Forest = forest): Map<string, unknown> {
  return attributes(unpickle(encodeIsolationForest(of, { ...meta, ...change })).value);
}

describe('encodeIsolationForest', () => {
  it('names only the classes and functions that a scanner has to allow', () => {
    expect(unpickle(encodeIsolationForest(forest, meta)).globals).toEqual([
      'sklearn.ensemble._iforest.IsolationForest',
      'sklearn.tree._classes.ExtraTreeRegressor',
      'sklearn.tree._tree.Tree',
      'numpy.core.multiarray._reconstruct',
      'numpy.ndarray',
      'numpy.dtype',
    ]);
  });

  it('keeps the difference between int and float, which scikit-learn checks', () => {
    const state = model();
    expect(state.get('n_estimators')).toBe(6);
    expect(state.get('max_samples')).toBe(40);
    expect(state.get('max_features')).toEqual(new PythonFloat(0.6));
    expect(state.get('contamination')).toEqual(new PythonFloat(0.1));
    expect(state.get('offset_')).toEqual(new PythonFloat(-0.51));
    expect(state.get('random_state')).toBe(4_000_000_000);
    const other = model({
      params: {
        ...params,
        maxSamples: { share: 1 },
        maxFeatures: { columns: 3 },
        contamination: 'auto',
        bootstrap: true,
      },
    });
    expect(other.get('max_samples')).toEqual(new PythonFloat(1));
    expect(other.get('max_features')).toBe(3);
    expect(other.get('contamination')).toBe('auto');
    expect(other.get('bootstrap')).toBe(true);
    expect(model({ params: { ...params, maxSamples: 'auto' } }).get('max_samples')).toBe('auto');
  });

  it('has what every version needs to score, and no feature names', () => {
    const state = model();
    expect([state.get('max_samples_'), state.get('_max_samples'), state.get('_n_samples')]).toEqual([
      40, 40, 90,
    ]);
    expect([state.get('n_features_in_'), state.get('_max_features')]).toEqual([5, 3]);
    expect(state.get('estimator_')).toBe(state.get('estimator'));
    expect(state.get('_sklearn_version')).toBe('1.3.0');
    expect(state.has('feature_names_in_')).toBe(false);
    expect(int64Values(state.get('_seeds'))).toHaveLength(6);
  });

  it.each([
    ['1.0.2', 56, 'base_estimator_'],
    ['1.2.1', 56, '_estimator'],
    ['1.2.2', 56, 'estimator_'],
    ['1.9.1', 64, 'estimator_'],
  ] as const)('holds the trees node for node in the layout of %s', (sklearnVersion, nodeBytes, template) => {
    const state = model({ sklearnVersion });
    expect(state.get(template)).toBe(state.get('estimator'));
    const trees = state.get('estimators_') as unknown[];
    const features = state.get('estimators_features_') as unknown[];
    const lengths = state.get('_average_path_length_per_tree') as unknown[];
    const depths = state.get('_decision_path_lengths') as unknown[];
    expect([trees.length, features.length, lengths.length, depths.length]).toEqual([6, 6, 6, 6]);
    trees.forEach((estimator, t) => {
      const from = forest.treeStart[t];
      const size = forest.treeStart[t + 1] - from;
      expect(attributes(estimator).get('n_features_in_')).toBe(3);
      const tree = attributes(estimator).get('tree_');
      expect((tree as PickledObject).args[0]).toBe(3);
      const treeState = attributes(tree);
      expect(treeState.get('node_count')).toBe(size);
      expect(numpyArray(treeState.get('values')).shape).toEqual([size, 1, 1]);
      const { shape, data, dtype } = numpyArray(treeState.get('nodes'));
      expect(shape).toEqual([size]);
      expect((dtype.args[0] as Map<string, unknown>).get('itemsize')).toBe(nodeBytes);
      const depth = int64Values(depths[t]);
      expect(depth[0]).toBe(1);
      expect(treeState.get('max_depth')).toBe(Math.max(...depth) - 1);
      const length = float64Values(lengths[t]);
      for (let node = 0; node < size; node++) {
        const at = node * nodeBytes;
        const int = (offset: number): number => Number(data.getBigInt64(at + offset, true));
        expect([int(0), int(8), int(16)]).toEqual([
          forest.left[from + node],
          forest.right[from + node],
          forest.feature[from + node],
        ]);
        expect(data.getFloat64(at + 24, true)).toBe(forest.threshold[from + node]);
        expect([int(40), data.getFloat64(at + 48, true)]).toEqual([
          forest.nodeSamples[from + node],
          forest.nodeSamples[from + node],
        ]);
        expect(length[node]).toBe(averagePathLength(forest.nodeSamples[from + node]));
        if (forest.left[from + node] < 0) continue;
        expect(depth[forest.left[from + node]]).toBe(depth[node] + 1);
        expect(depth[forest.right[from + node]]).toBe(depth[node] + 1);
      }
      expect(int64Values(features[t])).toEqual(Array.from(forest.treeFeatures.subarray(3 * t, 3 * t + 3)));
    });
  });

  it('gives the same bytes for the same model', () => {
    expect(encodeIsolationForest(forest, meta)).toEqual(encodeIsolationForest(forest, meta));
  });

  it.each([
    ['an offset that is not a number', { offset: NaN }, 'offset is NaN'],
    ['another number of trees', { params: { ...params, nEstimators: 7 } }, '6 trees'],
    ['fewer rows than a tree took', { nSamples: 39 }, '39 rows'],
  ])('refuses %s', (_what, change, reason) => {
    expect(() => encodeIsolationForest(forest, { ...meta, ...change })).toThrow(AppError);
    expect(() => encodeIsolationForest(forest, { ...meta, ...change })).toThrow(reason);
  });

  it('refuses a threshold that is not a number', () => {
    const threshold = forest.threshold.slice();
    threshold[0] = NaN;
    expect(() => encodeIsolationForest({ ...forest, threshold }, meta)).toThrow('threshold NaN');
  });

  it('reads the golden case back as well', () => {
    const golden = readGolden('subsampled-features');
    const bytes = encodeIsolationForest(goldenForest(golden), {
      params: goldenParams(golden),
      offset: golden.offset,
      nSamples: 120,
      sklearnVersion: '1.3.0',
    });
    expect(attributes(unpickle(bytes).value).get('_max_features')).toBe(golden.maxFeatures);
  });
});

describe('encodeStandardScaler', () => {
  const scaler: ScalerState = {
    mean: Float64Array.from({ length: 12 }, (_, i) => i / 3),
    variance: Float64Array.from({ length: 12 }, (_, i) => i),
    scale: Float64Array.from({ length: 12 }, (_, i) => (i === 0 ? 1 : Math.sqrt(i))),
    samplesSeen: 3000,
  };

  it('takes 625 bytes for 12 features and reads back', () => {
    const bytes = encodeStandardScaler(scaler, '1.3.0');
    expect(bytes.length).toBe(625);
    const { value, globals } = unpickle(bytes);
    expect(globals[0]).toBe('sklearn.preprocessing._data.StandardScaler');
    const state = attributes(value);
    expect(float64Values(state.get('mean_'))).toEqual(Array.from(scaler.mean));
    expect(float64Values(state.get('var_'))).toEqual(Array.from(scaler.variance));
    expect(float64Values(state.get('scale_'))).toEqual(Array.from(scaler.scale));
    expect([state.get('n_features_in_'), state.get('n_samples_seen_')]).toEqual([12, 3000]);
    expect([state.get('with_mean'), state.get('with_std'), state.get('copy')]).toEqual([true, true, true]);
  });

  it.each([
    ['a mean that is not a number', { mean: new Float64Array(12).fill(NaN) }],
    ['an infinite variance', { variance: new Float64Array(12).fill(Infinity) }],
    ['a scale of zero', { scale: new Float64Array(12) }],
    ['lists of different lengths', { scale: new Float64Array(11).fill(1) }],
    ['no rows', { samplesSeen: 0 }],
  ])('refuses %s', (_what, change) => {
    expect(() => encodeStandardScaler({ ...scaler, ...change }, '1.3.0')).toThrow(AppError);
  });
});

describe('sklearnLayout', () => {
  it.each(['0.24.2', '', '1', '1.3.0; import os', 'latest', '1.3.0\n'])("refuses '%s'", (version) => {
    expect(() => sklearnLayout(version)).toThrow(AppError);
  });

  it.each(['1.5.dev0', '1.4.0rc1', '1.6.1.post1', '2.0.0'])(
    'takes %s for a version with 64-byte nodes',
    (version) => {
      expect(sklearnLayout(version).nodeBytes).toBe(64);
    },
  );
});

describe('PickleWriter', () => {
  function written(write: (pickle: PickleWriter) => void): unknown {
    const pickle = new PickleWriter(1);
    write(pickle);
    return unpickle(pickle.finish()).value;
  }

  it.each([
    0,
    1,
    255,
    256,
    65_535,
    65_536,
    -1,
    2 ** 31 - 1,
    2 ** 31,
    2 ** 32,
    -(2 ** 31),
    -(2 ** 31) - 1,
    2 ** 53 - 1,
    -(2 ** 53) + 1,
  ])('writes the int %d', (value) => {
    expect(
      written((pickle) => {
        pickle.int(value);
      }),
    ).toBe(value);
  });

  it('writes floats big-endian', () => {
    const pickle = new PickleWriter();
    pickle.float(0.1);
    expect(Array.from(pickle.finish())).toEqual([
      0x80, 4, 0x47, 0x3f, 0xb9, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a, 0x2e,
    ]);
  });

  it('writes short and long strings and bytes, once', () => {
    const long = 'x'.repeat(300);
    expect(
      written((pickle) => {
        pickle.string(long);
      }),
    ).toBe(long);
    expect(
      written((pickle) => {
        pickle.bytes(256).setUint8(255, 7);
      }),
    ).toEqual(Uint8Array.from({ length: 256 }, (_, i) => (i === 255 ? 7 : 0)));
    const list = written((pickle) => {
      pickle.openList();
      for (let i = 0; i < 600; i++) pickle.string(`name ${i % 300}`);
      pickle.op('appends');
    });
    expect((list as string[])[599]).toBe('name 299');
  });

  it('refuses what Python would read as something else', () => {
    expect(() =>
      written((pickle) => {
        pickle.int(0.5);
      }),
    ).toThrow(RangeError);
    expect(() =>
      written((pickle) => {
        pickle.int(2 ** 53);
      }),
    ).toThrow(RangeError);
    expect(() =>
      written((pickle) => {
        pickle.float(NaN);
      }),
    ).toThrow(RangeError);
    expect(() =>
      written((pickle) => {
        pickle.string('é');
      }),
    ).toThrow(RangeError);
  });
});
