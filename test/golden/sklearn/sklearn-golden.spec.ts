import { describe, expect, it } from 'vitest';
import { encodeIsolationForest } from '../../../src/registry/core/formats/joblib-model.js';
import { scoreSamples } from '../../../src/training/core/forest/score.js';
import { contaminationOffset, labelsFromScores } from '../../../src/training/core/threshold.js';
import { percentile } from '../../../src/shared/stats.js';
import {
  GOLDEN_CASES,
  goldenForest,
  goldenParams,
  readGolden,
  readGoldenBytes,
  scaledRows,
} from '../../support/sklearn-golden.js';

describe.each(GOLDEN_CASES)('the scikit-learn 1.2.1 case "%s"', (name) => {
  const golden = readGolden(name);
  const forest = goldenForest(golden);

  function score(rows: readonly number[][]): Float64Array {
    const out = new Float64Array(rows.length);
    scoreSamples(forest, scaledRows(rows, golden.scaler), rows.length, out);
    return out;
  }

  it('gets the scores of new rows to 1e-12 and every label', () => {
    const scores = score(golden.X);
    expect(largestDifference(scores, golden.score_samples)).toBeLessThan(1e-12);
    const decisions = scores.map((value) => value - golden.offset);
    expect(largestDifference(decisions, golden.decision_function)).toBeLessThan(1e-12);
    const labels = labelsFromScores(scores, golden.offset, new Int8Array(scores.length));
    expect(Array.from(labels)).toEqual(golden.predict);
  });

  it('gets the scores of the training rows to 1e-12', () => {
    expect(largestDifference(score(golden.train_X), golden.train_score_samples)).toBeLessThan(1e-12);
  });

  it('finds the offset from the training scores', () => {
    const { contamination = 'auto' } = golden.params;
    const trained = Float64Array.from(golden.train_score_samples);
    const offset = contaminationOffset(trained, contamination);
    // At most the tie guard (1e-9) below scikit-learn's own, never above it.
    expect(golden.offset - offset).toBeGreaterThanOrEqual(0);
    expect(golden.offset - offset).toBeLessThanOrEqual(1e-9 * (1 + 1e-6));
    const labels = labelsFromScores(trained, offset, new Int8Array(trained.length));
    expect(Array.from(labels)).toEqual(golden.train_predict);
    if (contamination !== 'auto') expect(percentile(trained, 100 * contamination)).toBe(golden.offset);
  });

  it.each([
    ['v12', '1.2.1'],
    ['v13', '1.3.0'],
  ] as const)(
    'writes the %s file that scikit-learn %s has loaded, byte for byte',
    (layout, sklearnVersion) => {
      const bytes = encodeIsolationForest(forest, {
        params: goldenParams(golden),
        offset: golden.offset,
        nSamples: golden.train_X.length,
        sklearnVersion,
      });
      const expected = readGoldenBytes(name, layout);
      expect(bytes.length).toBe(expected.length);
      expect(Buffer.compare(bytes, expected)).toBe(0);
    },
  );
});

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i])), 0);
}
