import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { percentile } from '../../shared/stats.js';
import { contaminationOffset, decisionsFromScores, labelsFromScores } from './threshold.js';

const labels = (scores: Float64Array, offset: number): number[] =>
  Array.from(labelsFromScores(scores, offset, new Int8Array(scores.length)));

describe('contaminationOffset', () => {
  it("is -0.5 for 'auto', whatever the scores", () => {
    expect(contaminationOffset(Float64Array.of(-0.9, -0.1), 'auto')).toBe(-0.5);
  });

  it('lies a hair below the percentile, so that a row on it stays normal everywhere', () => {
    const scores = Float64Array.of(-0.7, -0.5, -0.5, -0.5, -0.4);
    const offset = contaminationOffset(scores, 0.25);
    expect(percentile(scores, 25)).toBe(-0.5);
    expect(offset).toBe(-0.5 - 1e-9);
    // The same rows on a machine whose logarithm ends in another bit.
    const shifted = scores.map((score) => score * (1 + Number.EPSILON));
    expect(labels(shifted, offset)).toEqual([-1, 1, 1, 1, 1]);
  });

  it('stays half way when the next lower score is closer than the guard', () => {
    const scores = Float64Array.of(-0.5 - 1e-10, -0.5, -0.5);
    const offset = contaminationOffset(scores, 0.5);
    expect(offset).toBeCloseTo(-0.5 - 5e-11, 13);
    expect(labels(scores, offset)).toEqual([-1, 1, 1]);
  });

  it('stays above a score that is the neighbouring double', () => {
    const scores = Float64Array.of(-0.5 - Number.EPSILON / 2, -0.5, -0.5);
    expect(labels(scores, contaminationOffset(scores, 0.5))).toEqual([-1, 1, 1]);
  });

  it('works for a single row and for equal rows', () => {
    expect(contaminationOffset(Float64Array.of(-0.4), 0.1)).toBe(-0.4 - 1e-9);
    expect(
      labels(Float64Array.of(-0.4, -0.4), contaminationOffset(Float64Array.of(-0.4, -0.4), 0.5)),
    ).toEqual([1, 1]);
  });

  it('labels the training rows as the plain percentile does, on any scores', () => {
    const score = fc.oneof(
      fc.double({ min: -1, max: -Number.MIN_VALUE, noNaN: true }),
      fc.constantFrom(-0.5, -0.5 - 2 ** -53, -0.5 + 2 ** -54, -0.4),
    );
    fc.assert(
      fc.property(
        fc.array(score, { minLength: 1, maxLength: 40 }),
        fc.double({ min: 0.001, max: 0.5, noNaN: true }),
        (values, contamination) => {
          const scores = Float64Array.from(values);
          const quantile = percentile(scores, 100 * contamination);
          const offset = contaminationOffset(scores, contamination);
          expect(offset).toBeLessThanOrEqual(quantile);
          expect(labels(scores, offset)).toEqual(Array.from(scores, (value) => (value < quantile ? -1 : 1)));
        },
      ),
      { seed: 7, numRuns: 500 },
    );
  });
});

describe('labels and decisions', () => {
  it('call a row an anomaly only strictly below the offset', () => {
    const scores = Float64Array.of(-0.6, -0.5, -0.4);
    expect(labels(scores, -0.5)).toEqual([-1, 1, 1]);
    const decisions = decisionsFromScores(scores, -0.5, new Float64Array(3));
    expect(decisions[0]).toBeLessThan(0);
    expect(decisions[1]).toBe(0);
    expect(decisions[2]).toBeGreaterThan(0);
  });
});
