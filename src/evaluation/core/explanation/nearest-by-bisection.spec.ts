import { describe, expect, it } from 'vitest';
import { nearestByBisection, type BisectedFeature } from './nearest-by-bisection.js';

/** Normal in [low, high]; the score grows with the distance from there. */
function feature(low: number, high: number, present: number, change: Partial<BisectedFeature> = {}) {
  return nearestByBisection({
    feature: { kind: 'measure' },
    present,
    anchors: [NaN, -Infinity, 0, 3],
    scoreAt: (value) => {
      const distance = Math.max(0, low - value, value - high);
      return 0.5 + distance / (2 * (1 + distance));
    },
    isFlagged: (score) => score > 0.5,
    ...change,
  }).nearest_normal;
}

describe('the nearest normal value by bisection', () => {
  it('is the last float32 that is normal, on either side', () => {
    expect(feature(-1, 10.3, 40)).toEqual({
      // The largest float32 that is not above 10.3.
      value: 10.300000190734863 - 2 ** -20,
      comparison: '<=',
      until: 0,
      score: 0.5,
    });
    // 2.5 is a float32 itself.
    expect(feature(2.5, 9, -7)).toEqual({ value: 2.5, comparison: '>=', until: 3, score: 0.5 });
  });

  it('is whole for a count, and has no end towards 0', () => {
    const count = { feature: { kind: 'count' } } as const;
    expect(feature(0, 10.3, 40, count)).toEqual({ value: 10, comparison: '<=', until: null, score: 0.5 });
  });

  it('is the code with the lowest score for a flag', () => {
    const flag = { feature: { kind: 'flag' } } as const;
    expect(feature(-1, 0.5, 1, flag)).toEqual({ value: 0, comparison: '=', until: null, score: 0.5 });
    expect(feature(5, 6, 1, flag)).toBeNull();
  });

  it('is nothing where this feature alone does not make the row normal', () => {
    expect(feature(0, 10, 40, { isFlagged: () => true })).toBeNull();
  });
});
