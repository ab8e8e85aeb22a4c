import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../shared/errors.js';
import { encodeForest } from './codec.js';
import { depthLimit, type ResolvedForestParams } from './forest-params.js';
import type { Forest } from './forest.js';
import { growTrees, mergeForests } from './grow.js';
import { nodeDepths, scoreSamples } from './score.js';
import { findForestDamage } from './validate-forest.js';

function paramsFor(change: Partial<ResolvedForestParams>): ResolvedForestParams {
  const maxSamples = change.maxSamples ?? 64;
  return {
    nEstimators: 10,
    maxFeatures: 4,
    bootstrap: false,
    seed: 42,
    contamination: 'auto',
    warnings: [],
    ...change,
    maxSamples,
    maxDepth: depthLimit(maxSamples),
  };
}

/** Values that hurt: large ones with coarse float32 steps, both zeros, equal ones, ones closer than 1e-7. */
const value = fc.oneof(
  { weight: 4, arbitrary: fc.float({ min: -10, max: 10, noNaN: true }) },
  { weight: 2, arbitrary: fc.constantFrom(0, -0, 1, 1e9, 1e9 + 64, -1e9, 3e38, -3e38, 1e-8, 2e-8, 1e-40) },
);

const grown = fc
  .record({
    rows: fc.integer({ min: 1, max: 70 }),
    columns: fc.integer({ min: 1, max: 6 }),
    seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    bootstrap: fc.boolean(),
  })
  .chain(({ rows, columns, seed, bootstrap }) =>
    fc.record({
      rows: fc.constant(rows),
      columns: fc.constant(columns),
      seed: fc.constant(seed),
      bootstrap: fc.constant(bootstrap),
      maxSamples: fc.oneof(fc.constantFrom(1, Math.min(2, rows), rows), fc.integer({ min: 1, max: rows })),
      maxFeatures: fc.oneof(fc.constant(columns), fc.integer({ min: 1, max: columns })),
      x: fc
        .array(value, { minLength: rows * columns, maxLength: rows * columns })
        .map((values) => Float32Array.from(values)),
    }),
  )
  .map((drawn) => ({
    ...drawn,
    forest: growTrees(drawn.x, drawn.rows, drawn.columns, paramsFor(drawn), 0, 5),
  }));

const settings = { seed: 20_240_601, numRuns: 300 };

/** For every node of a tree, how many of the rows pass through it: an independent walk. */
function countRows(forest: Forest, tree: number, x: Float32Array, rows: number): number[] {
  const root = forest.treeStart[tree];
  const counts = new Array<number>(forest.treeStart[tree + 1] - root).fill(0);
  for (let row = 0; row < rows; row++) {
    for (let node = 0; ;) {
      counts[node]++;
      const feature = forest.feature[root + node];
      if (feature < 0) break;
      const column = forest.treeFeatures[tree * forest.maxFeatures + feature];
      const goesLeft = x[row * forest.featureCount + column] <= forest.threshold[root + node];
      node = goesLeft ? forest.left[root + node] : forest.right[root + node];
    }
  }
  return counts;
}

describe('a grown forest', () => {
  it('is sound, numbered depth first and no deeper than allowed, on any data', () => {
    fc.assert(
      fc.property(grown, ({ forest, maxSamples, bootstrap }) => {
        expect(findForestDamage(forest)).toBeUndefined();
        const depth = nodeDepths(forest);
        for (let tree = 0; tree < forest.treeCount; tree++) {
          const root = forest.treeStart[tree];
          if (bootstrap) expect(forest.nodeSamples[root]).toBeLessThanOrEqual(maxSamples);
          else expect(forest.nodeSamples[root]).toBe(maxSamples);
          for (let at = root; at < forest.treeStart[tree + 1]; at++) {
            expect(depth[at] - 1).toBeLessThanOrEqual(depthLimit(maxSamples));
            if (forest.left[at] < 0) continue;
            expect(forest.left[at]).toBe(at - root + 1);
            expect(Math.fround(forest.threshold[at])).toBe(forest.threshold[at]);
            expect(Object.is(forest.threshold[at], -0)).toBe(false);
            const [left, right] = [root + forest.left[at], root + forest.right[at]];
            expect(forest.nodeSamples[left] + forest.nodeSamples[right]).toBe(forest.nodeSamples[at]);
          }
        }
      }),
      settings,
    );
  });

  it('counts exactly the rows that its own splits send to each node', () => {
    fc.assert(
      fc.property(grown, ({ forest, maxSamples, rows, bootstrap, x }) => {
        fc.pre(maxSamples === rows && !bootstrap);
        for (let tree = 0; tree < forest.treeCount; tree++) {
          const samples = forest.nodeSamples.subarray(forest.treeStart[tree], forest.treeStart[tree + 1]);
          expect(countRows(forest, tree, x, rows)).toEqual(Array.from(samples));
        }
      }),
      settings,
    );
  });

  it('gives every row a score between -1 and 0', () => {
    fc.assert(
      fc.property(grown, ({ forest, rows, x }) => {
        const scores = new Float64Array(rows);
        scoreSamples(forest, x, rows, scores);
        for (const score of scores) {
          expect(score).toBeGreaterThanOrEqual(-1);
          expect(score).toBeLessThan(0);
        }
      }),
      settings,
    );
  });

  it('is the same for any split of the trees over threads, byte for byte', () => {
    fc.assert(
      fc.property(grown, fc.integer({ min: 0, max: 5 }), (drawn, cut) => {
        const params = paramsFor(drawn);
        const block = (from: number, to: number) =>
          growTrees(drawn.x, drawn.rows, drawn.columns, params, from, to);
        const merged = mergeForests([block(0, cut), block(cut, 5)]);
        expect(encodeForest(merged)).toEqual(encodeForest(drawn.forest));
      }),
      { ...settings, numRuns: 60 },
    );
  });

  it('does not depend on which of the two zeros a value is', () => {
    const zeros = Float32Array.from({ length: 40 }, (_, i) => (i % 3 === 0 ? 1 + i : i % 2 === 0 ? 0 : -0));
    const params = paramsFor({ maxSamples: 20, maxFeatures: 2 });
    const positive = zeros.map((entry) => entry + 0);
    expect(encodeForest(growTrees(zeros, 20, 2, params, 0, 10))).toEqual(
      encodeForest(growTrees(positive, 20, 2, params, 0, 10)),
    );
  });
});

describe('growTrees', () => {
  const rows = 200;
  const x = Float32Array.from({ length: rows * 4 }, (_, i) =>
    i % 4 === 2 ? 7 : Math.sin(i * 12.9898) * 1000,
  );

  it('never splits a constant column', () => {
    const forest = growTrees(x, rows, 4, paramsFor({ nEstimators: 50 }), 0, 50);
    expect(forest.feature.includes(2)).toBe(false);
    expect([0, 1, 3].every((column) => forest.feature.includes(column))).toBe(true);
  });

  it('splits the columns that vary equally often at the root', () => {
    const trees = 3000;
    const forest = growTrees(x, rows, 4, paramsFor({ maxSamples: 8 }), 0, trees);
    const counts = [0, 0, 0, 0];
    for (let tree = 0; tree < trees; tree++) counts[forest.feature[forest.treeStart[tree]]]++;
    // 1000 expected, standard deviation 26.
    for (const column of [0, 1, 3]) expect(Math.abs(counts[column] - 1000)).toBeLessThan(110);
  });

  it('draws thresholds uniformly between the smallest and the largest value', () => {
    const trees = 4000;
    const line = Float32Array.of(0, 1);
    const forest = growTrees(line, 2, 1, paramsFor({ maxSamples: 2, maxFeatures: 1 }), 0, trees);
    const roots = Array.from({ length: trees }, (_, tree) => forest.threshold[forest.treeStart[tree]]).sort();
    const distance = Math.max(...roots.map((threshold, i) => Math.abs(threshold - (i + 0.5) / trees)));
    // Kolmogorov-Smirnov: 1.95 / sqrt(4000) is exceeded once in a thousand.
    expect(distance).toBeLessThan(0.031);
  });

  it('leaves one leaf when all rows are equal', () => {
    const same = new Float32Array(30).fill(3);
    const forest = growTrees(same, 10, 3, paramsFor({ maxSamples: 10, maxFeatures: 3 }), 0, 4);
    expect(Array.from(forest.nodeSamples)).toEqual([10, 10, 10, 10]);
  });

  it('uses different rows and columns in every tree', () => {
    const forest = growTrees(x, rows, 4, paramsFor({ maxFeatures: 2, maxSamples: 50 }), 0, 40);
    const subsets = new Set(
      Array.from({ length: 40 }, (_, t) => forest.treeFeatures.subarray(2 * t, 2 * t + 2).join()),
    );
    expect(subsets.size).toBeGreaterThan(6);
    const roots = new Set(Array.from({ length: 40 }, (_, t) => forest.threshold[forest.treeStart[t]]));
    expect(roots.size).toBeGreaterThan(30);
  });

  it('counts a row that a bootstrap drew twice once, as scikit-learn does', () => {
    const forest = growTrees(x, rows, 4, paramsFor({ maxSamples: rows, bootstrap: true }), 0, 50);
    const distinct = Array.from({ length: 50 }, (_, t) => forest.nodeSamples[forest.treeStart[t]]);
    const average = distinct.reduce((sum, count) => sum + count, 0) / 50;
    // n (1 - (1 - 1/n)^n) = 126.6 rows are expected; standard deviation of this average 0.6.
    expect(Math.abs(average - 126.6)).toBeLessThan(3);
  });

  it.each([true, false])('refuses a value that is not a number and says where (all rows: %s)', (all) => {
    const broken = x.slice();
    broken[4 * 17 + 3] = NaN;
    const params = paramsFor({ maxSamples: all ? rows : rows - 1, nEstimators: 30 });
    expect(() => growTrees(broken, rows, 4, params, 0, 30)).toThrow(AppError);
    expect(() => growTrees(broken, rows, 4, params, 0, 30)).toThrow('Training row 17, column 3 is NaN');
  });
});
