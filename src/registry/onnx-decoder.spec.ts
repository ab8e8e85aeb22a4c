import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { averagingModel } from '../../test/support/averaging-onnx.js';
import { message, number, varint } from '../../test/support/proto-bytes.js';
import { goldenForest, readGolden } from '../../test/support/sklearn-golden.js';
import { createRng, nextFloat } from '../shared/rng.js';
import type { Forest } from '../training/core/forest/forest.js';
import { parseForestParams, resolveForestParams } from '../training/core/forest/forest-params.js';
import { growTrees } from '../training/core/forest/grow.js';
import { scoreSamples } from '../training/core/forest/score.js';
import { buildOnnxModel, type OnnxModelMeta } from './core/formats/onnx-graph.js';
import type { OnnxAttribute, OnnxModel, OnnxNode } from './core/formats/onnx-model.js';
import { encodeOnnxModel, onnxModelType } from './onnx-codec.js';
import { decodeOnnxModel } from './onnx-decoder.js';

/** Two small trees on three columns; the second one is a chain. */
const small: Forest = {
  treeCount: 2,
  featureCount: 3,
  maxFeatures: 3,
  maxSamples: 4,
  treeStart: Int32Array.of(0, 3, 8),
  treeFeatures: Int32Array.of(0, 1, 2, 0, 1, 2),
  left: Int32Array.of(1, -1, -1, 1, -1, 3, -1, -1),
  right: Int32Array.of(2, -1, -1, 2, -1, 4, -1, -1),
  feature: Int32Array.of(2, -2, -2, 1, -2, 0, -2, -2),
  threshold: Float64Array.of(0.5, -2, -2, -0.25, -2, 1.5, -2, -2),
  nodeSamples: Int32Array.of(4, 1, 3, 4, 2, 2, 1, 1),
};
const meta: OnnxModelMeta = {
  mean: Float64Array.of(0, 1, 2),
  scale: Float64Array.of(1, 0.5, 4),
  offset: -0.5125,
  featureNames: ['a', 'b "quoted"', 'größe'],
  producerVersion: '0.1.0',
};

function grown(params: Parameters<typeof parseForestParams>[0], rows = 400, columns = 6): Forest {
  const rng = createRng(11, 3);
  const x = Float32Array.from({ length: rows * columns }, () => Math.floor(40 * nextFloat(rng)) / 8);
  const resolved = resolveForestParams(parseForestParams(params), rows, columns);
  return growTrees(x, rows, columns, resolved, 0, resolved.nEstimators);
}

const PARAMS = {
  n_estimators: 20,
  max_samples: 'auto',
  contamination: 'auto',
  max_features: 1,
  bootstrap: false,
  random_state: 4,
} as const;

const metaFor = (columns: number): OnnxModelMeta => ({
  mean: Float64Array.from({ length: columns }, (_, i) => i / 3),
  scale: Float64Array.from({ length: columns }, (_, i) => 1 + i / 7),
  offset: -0.55,
  featureNames: Array.from({ length: columns }, (_, i) => `f${i}`),
});

const bytesAgain = (bytes: Uint8Array): Uint8Array => {
  const decoded = decodeOnnxModel(bytes);
  return encodeOnnxModel(decoded.forest, { ...decoded.meta, featureNames: decoded.meta.featureNames ?? [] });
};

describe('decodeOnnxModel on files of ours', () => {
  it.each([
    ['all rows and columns', grown(PARAMS)],
    ['trees on some of the columns', grown({ ...PARAMS, max_features: 0.5 })],
    ['bootstrapped trees of two rows', grown({ ...PARAMS, max_samples: 2, bootstrap: true })],
    ['one tree', grown({ ...PARAMS, n_estimators: 1, max_samples: 300 })],
    ['trees of one row', grown({ ...PARAMS, max_samples: 0.0025 })],
  ])('gives back what makes the same bytes: %s', (_, forest) => {
    const bytes = encodeOnnxModel(forest, metaFor(6));
    expect(Buffer.compare(bytesAgain(bytes), bytes)).toBe(0);
  });

  it('gives back the file that onnxruntime has accepted', () => {
    const accepted = readFileSync(
      new URL('../../test/golden/onnx/subsampled-features.onnx', import.meta.url),
    );
    expect(Buffer.compare(bytesAgain(accepted), accepted)).toBe(0);
  });

  it('scores scikit-learn’s rows as scikit-learn does', () => {
    const golden = readGolden('subsampled-features');
    const { forest } = decodeOnnxModel(
      readFileSync(new URL('../../test/golden/onnx/subsampled-features.onnx', import.meta.url)),
    );
    expect(forest.treeCount).toBe(goldenForest(golden).treeCount);
    const rows = golden.X.length;
    const { mean, scale } = golden.scaler;
    const scaled = Float32Array.from(golden.X.flatMap((row) => row.map((x, i) => (x - mean[i]) / scale[i])));
    const scores = new Float64Array(rows);
    scoreSamples(forest, scaled, rows, scores);
    golden.score_samples.forEach((score, row) => {
      expect(scores[row]).toBeCloseTo(score, 12);
    });
  });

  it('recovers names, scaler, threshold and the rows of every node', () => {
    const { forest, meta: read } = decodeOnnxModel(encodeOnnxModel(small, meta));
    expect(forest).toEqual(small);
    expect(read).toEqual(meta);
  });

  it('refuses a file that is cut off, or reads one without names where only they were cut', () => {
    const bytes = encodeOnnxModel(small, meta);
    let withoutNames = 0;
    for (let length = 0; length < bytes.length; length++) {
      try {
        // A message may end at any border of its fields: the metadata comes last and is not needed to score.
        expect(decodeOnnxModel(bytes.subarray(0, length)).forest).toEqual(small);
        withoutNames++;
      } catch (error) {
        expect(error, `${length} bytes`).toMatchObject({ code: 'validation_failed' });
      }
    }
    expect(withoutNames).toBeLessThanOrEqual(2);
  });

  it('never does anything but refuse or decode, whichever byte is changed', () => {
    const bytes = encodeOnnxModel(small, meta);
    for (let at = 0; at < bytes.length; at++) {
      for (const flip of [at % 2 === 0 ? 0x80 : 0x01]) {
        const changed = Uint8Array.from(bytes);
        changed[at] ^= flip;
        try {
          const { forest } = decodeOnnxModel(changed);
          scoreSamples(forest, new Float32Array(forest.featureCount), 1, new Float64Array(1));
        } catch (error) {
          expect(error, `byte ${at} ^ ${flip}`).toMatchObject({ code: 'validation_failed' });
        }
      }
    }
  });
});

/** c(100), worked out here: 2 (ln 99 + gamma) - 2 x 99 / 100. */
const C_OF_100 = 2 * (Math.log(99) + 0.5772156649015329) - 1.98;

type Ensemble = Record<string, OnnxAttribute | undefined>;

/** The small model with one thing changed, as a file. */
function changed(
  change: (model: OnnxModel & { graph: { node: OnnxNode[] } }, ensemble: Ensemble) => void,
): Uint8Array {
  const model = structuredClone(buildOnnxModel(small, meta)) as OnnxModel & { graph: { node: OnnxNode[] } };
  const node = model.graph.node.find(({ opType }) => opType === 'TreeEnsembleRegressor');
  change(model, Object.fromEntries((node?.attribute ?? []).map((entry) => [entry.name, entry])));
  return onnxModelType.encode(model).finish();
}

const setInt =
  (list: string, index: number, value: number) =>
  (_: OnnxModel, ensemble: Ensemble): void => {
    ensemble[list]!.ints![index] = value;
  };

const setDouble =
  (list: string, index: number, value: number) =>
  (_: OnnxModel, ensemble: Ensemble): void => {
    const { rawData } = ensemble[list]!.t!;
    new DataView(rawData.buffer, rawData.byteOffset).setFloat64(8 * index, value, true);
  };

const rename =
  (output: string, change: Partial<OnnxNode>) =>
  (model: { graph: { node: OnnxNode[] } }): void => {
    const { node } = model.graph;
    const at = node.findIndex((entry) => entry.output[0] === output);
    node[at] = { ...node[at], ...change };
  };

describe('decodeOnnxModel on hostile files', () => {
  it.each<[string, Uint8Array, RegExp]>([
    [
      'a child that leads back',
      changed(setInt('nodes_truenodeids', 5, 0)),
      /node 2 of tree 1 has the child 0/,
    ],
    ['a node that is its own child', changed(setInt('nodes_falsenodeids', 0, 0)), /has the child 0/],
    [
      'a child beyond the tree',
      changed(setInt('nodes_falsenodeids', 0, 3)),
      /has the child 3, expected 1 to 2/,
    ],
    ['a negative child', changed(setInt('nodes_truenodeids', 0, -1)), /has the child -1/],
    [
      'a node with two parents',
      changed(setInt('nodes_falsenodeids', 3, 1)),
      /node 1 of tree 1 has two parents/,
    ],
    ['a column that is not there', changed(setInt('nodes_featureids', 0, 9999)), /splits column 9999/],
    ['node ids out of order', changed(setInt('nodes_nodeids', 1, 2)), /is node 2 of tree 0, expected 1/],
    [
      'a tree id of a billion',
      changed(setInt('nodes_treeids', 7, 1_000_000_000)),
      /belongs to tree 1000000000/,
    ],
    ['a threshold that is no number', changed(setDouble('nodes_values_as_tensor', 0, NaN)), /threshold NaN/],
    [
      'an infinite threshold',
      changed(setDouble('nodes_values_as_tensor', 0, Infinity)),
      /threshold Infinity/,
    ],
    [
      'a threshold beyond float32',
      changed(setDouble('nodes_values_as_tensor', 0, 1e300)),
      /threshold 1e\+300/,
    ],
    ['a weight that is no number', changed(setDouble('target_weights_as_tensor', 0, NaN)), /the weight NaN/],
    [
      'a weight above its depth',
      changed(setDouble('target_weights_as_tensor', 0, 0.5)),
      /is not its depth 1 plus/,
    ],
    [
      'a weight of no whole number',
      changed(setDouble('target_weights_as_tensor', 1, 2.1)),
      /whole number of rows/,
    ],
    [
      'more rows than psi',
      changed(setDouble('target_weights_as_tensor', 1, 1 + C_OF_100)),
      /holds \d+ rows, its divisor says 4/,
    ],
    ['a leaf without a weight', changed(setInt('target_nodeids', 0, 2)), /votes twice/],
    ['a weight of an inner node', changed(setInt('target_nodeids', 0, 0)), /is no leaf/],
    ['a weight of no tree', changed(setInt('target_treeids', 0, -5)), /is no leaf/],
    ['a second target', changed(setInt('target_ids', 0, 1)), /another target/],
    ['missing values to the left', changed(setInt('nodes_missing_value_tracks_true', 0, 1)), /missing value/],
    [
      'an operator of no forest',
      changed(rename('decision', { opType: 'Tanh' })),
      /the operator Tanh\(score, constant\)/,
    ],
    ['an operator of another domain', changed(rename('decision', { domain: 'com.evil' })), /com\.evil\.Sub/],
    ['an operator that loops', changed(rename('is_anomaly', { opType: 'Loop' })), /the operator Loop\(/],
    ['a graph that feeds itself', changed(rename('centred', { input: ['score', 'mean'] })), /used before/],
    [
      'a name computed twice',
      changed(rename('score', { output: ['decision'] })),
      /"decision" is (computed twice|used)/,
    ],
    [
      'rows that skip the rounding',
      changed(rename('path_length_sum', { input: ['scaled'] })),
      /rounded to float32/,
    ],
    [
      'a base other than two',
      changed(rename('anomaly_score', { input: ['offset', 'exponent'] })),
      /operator Pow/,
    ],
  ])('refuses %s', (_, bytes, words) => {
    expect(() => decodeOnnxModel(bytes)).toThrow(words);
    expect(() => decodeOnnxModel(bytes)).toThrow(
      expect.objectContaining({ code: 'validation_failed' }) as Error,
    );
  });

  const tensor = (...fields: Buffer[]): Uint8Array => message(7, message(5, message(8, 'mean'), ...fields));

  it.each<[string, Uint8Array, RegExp]>([
    [
      'external data',
      tensor(message(13, message(1, 'location'), message(2, '../../../../etc/passwd')), number(14, 1)),
      /lies in another file/,
    ],
    ['external data that only the location says', tensor(number(14, 1)), /lies in another file/],
    [
      'a list of a billion that is not there',
      message(
        7,
        message(
          1,
          message(5, message(1, 'nodes_treeids'), Buffer.concat([varint(8 * 8 + 2), varint(1_000_000_000)])),
        ),
      ),
      /announces 1000000000 bytes/,
    ],
    ['a length beyond 64 bit', Buffer.concat([varint(7 * 8 + 2), varint(-1)]), /announces -1 bytes/],
    ['a number that never ends', Buffer.alloc(40, 0xff), /more than 10 bytes/],
    [
      'a subgraph',
      message(7, message(1, message(4, 'If'), message(5, message(1, 'then_branch'), message(6)))),
      /holds a subgraph/,
    ],
    ['a function of its own', message(25, message(1, 'f')), /functions of its own/],
    ['a training graph', message(20), /training graph/],
    [
      'a thousand operators',
      message(7, ...Array.from({ length: 1000 }, () => message(1, message(4, 'Neg')))),
      /more than 128 parts/,
    ],
    ['no graph', number(1, 8), /has no graph/],
    ['a pickle', Buffer.from('\x80\x04\x95\x1c\x00\x00\x00\x00\x00\x00\x00', 'latin1'), /refused/],
    ['a web page', Buffer.from('<script>alert(1)</script>'), /not ONNX/],
  ])('refuses %s', (_, bytes, words) => {
    expect(() => decodeOnnxModel(bytes)).toThrow(words);
    expect(() => decodeOnnxModel(bytes)).toThrow(
      expect.objectContaining({ code: 'validation_failed' }) as Error,
    );
  });

  it('refuses a shape of a billion without making room for it', () => {
    const bytes = changed((model) => {
      Object.assign(model.graph.initializer[0], { dims: [1_000_000_000] });
    });
    const before = process.memoryUsage().rss;
    expect(() => decodeOnnxModel(bytes)).toThrow(/shape \[1000000000\], but 3 numbers/);
    expect(process.memoryUsage().rss - before).toBeLessThan(50e6);
  });

  it('refuses more nodes than it has room for', () => {
    const ids = Buffer.concat([message(1, 'nodes_treeids'), message(8, Buffer.alloc(6_000_000))]);
    const bytes = message(7, message(1, message(4, 'TreeEnsembleRegressor'), message(5, ids)));
    expect(() => decodeOnnxModel(bytes)).toThrow(/more than 5000000 entries/);
  });
});

describe('decodeOnnxModel on a graph that averages', () => {
  const { forest, meta: read } = decodeOnnxModel(averagingModel(0.5));

  it('reads the same forest', () => {
    expect(forest).toMatchObject({ treeCount: 2, featureCount: 2, maxSamples: 8 });
    expect(Array.from(forest.nodeSamples)).toEqual([8, 1, 7, 8, 2, 6]);
    expect(read.featureNames).toBeNull();
    expect([...read.mean, ...read.scale]).toEqual([0, 0, 1, 1]);
  });

  it('sends a value that equals the threshold to the right, as "<" does', () => {
    // 0.5 is not < 0.5; the float32 below 0.5 is.
    const below = 0.5 - 2 ** -25;
    expect(forest.threshold[0]).toBe(below);
    expect(forest.threshold[3]).toBe(Math.fround(-2 - 2 ** -22));
  });

  it('flags a score that equals the threshold, as "not less" does', () => {
    expect(read.offset).toBeGreaterThan(-0.5);
    expect(-0.5 - read.offset).toBeLessThan(0);
    expect(read.offset + 0.5).toBeLessThan(1e-15);
  });

  it('can be written as a graph of ours', () => {
    const bytes = encodeOnnxModel(forest, { ...read, featureNames: ['a', 'b'] });
    expect(decodeOnnxModel(bytes).forest).toEqual(forest);
  });
});
