import { describe, expect, it } from 'vitest';
import { AppError } from '../../../shared/errors.js';
import type { Forest } from '../../../training/core/forest/forest.js';
import { buildOnnxModel, type OnnxModelMeta } from './onnx-graph.js';
import type { OnnxAttribute, OnnxModel } from './onnx-model.js';

/** Euler-Mascheroni constant, for c(n) worked out here and not by the code under test. */
const GAMMA = 0.5772156649015329;

/** Tree 0 sees columns 3 and 1 of four, tree 1 columns 0 and 2; the second one is a chain of two splits. */
const forest: Forest = {
  treeCount: 2,
  featureCount: 4,
  maxFeatures: 2,
  maxSamples: 4,
  treeStart: Int32Array.of(0, 3, 8),
  treeFeatures: Int32Array.of(3, 1, 0, 2),
  left: Int32Array.of(1, -1, -1, 1, -1, 3, -1, -1),
  right: Int32Array.of(2, -1, -1, 2, -1, 4, -1, -1),
  feature: Int32Array.of(0, -2, -2, 1, -2, 0, -2, -2),
  threshold: Float64Array.of(0.1, -2, -2, -0.1, -2, 1.5, -2, -2),
  nodeSamples: Int32Array.of(4, 1, 3, 4, 2, 2, 1, 1),
};
const meta: OnnxModelMeta = {
  mean: Float64Array.of(0, 1, 2, 3),
  scale: Float64Array.of(1, 0.5, 4, 1e9),
  offset: -0.5125,
  featureNames: ['a', 'b "quoted"', 'größe', 'd'],
};

function attribute(model: OnnxModel, name: string): OnnxAttribute {
  const ensemble = model.graph.node.find(({ opType }) => opType === 'TreeEnsembleRegressor');
  const found = ensemble?.attribute.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no attribute ${name}`);
  return found;
}

const ints = (name: string, of = forest): number[] =>
  Array.from(attribute(buildOnnxModel(of, meta), name).ints ?? []);

function doubles(rawData: Uint8Array | undefined): number[] {
  if (rawData === undefined) throw new Error('no data');
  const view = new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength);
  return Array.from({ length: rawData.length / 8 }, (_, i) => view.getFloat64(8 * i, true));
}

function constant(model: OnnxModel, name: string): number[] {
  return doubles(model.graph.initializer.find((tensor) => tensor.name === name)?.rawData);
}

describe('buildOnnxModel', () => {
  it('asks for the operator sets and the IR version that every current runtime has', () => {
    const model = buildOnnxModel(forest, meta);
    expect(model.irVersion).toBe(8);
    expect(model.opsetImport).toEqual([
      { domain: '', version: 17 },
      { domain: 'ai.onnx.ml', version: 3 },
    ]);
  });

  it('takes doubles and answers with the names and types of sklearn-onnx', () => {
    const { input, output } = buildOnnxModel(forest, meta).graph;
    const shape = (columns: number) => ({ dim: [{ dimParam: 'N' }, { dimValue: columns }] });
    expect(input.map(({ name, type }) => [name, type.tensorType.elemType, type.tensorType.shape])).toEqual([
      ['features', 11, shape(4)],
    ]);
    expect(output.map(({ name, type }) => [name, type.tensorType.elemType, type.tensorType.shape])).toEqual([
      ['label', 7, shape(1)],
      ['scores', 1, shape(1)],
      ['score_samples', 1, shape(1)],
    ]);
  });

  it('computes every value before it is used, and once', () => {
    const { node, initializer, input, output } = buildOnnxModel(forest, meta).graph;
    const known = new Set([...initializer, ...input].map(({ name }) => name));
    for (const step of node) {
      for (const name of step.input) expect(known).toContain(name);
      for (const name of step.output) {
        expect(known).not.toContain(name);
        known.add(name);
      }
    }
    for (const { name } of output) expect(known).toContain(name);
  });

  it('tells columns, threshold and program, and nothing that differs between two runs', () => {
    const model = buildOnnxModel(forest, { ...meta, producerVersion: '1.2.3' });
    expect(model.metadataProps).toEqual([
      { key: 'feature_names', value: '["a","b \\"quoted\\"","größe","d"]' },
      { key: 'offset', value: '-0.5125' },
    ]);
    expect([model.producerName, model.producerVersion]).toEqual(['mcp-training', '1.2.3']);
    expect(buildOnnxModel(forest, { ...meta, producerVersion: '1.2.3' })).toEqual(model);
  });

  it('scales inside, with the numbers of the scaler', () => {
    const model = buildOnnxModel(forest, meta);
    expect(constant(model, 'mean')).toEqual([0, 1, 2, 3]);
    expect(constant(model, 'scale')).toEqual([1, 0.5, 4, 1e9]);
    expect(constant(model, 'offset')).toEqual([-0.5125]);
  });

  it('splits the columns of the input, not those of the subset of a tree', () => {
    expect(ints('nodes_featureids')).toEqual([3, 0, 0, 2, 0, 0, 0, 0]);
  });

  it('keeps the trees apart and children within their tree', () => {
    expect(ints('nodes_treeids')).toEqual([0, 0, 0, 1, 1, 1, 1, 1]);
    expect(ints('nodes_nodeids')).toEqual([0, 1, 2, 0, 1, 2, 3, 4]);
    expect(ints('nodes_truenodeids')).toEqual([1, 0, 0, 1, 0, 3, 0, 0]);
    expect(ints('nodes_falsenodeids')).toEqual([2, 0, 0, 2, 0, 4, 0, 0]);
    const leaf = 'LEAF';
    const branch = 'BRANCH_LEQ';
    expect(attribute(buildOnnxModel(forest, meta), 'nodes_modes').strings).toEqual([
      branch,
      leaf,
      leaf,
      branch,
      leaf,
      branch,
      leaf,
      leaf,
    ]);
  });

  it('rounds thresholds down to float32, negative ones too', () => {
    const values = attribute(buildOnnxModel(forest, meta), 'nodes_values_as_tensor').t;
    // The float32 neighbours of 0.1 are 0.0999999940 and 0.1000000015; of -0.1 -0.1000000015 and -0.0999999940.
    expect(doubles(values?.rawData)).toEqual([0.09999999403953552, 0, 0, -0.10000000149011612, 0, 1.5, 0, 0]);
  });

  it('weighs a leaf with its depth and c(n), and divides by T c(psi)', () => {
    const model = buildOnnxModel(forest, meta);
    expect(ints('target_treeids')).toEqual([0, 0, 1, 1, 1]);
    expect(ints('target_nodeids')).toEqual([1, 2, 1, 3, 4]);
    expect(ints('target_ids')).toEqual([0, 0, 0, 0, 0]);
    const c3 = 2 * (Math.log(2) + GAMMA) - 4 / 3;
    const weights = doubles(attribute(model, 'target_weights_as_tensor').t?.rawData);
    [1, 1 + c3, 1 + 1, 2, 2].forEach((expected, leaf) => {
      expect(weights[leaf]).toBeCloseTo(expected, 14);
    });
    const c4 = 2 * (Math.log(3) + GAMMA) - 6 / 4;
    expect(constant(model, 'negative_divisor')[0]).toBeCloseTo(-2 * c4, 14);
  });

  it('makes the exponent -1 when trees have one row', () => {
    const stumps: Forest = {
      ...forest,
      maxSamples: 1,
      treeStart: Int32Array.of(0, 1, 2),
      left: Int32Array.of(-1, -1),
      right: Int32Array.of(-1, -1),
      feature: Int32Array.of(-2, -2),
      threshold: Float64Array.of(-2, -2),
      nodeSamples: Int32Array.of(1, 1),
    };
    const model = buildOnnxModel(stumps, meta);
    expect(doubles(attribute(model, 'target_weights_as_tensor').t?.rawData)).toEqual([1, 1]);
    expect(constant(model, 'negative_divisor')).toEqual([-2]);
  });

  it.each<[string, Partial<OnnxModelMeta>, Partial<Forest>]>([
    ['3 names', { featureNames: ['a', 'b', 'c'] }, {}],
    ['3 means', { mean: Float64Array.of(1, 2, 3) }, {}],
    [
      'column 2 has mean 0 and scale 0',
      { mean: new Float64Array(4), scale: Float64Array.of(1, 1, 0, 1) },
      {},
    ],
    ['column 1 has mean NaN', { mean: Float64Array.of(0, NaN, 0, 0) }, {}],
    ['its offset is Infinity', { offset: Infinity }, {}],
    ['splits column 2 of 2', {}, { feature: Int32Array.of(2, -2, -2, 1, -2, 0, -2, -2) }],
  ])('refuses a damaged model: %s', (words, metaChange, forestChange) => {
    const build = () => buildOnnxModel({ ...forest, ...forestChange }, { ...meta, ...metaChange });
    expect(build).toThrow(AppError);
    expect(build).toThrow(words);
  });
});
