import { describe, expect, it } from 'vitest';
import {
  ksStatistic,
  mean,
  median,
  percentile,
  percentileSorted,
  populationVariance,
  spearman,
} from './stats.js';

describe('percentile', () => {
  // numpy 1.24 np.percentile(values, q), method 'linear'.
  it.each([
    [[1, 2, 3, 4], 50, 2.5],
    [[1, 2, 3, 4], 0, 1],
    [[1, 2, 3, 4], 100, 4],
    [[15, 20, 35, 40, 50], 40, 29],
    [[0.1, 0.2, 0.7], 10, 0.12000000000000001],
    [[3, 1, 2], 75, 2.5],
    [[7], 33, 7],
  ])('of %j at %d is %d', (values, q, expected) => {
    expect(percentile(values, q)).toBe(expected);
    expect(percentile(Float64Array.from(values), q)).toBe(expected);
  });

  it('leaves the values in their order', () => {
    const values = Float64Array.of(3, 1, 2);
    percentile(values, 50);
    expect(Array.from(values)).toEqual([3, 1, 2]);
  });

  it('of nothing is not a number', () => {
    expect(percentileSorted([], 50)).toBeNaN();
  });
});

describe('mean, median and variance', () => {
  it('come out exact on numbers worked out by hand', () => {
    expect(mean([2, 4, 4, 4, 5, 5, 7, 9])).toBe(5);
    expect(populationVariance([2, 4, 4, 4, 5, 5, 7, 9])).toBe(4);
    expect(median([5, 1, 3])).toBe(3);
    expect(median([5, 1, 3, 10])).toBe(4);
  });

  it('keep the variance of large, close values', () => {
    expect(populationVariance([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16])).toBe(22.5);
  });
});

describe('spearman', () => {
  it('is 1 for the same order and -1 for the opposite one, whatever the distances', () => {
    expect(spearman([1, 2, 3, 4], [1, 10, 100, 1000])).toBe(1);
    expect(spearman([1, 2, 3, 4], [9, 8, 2, 1])).toBe(-1);
  });

  it('gives tied values their average rank', () => {
    // Ranks 1, 2.5, 2.5, 4 and 1, 2, 3, 4: covariance 4.5, squares 4.5 and 5.
    expect(spearman([1, 2, 2, 3], [1, 2, 3, 4])).toBeCloseTo(4.5 / Math.sqrt(4.5 * 5), 15);
  });

  it('is not a number when one side is constant', () => {
    expect(spearman([1, 1, 1], [1, 2, 3])).toBeNaN();
  });

  it('refuses lists of different lengths', () => {
    expect(() => spearman([1], [1, 2])).toThrow(RangeError);
  });
});

describe('ksStatistic', () => {
  it('is 0 for equal samples and 1 for separate ones', () => {
    expect(ksStatistic([1, 2, 2, 3], [2, 3, 1, 2])).toBe(0);
    expect(ksStatistic([1, 2], [3, 4, 5])).toBe(1);
  });

  it('steps over ties at once', () => {
    // At 1 the two functions are 3/4 and 1/4.
    expect(ksStatistic([1, 1, 1, 2], [1, 2, 2, 2])).toBe(0.5);
  });
});
