import { describe, expect, it } from 'vitest';
import {
  averagePrecision,
  classificationReport,
  confusionMatrix,
  countDistinctSorted,
  flagAbove,
  rocAuc,
  rocAucOfGroups,
  scoreDistribution,
  shareAbove,
  thresholdedMetrics,
  thresholdSweep,
} from './metrics.js';

// scikit-learn 1.9.1: roc_auc_score(y, s), average_precision_score(y, s), and with p = s > 0.4 confusion_matrix,
// accuracy_score, precision_score, recall_score, f1_score, classification_report(output_dict=True).
const LABELS = Uint8Array.of(0, 0, 1, 1, 0, 1, 0, 0, 1, 0, 0, 1);
const SCORES = Float64Array.of(0.1, 0.4, 0.35, 0.8, 0.4, 0.4, 0.2, 0.7, 0.9, 0.35, 0.05, 0.7);

/** 400 rows with many ties, the same in Python: x = 16807 * x % 2147483647 from 12345; score x % 50 (+ 8 if label). */
function tiedRows(): { labels: Uint8Array; scores: Float64Array } {
  const labels = new Uint8Array(400);
  const scores = new Float64Array(400);
  let x = 12345;
  const next = (): number => (x = (16807 * x) % 2147483647);
  for (let i = 0; i < 400; i++) {
    const base = next() % 50;
    labels[i] = next() % 10 === 0 ? 1 : 0;
    scores[i] = base + 8 * labels[i];
  }
  return { labels, scores };
}

describe('metrics equal scikit-learn', () => {
  it('ranks twelve rows with ties', () => {
    expect(rocAuc(LABELS, SCORES)).toBeCloseTo(0.8285714285714285, 14);
    expect(averagePrecision(LABELS, SCORES)).toBeCloseTo(0.7753968253968254, 14);
  });

  it('ranks 400 rows that mostly tie', () => {
    const { labels, scores } = tiedRows();
    expect(labels.reduce((sum, label) => sum + label, 0)).toBe(40);
    expect(rocAuc(labels, scores)).toBeCloseTo(0.6020833333333334, 14);
    expect(averagePrecision(labels, scores)).toBeCloseTo(0.29158464656152744, 14);
  });

  it('counts and reports at a threshold, a score on the threshold being normal', () => {
    const matrix = confusionMatrix(LABELS, flagAbove(SCORES, 0.4));
    expect(matrix).toEqual({ true_negatives: 6, false_positives: 1, false_negatives: 2, true_positives: 3 });
    expect(thresholdedMetrics(matrix)).toEqual({
      accuracy: 0.75,
      precision: 0.75,
      recall: 0.6,
      f1_score: 2 / 3,
    });
    const report = classificationReport(matrix);
    expect(report.normal.recall).toBeCloseTo(0.8571428571428571, 14);
    expect(report.normal.f1_score).toBeCloseTo(0.8, 14);
    expect(report.macro_avg.recall).toBeCloseTo(0.7285714285714285, 14);
    expect(report.macro_avg.f1_score).toBeCloseTo(0.7333333333333334, 14);
    expect(report.weighted_avg.f1_score).toBeCloseTo(0.7444444444444445, 14);
    expect(report.weighted_avg.support).toBe(12);
  });

  it('describes the scores with numpy percentiles', () => {
    const distribution = scoreDistribution(SCORES);
    expect(distribution?.std).toBeCloseTo(0.26177147582491783, 14);
    expect(distribution?.distinct).toBe(8);
    // np.percentile(s, [1, 5, 25, 50, 75, 90, 95, 99])
    const expected = [0.0555, 0.0775, 0.3125, 0.4, 0.7, 0.79, 0.845, 0.889];
    const keys = ['1', '5', '25', '50', '75', '90', '95', '99'];
    keys.forEach((key, i) => {
      expect(distribution?.percentiles[key]).toBeCloseTo(expected[i], 12);
    });
  });
});

describe('metrics that are not defined', () => {
  it('divides by zero to 0 when nothing is flagged (zero_division=0)', () => {
    const matrix = confusionMatrix(Uint8Array.of(0, 0, 0, 1), Uint8Array.of(0, 0, 0, 0));
    expect(thresholdedMetrics(matrix)).toEqual({ accuracy: 0.75, precision: 0, recall: 0, f1_score: 0 });
    expect(classificationReport(matrix).weighted_avg.f1_score).toBeCloseTo(0.6428571428571428, 14);
  });

  it('has no ranking metric for one class, no rows or a score that is not a number', () => {
    expect(rocAuc(Uint8Array.of(0, 0), Float64Array.of(1, 2))).toBeNull();
    expect(averagePrecision(Uint8Array.of(1, 1), Float64Array.of(1, 2))).toBeNull();
    expect(rocAuc(new Uint8Array(0), new Float64Array(0))).toBeNull();
    expect(rocAuc(Uint8Array.of(0, 1), Float64Array.of(Number.NaN, 2))).toBeNull();
    expect(scoreDistribution(Float64Array.of(1, Number.POSITIVE_INFINITY))).toBeNull();
    expect(scoreDistribution(new Float64Array(0))).toBeNull();
  });

  it('counts every tie between the classes as half', () => {
    expect(rocAucOfGroups(Float64Array.of(1, 1, 1), Float64Array.of(1, 1))).toBe(0.5);
    expect(rocAucOfGroups(Float64Array.of(1, 2), Float64Array.of(3, 4))).toBe(1);
    expect(rocAucOfGroups(Float64Array.of(3, 4), Float64Array.of(1, 2))).toBe(0);
  });
});

describe('threshold sweep', () => {
  it('flags fewer rows at a higher threshold', () => {
    const sweep = thresholdSweep(LABELS, SCORES, [0, 0.4, 0.9]);
    expect(sweep.map(({ recall }) => recall)).toEqual([1, 0.6, 0]);
    expect(sweep[0].precision).toBeCloseTo(5 / 12, 14);
  });

  it('measures the flagged share, a score on the threshold being normal', () => {
    const sorted = Float64Array.from(SCORES).sort();
    expect([0, 0.4, 0.9].map((threshold) => shareAbove(sorted, threshold))).toEqual([1, 4 / 12, 0]);
    expect(shareAbove(new Float64Array(0), 1)).toBe(0);
  });

  it('counts distinct values', () => {
    expect(countDistinctSorted(Float64Array.of(1, 1, 2, 3, 3))).toBe(3);
    expect(countDistinctSorted(new Float64Array(0))).toBe(0);
  });
});
