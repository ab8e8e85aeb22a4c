import { describe, expect, it } from 'vitest';
import { encodeOnnxModel } from '../../../src/registry/onnx-codec.js';
import type { OnnxModelMeta } from '../../../src/registry/core/formats/onnx-graph.js';
import { createRng, nextFloat } from '../../../src/shared/rng.js';
import { depthLimit } from '../../../src/training/core/forest/forest-params.js';
import type { Forest } from '../../../src/training/core/forest/forest.js';
import { growTrees } from '../../../src/training/core/forest/grow.js';
import { scoreSamples } from '../../../src/training/core/forest/score.js';
import { contaminationOffset } from '../../../src/training/core/threshold.js';
import { GOLDEN_CASES, goldenForest, readGolden } from '../../support/sklearn-golden.js';
import { type OnnxAnswer, runOnnx } from './onnx-session.js';

/** Outputs are float32, and the sum over the trees is rounded to float32 once. */
const TOLERANCE = 1e-6;

/** scores and score_samples to 1e-6; labels wherever the decision is not closer than that to zero. */
function expectAnswer(
  answer: OnnxAnswer,
  expected: { scores: ArrayLike<number>; offset: number; labels: ArrayLike<number> },
): void {
  const { scores, offset, labels } = expected;
  expect(answer.labels).toHaveLength(scores.length);
  let difference = 0;
  const compared: number[] = [];
  for (let row = 0; row < scores.length; row++) {
    const decision = scores[row] - offset;
    difference = Math.max(
      difference,
      Math.abs(answer.scoreSamples[row] - scores[row]),
      Math.abs(answer.scores[row] - decision),
    );
    if (Math.abs(decision) > TOLERANCE) compared.push(row);
  }
  expect(difference).toBeLessThan(TOLERANCE);
  expect(compared.length).toBeGreaterThan(scores.length / 4);
  expect(compared.filter((row) => answer.labels[row] !== labels[row])).toEqual([]);
}

const names = (columns: number): string[] => Array.from({ length: columns }, (_, i) => `f${i}`);

describe.each(GOLDEN_CASES)('onnxruntime on the scikit-learn 1.2.1 case "%s"', (name) => {
  const golden = readGolden(name);
  const columns = golden.scaler.mean.length;
  const model = encodeOnnxModel(goldenForest(golden), {
    mean: Float64Array.from(golden.scaler.mean),
    scale: Float64Array.from(golden.scaler.scale),
    offset: golden.offset,
    featureNames: names(columns),
  });

  it('gets the scores and labels of new, unscaled rows', async () => {
    const answer = await runOnnx(model, Float64Array.from(golden.X.flat()), columns);
    const { score_samples: scores, predict: labels, offset } = golden;
    expectAnswer(answer, { scores, offset, labels });
  });

  it('gets the scores and labels of the training rows', async () => {
    const answer = await runOnnx(model, Float64Array.from(golden.train_X.flat()), columns);
    const { train_score_samples: scores, train_predict: labels, offset } = golden;
    expectAnswer(answer, { scores, offset, labels });
  });
});

/** Columns of very different size; column 1 is constant, column 2 has few values. */
function randomRows(rows: number, columns: number): Float64Array {
  const rng = createRng(rows, columns);
  return Float64Array.from({ length: rows * columns }, (_, i) => {
    const value = nextFloat(rng) + nextFloat(rng) - 1;
    if (i % columns === 1) return 3.5;
    if (i % columns === 2) return Math.round(4 * value);
    return (value + 3) * 10 ** ((i % columns) - 2);
  });
}

interface Shape {
  readonly columns: number;
  readonly trees: number;
  readonly psi: number;
  readonly maxFeatures: number;
  readonly scaled: boolean;
}

/** Grows a forest of our own and scores the rows with our own scorer. */
function growScored(raw: Float64Array, { columns, trees, psi, maxFeatures, scaled }: Shape) {
  const rows = raw.length / columns;
  const mean = new Float64Array(columns);
  const scale = new Float64Array(columns).fill(1);
  if (scaled) {
    mean.forEach((_, c) => (mean[c] = (1 + c) / 3));
    scale.forEach((_, c) => (scale[c] = 10 ** (c - 2) / 3));
  }
  const x = Float32Array.from(raw, (value, i) => (value - mean[i % columns]) / scale[i % columns]);
  const params = {
    nEstimators: trees,
    maxSamples: psi,
    maxFeatures,
    maxDepth: depthLimit(psi),
    bootstrap: false,
    seed: 77,
    contamination: 0.1,
    warnings: [],
  };
  const forest = growTrees(x, rows, columns, params, 0, trees);
  const scores = new Float64Array(rows);
  scoreSamples(forest, x, rows, scores);
  const offset = contaminationOffset(scores, 0.1);
  const meta: OnnxModelMeta = { mean, scale, offset, featureNames: names(columns) };
  return { forest, meta, scores, offset, labels: scores.map((score) => (score - offset < 0 ? -1 : 1)) };
}

describe('onnxruntime on forests of our own', () => {
  const usual: Shape = { columns: 8, trees: 100, psi: 256, maxFeatures: 8, scaled: true };
  it.each<[string, number, Partial<Shape>]>([
    ['100 trees with a scaler', 2000, {}],
    ['columns as they are: mean 0, scale 1', 2000, { scaled: false }],
    ['three of eight columns a tree', 2000, { maxFeatures: 3 }],
    ['all rows in every tree', 600, { psi: 600, trees: 20 }],
    ['one column', 500, { columns: 1, maxFeatures: 1 }],
    ['a single tree', 500, { trees: 1 }],
  ])('%s', async (_name, rows, change) => {
    const shape = { ...usual, ...change };
    const raw = randomRows(rows, shape.columns);
    const expected = growScored(raw, shape);
    const answer = await runOnnx(encodeOnnxModel(expected.forest, expected.meta), raw, shape.columns);
    expectAnswer(answer, expected);
    expect(answer.labels.filter((label) => label === -1).length).toBeLessThan(rows / 2);
  });

  // One row: by definition. Two: every tree is one split, and a path of length 1 over c(2) = 1.
  it.each([
    [1, 1],
    [1, 8],
    [2, 1],
    [2, 8],
  ])('%d row(s) a tree, %d column(s): every score is exactly -0.5', async (psi, columns) => {
    const raw = randomRows(50, columns);
    const { forest, meta } = growScored(raw, {
      columns,
      trees: 7,
      psi,
      maxFeatures: columns,
      scaled: true,
    });
    const model = encodeOnnxModel(forest, { ...meta, offset: -0.5 });
    const answer = await runOnnx(model, raw, columns);
    expect(new Set(answer.scoreSamples)).toEqual(new Set([-0.5]));
    expect(new Set(answer.scores)).toEqual(new Set([0]));
    // A decision of exactly 0 is normal: scikit-learn's `<` is strict.
    expect(new Set(answer.labels)).toEqual(new Set([1]));
  });

  it('rounds scaled values to float32 before it compares, as scikit-learn does', async () => {
    const stump: Forest = {
      treeCount: 1,
      featureCount: 1,
      maxFeatures: 1,
      maxSamples: 2,
      treeStart: Int32Array.of(0, 3),
      treeFeatures: Int32Array.of(0),
      left: Int32Array.of(1, -1, -1),
      right: Int32Array.of(2, -1, -1),
      feature: Int32Array.of(0, -2, -2),
      threshold: Float64Array.of(1 / 3, -2, -2),
      nodeSamples: Int32Array.of(3, 2, 1),
    };
    const meta = { mean: Float64Array.of(0), scale: Float64Array.of(1), offset: -0.4, featureNames: ['a'] };
    // float32 neighbours of 1/3: 0.33333331346 and 0.33333334327. The first value is above the lower one, but rounds
    // to it and goes left (two rows: 1 + c(2) = 2, score -0.25); 1/3 itself rounds up and goes right (score -0.5).
    const answer = await runOnnx(encodeOnnxModel(stump, meta), Float64Array.of(0.33333332, 1 / 3), 1);
    expect(Array.from(answer.scoreSamples)).toEqual([-0.25, -0.5]);
    expect(answer.labels).toEqual([1, -1]);
  });
});
