import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forestKernels } from '../../../../test/support/forest-kernel.js';
import { plantedAnomalies } from '../../../../test/support/planted-anomalies.js';
import {
  GOLDEN_CASES,
  goldenForest,
  readGolden,
  scaledRows,
} from '../../../../test/support/sklearn-golden.js';
import { createRng, nextBelow, nextFloat } from '../../../shared/rng.js';
import type { Forest } from './forest.js';
import { depthLimit, type ResolvedForestParams } from './forest-params.js';
import { growTrees, mergeForests } from './grow.js';
import { ScoreKernel } from './score-kernel.js';
import { layOutForest } from './score-layout.js';
import { scoreSamples } from './score.js';

// One kernel for all tests: what one forest leaves in its memory must not show in the scores of the next.
const newKernel = await forestKernels();
const kernel = new ScoreKernel(newKernel());

function paramsFor(change: Partial<ResolvedForestParams>): ResolvedForestParams {
  const maxSamples = change.maxSamples ?? 256;
  return {
    nEstimators: 10,
    maxFeatures: 1,
    bootstrap: false,
    seed: 3,
    contamination: 'auto',
    warnings: [],
    maxDepth: depthLimit(maxSamples),
    ...change,
    maxSamples,
  };
}

/** Both scores of the rows, which are repeated until there are enough of them for the kernel. */
function bothScores(forest: Forest, values: Float32Array, count: number): [Float64Array, Float64Array] {
  const columns = forest.featureCount;
  const rows = Math.max(count, 32);
  const x = Float32Array.from({ length: rows * columns }, (_, i) => values[i % (count * columns)]);
  const twin = new Float64Array(rows);
  const compiled = new Float64Array(rows);
  scoreSamples(forest, x, rows, twin);
  kernel.scoreSamples(forest, x, rows, compiled);
  return [twin, compiled];
}

function expectSame(forest: Forest, values: Float32Array, rows: number): void {
  const [twin, compiled] = bothScores(forest, values, rows);
  expect(compiled).toEqual(twin);
}

/** Values that hurt: coarse float32 steps, both zeros, equal ones, subnormal ones, the largest ones. */
const value = fc.oneof(
  { weight: 4, arbitrary: fc.float({ min: -10, max: 10, noNaN: true }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(0, -0, 1, 1e9, 1e9 + 64, -1e9, 3.4e38, -3.4e38, 1e-8, 2e-8, 1e-40, -1e-45),
  },
);

const settings = { seed: 20_240_602, numRuns: 150 };

describe('the compiled scorer gives the same doubles', () => {
  it('on forests grown from any values, any share of columns, drawn with or without repeats', () => {
    const grown = fc
      .record({
        rows: fc.integer({ min: 1, max: 90 }),
        columns: fc.integer({ min: 1, max: 7 }),
        trees: fc.integer({ min: 1, max: 9 }),
        seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        bootstrap: fc.boolean(),
      })
      .chain((shape) =>
        fc.record({
          shape: fc.constant(shape),
          maxSamples: fc.integer({ min: 1, max: shape.rows }),
          maxFeatures: fc.integer({ min: 1, max: shape.columns }),
          x: fc
            .array(value, { minLength: shape.rows * shape.columns, maxLength: shape.rows * shape.columns })
            .map((values) => Float32Array.from(values)),
        }),
      );
    fc.assert(
      fc.property(
        grown,
        ({ shape: { rows, columns, trees, seed, bootstrap }, maxSamples, maxFeatures, x }) => {
          const params = paramsFor({ maxSamples, maxFeatures, seed, bootstrap });
          expectSame(growTrees(x, rows, columns, params, 0, trees), x, rows);
        },
      ),
      settings,
    );
  });

  it('on forests with any splits, thresholds that are no float32 numbers and shapes no training would give', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 0, max: 14 }),
        (seed, columns, depth) => {
          const forest = foreignForest(seed, columns, depth);
          const thresholds = Array.from(forest.threshold, Math.fround);
          // Rows made of the thresholds themselves and their neighbours: every comparison is a close one.
          const x = Float32Array.from({ length: 40 * columns }, (_, i) =>
            i % 3 === 0 ? i - 20 : thresholds[(i * 7) % thresholds.length] * (i % 3 === 1 ? 1 : 1 + 2 ** -23),
          ).map((entry) => (Number.isFinite(entry) ? entry : 0));
          expectSame(forest, x, 40);
        },
      ),
      settings,
    );
  });

  it.each(GOLDEN_CASES)('on the scikit-learn case "%s"', (name) => {
    const golden = readGolden(name);
    for (const rows of [golden.X, golden.train_X]) {
      expectSame(goldenForest(golden), scaledRows(rows, golden.scaler), rows.length);
    }
  });

  it.each([31, 32, 33, 511, 512, 513, 700, 1029])('for %d rows, which fill blocks or do not', (rows) => {
    const { x, columns } = plantedAnomalies(4, rows, 5);
    const params = paramsFor({ maxFeatures: 3, maxSamples: 31 });
    expectSame(growTrees(x, rows, columns, params, 0, 6), x, rows);
  });

  it('for a range of rows, and leaves the others alone', () => {
    const { x, rows, columns } = plantedAnomalies(6, 1200, 5);
    const forest = growTrees(x, rows, columns, paramsFor({ maxFeatures: columns }), 0, 7);
    const whole = new Float64Array(rows);
    scoreSamples(forest, x, rows, whole);
    const parts = new Float64Array(rows).fill(7);
    kernel.scoreSamples(forest, x, rows, parts, 100, 713);
    expect([parts[99], parts[713]]).toEqual([7, 7]);
    kernel.scoreSamples(forest, x, rows, parts, 0, 100);
    kernel.scoreSamples(forest, x, rows, parts, 713);
    expect(parts).toEqual(whole);
  });

  it('for a forest so large that it is scored in parts', () => {
    const { x, rows, columns } = plantedAnomalies(7, 700, 4);
    const forest = growTrees(x, rows, columns, paramsFor({ maxFeatures: columns }), 0, 301);
    expect(layOutForest(forest)?.length).toBeGreaterThan(1);
    expectSame(forest, x, rows);
  });

  it('for values of which most lie in one bucket, and one far away', () => {
    const rng = createRng(8);
    const x = Float32Array.from({ length: 600 * 2 }, (_, i) => (i < 4 ? 1e6 * i : nextFloat(rng)));
    expectSame(growTrees(x, 600, 2, paramsFor({ maxFeatures: 2, maxSamples: 200 }), 0, 50), x, 600);
  });

  it('for rows that cannot be told apart', () => {
    const same = new Float32Array(90).fill(3);
    expectSame(growTrees(same, 30, 3, paramsFor({ maxSamples: 30, maxFeatures: 3 }), 0, 4), same, 30);
  });

  it('for many columns', () => {
    const { x, rows, columns } = plantedAnomalies(9, 64, 1001);
    expectSame(growTrees(x, rows, columns, paramsFor({ maxFeatures: 500, maxSamples: 64 }), 0, 9), x, rows);
  });

  it('for trees too deep for it, on their own or among others', () => {
    const { x, rows, columns } = plantedAnomalies(10, 1500, 4);
    const grow = (maxDepth: number) =>
      growTrees(x, rows, columns, paramsFor({ maxFeatures: 4, maxSamples: 1000, maxDepth }), 0, 8);
    expect(layOutForest(grow(8))).not.toBeNull();
    expect(layOutForest(grow(9))).toBeNull();
    expectSame(grow(8), x, rows);
    expectSame(grow(10), x, rows);
    expectSame(mergeForests([grow(3), grow(10), grow(8)]), x, rows);
  });
});

describe('the compiled scorer refuses', () => {
  const { x, rows, columns } = plantedAnomalies(12, 1100, 5);
  const forest = growTrees(x, rows, columns, paramsFor({ maxFeatures: 3 }), 0, 5);

  it.each([NaN, Infinity, -Infinity])('%d in any column and says where', (bad) => {
    for (const at of [0, 700 * columns + 2, rows * columns - 1]) {
      const broken = x.slice();
      broken[at] = bad;
      expect(() => {
        kernel.scoreSamples(forest, broken, rows, new Float64Array(rows));
      }).toThrow(`Row ${Math.floor(at / columns)}, column ${at % columns} is ${bad}`);
    }
    // What the refused block left behind must not be found in the next one.
    expectSame(forest, x, 37);
  });

  it('a matrix or an output that is too short', () => {
    expect(() => {
      kernel.scoreSamples(forest, x, rows + 1, new Float64Array(rows + 1));
    }).toThrow('Cannot score');
    expect(() => {
      kernel.scoreSamples(forest, x, rows, new Float64Array(rows - 1));
    }).toThrow('Cannot score');
  });
});

/** Five trees of arbitrary shape, as a model file of another program may hold them. */
function foreignForest(seed: number, columns: number, maxDepth: number): Forest {
  const rng = createRng(seed);
  const extreme = [0, -0, 1e300, -1e300, 1e-300, -1e-300, 1 / 3, -1 / 3, 3.4e38, 1e9 + 1];
  const trees = Array.from({ length: 5 }, () => {
    const nodes: { left: number; right: number; feature: number; threshold: number; samples: number }[] = [];
    const add = (depth: number): number => {
      const node = { left: -1, right: -1, feature: -2, threshold: -2, samples: 1 + nextBelow(rng, 40) };
      const at = nodes.push(node) - 1;
      if (depth < maxDepth && nextFloat(rng) < 0.75) {
        node.feature = nextBelow(rng, columns);
        node.threshold = nextFloat(rng) < 0.3 ? extreme[nextBelow(rng, 10)] : 20 * nextFloat(rng) - 10;
        node.left = add(depth + 1);
        node.right = add(depth + 1);
      }
      return at;
    };
    add(0);
    return nodes;
  });
  const all = trees.flat();
  const treeStart = new Int32Array(6);
  trees.forEach((nodes, tree) => (treeStart[tree + 1] = treeStart[tree] + nodes.length));
  return {
    treeCount: 5,
    featureCount: columns,
    maxFeatures: columns,
    maxSamples: 1 + nextBelow(rng, 300),
    treeStart,
    treeFeatures: Int32Array.from({ length: 5 * columns }, (_, i) => i % columns),
    left: Int32Array.from(all, (node) => node.left),
    right: Int32Array.from(all, (node) => node.right),
    feature: Int32Array.from(all, (node) => node.feature),
    threshold: Float64Array.from(all, (node) => node.threshold),
    nodeSamples: Int32Array.from(all, (node) => node.samples),
  };
}
