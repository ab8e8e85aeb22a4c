import { describe, expect, it } from 'vitest';
import { createRng, nextFloat } from '../../shared/rng.js';
import { curves, MAX_CURVE_POINTS } from './curves.js';
import { averagePrecision, rocAuc } from './metrics.js';

/** scikit-learn 1.3.0: roc_curve(drop_intermediate=False) and precision_recall_curve of these labels and scores. */
const LABELS = Uint8Array.of(0, 0, 1, 1, 0, 1);
const SCORES = Float64Array.of(0.1, 0.4, 0.35, 0.8, 0.35, 0.9);

describe('curves', () => {
  it('are those of scikit-learn, tied rows entering together', () => {
    const { roc_curve, precision_recall_curve } = curves(LABELS, SCORES);
    expect(roc_curve).toEqual([
      { false_positive_rate: 0, recall: 1 / 3, threshold: 0.9 },
      { false_positive_rate: 0, recall: 2 / 3, threshold: 0.8 },
      { false_positive_rate: 1 / 3, recall: 2 / 3, threshold: 0.4 },
      { false_positive_rate: 2 / 3, recall: 1, threshold: 0.35 },
      { false_positive_rate: 1, recall: 1, threshold: 0.1 },
    ]);
    expect(precision_recall_curve.map(({ precision }) => precision)).toEqual([1, 1, 2 / 3, 3 / 5, 1 / 2]);
  });

  it('stay small and monotone on many rows, and keep the area', () => {
    const rng = createRng(5);
    const labels = Uint8Array.from({ length: 20_000 }, () => (nextFloat(rng) < 0.02 ? 1 : 0));
    const scores = Float64Array.from(labels, (label) => nextFloat(rng) * (label === 1 ? 1 : 0.8));
    const { roc_curve: roc, precision_recall_curve: pr } = curves(labels, scores);
    expect(roc.length).toBeLessThanOrEqual(MAX_CURVE_POINTS);
    expect(pr.length).toBeLessThanOrEqual(MAX_CURVE_POINTS);
    let area = 0;
    let precisionSum = 0;
    roc.forEach((point, i) => {
      const before = i === 0 ? { false_positive_rate: 0, recall: 0, threshold: Infinity } : roc[i - 1];
      expect(point.false_positive_rate).toBeGreaterThanOrEqual(before.false_positive_rate);
      expect(point.recall).toBeGreaterThanOrEqual(before.recall);
      expect(point.threshold).toBeLessThan(before.threshold);
      area += ((point.false_positive_rate - before.false_positive_rate) * (point.recall + before.recall)) / 2;
      precisionSum += (point.recall - before.recall) * pr[i].precision;
    });
    expect(roc.at(-1)).toMatchObject({ false_positive_rate: 1, recall: 1 });
    expect(area).toBeCloseTo(rocAuc(labels, scores)!, 2);
    expect(precisionSum).toBeCloseTo(averagePrecision(labels, scores)!, 1);
  });

  it('are empty where they are not defined', () => {
    const none = { roc_curve: [], precision_recall_curve: [] };
    expect(curves(Uint8Array.of(1, 1), Float64Array.of(1, 2))).toEqual(none);
    expect(curves(Uint8Array.of(0, 1), Float64Array.of(1, Number.NaN))).toEqual(none);
    expect(curves(new Uint8Array(0), new Float64Array(0))).toEqual(none);
  });
});
