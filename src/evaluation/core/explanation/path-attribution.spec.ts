import { describe, expect, it } from 'vitest';
import { forestOf } from '../../../../test/support/hand-written-forest.js';
import { plantedAnomalies } from '../../../../test/support/planted-anomalies.js';
import {
  GOLDEN_CASES,
  goldenForest,
  readGolden,
  scaledRows,
} from '../../../../test/support/sklearn-golden.js';
import { createRng, nextFloat } from '../../../shared/rng.js';
import { averagePathLength } from '../../../training/core/forest/average-path-length.js';
import { parseForestParams, resolveForestParams } from '../../../training/core/forest/forest-params.js';
import type { Forest } from '../../../training/core/forest/forest.js';
import { growTrees } from '../../../training/core/forest/grow.js';
import { scoreSamples } from '../../../training/core/forest/score.js';
import { explainRow, explainRows } from './path-attribution.js';

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

/** The definition: what a tree is expected to answer when only the columns of `known` (a bit set) are known. */
function value(forest: Forest, row: Float32Array, known: number): number {
  const { treeStart, left, right, feature, treeFeatures, maxFeatures, threshold, nodeSamples } = forest;
  let total = 0;
  for (let tree = 0; tree < forest.treeCount; tree++) {
    const walk = (node: number, depth: number): number => {
      const at = treeStart[tree] + node;
      if (left[at] < 0) return depth + averagePathLength(nodeSamples[at]);
      const column = treeFeatures[tree * maxFeatures + feature[at]];
      if ((known >> column) & 1) return walk(row[column] <= threshold[at] ? left[at] : right[at], depth + 1);
      const share = (child: number): number => nodeSamples[treeStart[tree] + child] / nodeSamples[at];
      return share(left[at]) * walk(left[at], depth + 1) + share(right[at]) * walk(right[at], depth + 1);
    };
    total += walk(0, 0);
  }
  return total / forest.treeCount;
}

/** Shapley's formula over all subsets of the columns. */
function shapley(forest: Forest, row: Float32Array): number[] {
  const n = forest.featureCount;
  const values = Array.from({ length: 2 ** n }, (_, known) => value(forest, row, known));
  const factorial = (k: number): number => (k <= 1 ? 1 : k * factorial(k - 1));
  const bits = (set: number): number => set.toString(2).replaceAll('0', '').length;
  return Array.from({ length: n }, (_, i) =>
    values.reduce((total, without, known) => {
      if ((known >> i) & 1) return total;
      const size = bits(known);
      const weight = (factorial(size) * factorial(n - size - 1)) / factorial(n);
      return total + weight * (values[known | (1 << i)] - without);
    }, 0),
  );
}

function grow(x: Float32Array, rows: number, columns: number, change: object = {}): Forest {
  const plain = {
    n_estimators: 100,
    max_samples: 'auto' as const,
    max_features: 1,
    contamination: 'auto' as const,
    bootstrap: false,
    random_state: 5,
    ...change,
  };
  const params = resolveForestParams(parseForestParams(plain), rows, columns);
  return growTrees(x, rows, columns, params, 0, params.nEstimators);
}

/** Some columns of few values, one constant. */
function randomRows(rows: number, columns: number, seed: number): Float32Array {
  const rng = createRng(seed);
  return Float32Array.from({ length: rows * columns }, (_, i) => {
    const value = nextFloat(rng) * nextFloat(rng);
    if (i % columns === 1) return 3.5;
    return i % columns === 2 ? Math.round(value * 3) : value;
  });
}

describe('the attribution of one tree, by hand', () => {
  // x0 <= 0: one row of four, alone at depth 1. Else x1 <= 5: one row alone at depth 2, or two rows (c(2) = 1) there.
  const tree = [[1, 2, 0, 0, 4], [1], [3, 4, 1, 5, 3], [1], [2]];
  const forest = forestOf(3, 4, [tree]);
  // E = 1/4 x 1 + 1/4 x 2 + 1/2 x 3 = 9/4.

  it('gives a split to its column alone when the other never matters', () => {
    // v({0}) = 1, v({1}) = 1/4 + 3/4 x 2 = 7/4 (x1 = 1 goes left), v({0, 1}) = 1.
    const { expectedPathLength, pathLength, contributions } = explainRow(forest, Float32Array.of(-1, 1, 0));
    expect(expectedPathLength).toBeCloseTo(9 / 4, 14);
    expect(pathLength).toBe(1);
    // phi_0 = ((1 - 9/4) + (1 - 7/4)) / 2 = -1, phi_1 = ((7/4 - 9/4) + 0) / 2 = -1/4.
    expect(contributions[0]).toBeCloseTo(-1, 14);
    expect(contributions[1]).toBeCloseTo(-1 / 4, 14);
    expect(contributions[2]).toBe(0);
  });

  it('shares what two columns do together', () => {
    // v({0}) = 1/3 x 2 + 2/3 x 3 = 8/3, v({1}) = 1/4 + 3/4 x 3 = 5/2, v({0, 1}) = 3.
    const { pathLength, contributions } = explainRow(forest, Float32Array.of(2, 6, 0));
    expect(pathLength).toBe(3);
    // phi_0 = ((8/3 - 9/4) + (3 - 5/2)) / 2 = 11/24, phi_1 = ((5/2 - 9/4) + (3 - 8/3)) / 2 = 7/24.
    expect(contributions[0]).toBeCloseTo(11 / 24, 14);
    expect(contributions[1]).toBeCloseTo(7 / 24, 14);
  });

  it('counts a column once that splits a path twice', () => {
    // x0 <= 0, then x0 <= 1 on the right: only x0 decides, so phi_0 = h - E; x1 stands below and never changes a thing.
    const twice = forestOf(2, 8, [[[1, 2, 0, 0, 8], [2], [3, 4, 0, 1, 6], [1], [5, 6, 1, 3, 5], [4], [1]]]);
    for (const row of [Float32Array.of(-1, 9), Float32Array.of(0.5, 9)]) {
      const { expectedPathLength, pathLength, contributions } = explainRow(twice, row);
      const brute = shapley(twice, row);
      expect(contributions[0]).toBeCloseTo(brute[0], 13);
      expect(contributions[1]).toBeCloseTo(brute[1], 13);
      expect(contributions[0] + contributions[1]).toBeCloseTo(pathLength - expectedPathLength, 13);
    }
    const only = forestOf(2, 3, [[[1, 2, 0, 0, 3], [1], [3, 4, 0, 1, 2], [1], [1]]]);
    const { expectedPathLength, contributions } = explainRow(only, Float32Array.of(-1, 9));
    expect(expectedPathLength).toBeCloseTo(5 / 3, 14);
    expect(contributions[0]).toBeCloseTo(1 - 5 / 3, 14);
    expect(contributions[1]).toBe(0);
  });

  it('gives nothing to anybody in trees of a single leaf', () => {
    const leaves = forestOf(2, 16, [[[16]], [[16]]]);
    const [{ path, score }] = explainRows(leaves, Float32Array.of(1, 2), [0]);
    expect(path.pathLength).toBe(path.expectedPathLength);
    expect(Array.from(path.contributions)).toEqual([0, 0]);
    expect(score.score).toBe(score.baseScore);
    // h = c(psi), so the score is 1/2.
    expect(score.score).toBe(0.5);
  });

  it('explains one row per tree, where every score is 1/2', () => {
    const [{ score }] = explainRows(forestOf(1, 1, [[[1]]]), Float32Array.of(1), [0]);
    expect(score).toEqual({ baseScore: 0.5, score: 0.5, contributions: Float64Array.of(0) });
  });
});

describe('the attribution equals the definition over all subsets', () => {
  it.each([
    ['all columns', 6, {}],
    ['half of the columns a tree', 7, { max_features: 0.5 }],
    ['one column a tree', 4, { max_features: 0.1 }],
    ['bootstrap', 5, { bootstrap: true }],
    ['deep trees', 8, { max_samples: 1, n_estimators: 3 }],
  ])('%s', (_name, columns, change) => {
    const rows = 300;
    const x = randomRows(rows, columns, columns);
    const forest = grow(x, rows, columns, { n_estimators: 6, max_samples: 64, ...change });
    for (const row of [0, 7, 299]) {
      const values = x.subarray(row * columns, (row + 1) * columns);
      const { expectedPathLength, pathLength, contributions } = explainRow(forest, values);
      expect(expectedPathLength).toBeCloseTo(value(forest, values, 0), 11);
      expect(pathLength).toBeCloseTo(value(forest, values, 2 ** columns - 1), 11);
      shapley(forest, values).forEach((expected, column) => {
        expect(contributions[column]).toBeCloseTo(expected, 11);
      });
      // The constant column.
      expect(contributions[1]).toBe(0);
    }
  });
});

describe('contributions add up', () => {
  function check(forest: Forest, x: Float32Array, rows: number): void {
    const scores = new Float64Array(rows);
    scoreSamples(forest, x, rows, scores);
    const explained = explainRows(forest, x, Array.from(scores.keys()));
    for (const [row, { path, score }] of explained.entries()) {
      const lengths = path.expectedPathLength + sum(path.contributions);
      expect(Math.abs(lengths / path.pathLength - 1)).toBeLessThan(1e-9);
      expect(score.score).toBe(-scores[row]);
      expect(Math.abs((score.baseScore + sum(score.contributions)) / score.score - 1)).toBeLessThan(1e-9);
    }
  }

  it.each(GOLDEN_CASES)('on the scikit-learn forest "%s", with the scores scikit-learn gives', (name) => {
    const golden = readGolden(name);
    const forest = goldenForest(golden);
    const x = scaledRows(golden.X, golden.scaler);
    check(forest, x, golden.X.length);
    const explained = explainRows(forest, x, Array.from(golden.X.keys()));
    explained.forEach(({ score }, row) => {
      expect(Math.abs(score.score + golden.score_samples[row])).toBeLessThan(1e-12);
    });
  });

  it.each([
    ['the default forest', {}],
    ['trees of all rows', { max_samples: 1, n_estimators: 20 }],
  ])('on %s', (_name, change) => {
    const { x, rows, columns } = plantedAnomalies(3, 1500, 27);
    check(grow(x, rows, columns, change), x, 100);
  });

  it('to the score of a row with the expected path length', () => {
    // A first split of equal halves that lead to equal leaves: h = E for every row, though the tree splits.
    const even = forestOf(1, 4, [[[1, 2, 0, 0, 4], [2], [2]]]);
    const [{ path, score }] = explainRows(even, Float32Array.of(1), [0]);
    expect(path).toEqual({ expectedPathLength: 2, pathLength: 2, contributions: Float64Array.of(0) });
    expect(score.score).toBe(score.baseScore);
    expect(score.score).toBeCloseTo(2 ** (-2 / averagePathLength(4)), 14);
  });
});

describe('what cannot be explained', () => {
  const forest = forestOf(2, 4, [[[1, 2, 0, 0, 4], [2], [2]]]);

  it('is a row that is not in the matrix, or that holds no number', () => {
    expect(() => explainRow(forest, Float32Array.of(1))).toThrow('the matrix holds 1 values');
    expect(() => explainRows(forest, Float32Array.of(1, 2), [-1])).toThrow('Cannot explain row -1');
    expect(() => explainRow(forest, Float32Array.of(1, NaN))).toThrow('Row 0, column 1 is NaN');
  });

  it('is a forest whose trees are none', () => {
    const shared = forestOf(1, 4, [[[1, 2, 0, 0, 4], [2, 3, 0, -1, 2], [1], [1]]]);
    expect(() => explainRow(shared, Float32Array.of(1))).toThrow('node 2 has two parents');
    const lost = forestOf(1, 4, [[[1, 3, 0, 0, 4], [2], [1], [1]]]);
    expect(() => explainRow(lost, Float32Array.of(1))).toThrow('node 2 has no parent');
  });
});
