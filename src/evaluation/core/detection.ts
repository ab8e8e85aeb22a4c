import { curves } from './curves.js';
import { percentileSorted } from '../../shared/stats.js';
import type { DetectionMetrics, DetectionDetail, KnownLabelSource, Labelled } from './label-source.js';
import {
  averagePrecision,
  classificationReport,
  confusionMatrix,
  flagAbove,
  rocAuc,
  shareAbove,
  thresholdedMetrics,
  thresholdSweep,
} from './metrics.js';

/** Rows with labels (1 = anomaly) and scores (higher = more anomalous), and where the labels come from. */
export interface LabelledScores {
  readonly labelSource: KnownLabelSource;
  readonly labels: Uint8Array;
  readonly scores: Float64Array;
}

/** The held-out windows that a threshold is tried on. */
export interface HoldoutScores {
  /** Ascending, higher = more anomalous. */
  readonly sorted: Float64Array;
  /** Days they cover; null when they have no times. */
  readonly days: number | null;
}

/** Shares of the hold-out windows that the threshold sweep would flag. */
const SWEEP_FLAG_SHARES = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2] as const;

/** The seeds' basic metrics at `threshold` (flagged: score above it). */
export function detectionMetrics(rows: LabelledScores, threshold: number): Labelled<DetectionMetrics> {
  const { labels, scores, labelSource } = rows;
  const matrix = confusionMatrix(labels, flagAbove(scores, threshold));
  const anomalous = matrix.true_positives + matrix.false_negatives;
  return {
    label_source: labelSource,
    ...thresholdedMetrics(matrix),
    roc_auc: rocAuc(labels, scores),
    average_precision: averagePrecision(labels, scores),
    prevalence: labels.length === 0 ? 0 : anomalous / labels.length,
    normal_rows: labels.length - anomalous,
    anomalous_rows: anomalous,
  };
}

/**
 * Confusion matrix, per-class report and threshold sweep. The sweep's thresholds flag round shares of the hold-out.
 */
export function detectionDetail(
  rows: LabelledScores,
  threshold: number,
  holdout: HoldoutScores,
): Labelled<DetectionDetail> {
  const { labels, scores, labelSource } = rows;
  const matrix = confusionMatrix(labels, flagAbove(scores, threshold));
  const others = SWEEP_FLAG_SHARES.map((share) => percentileSorted(holdout.sorted, 100 * (1 - share)));
  const thresholds = [...new Set([...others, threshold])].filter(Number.isFinite).sort((a, b) => b - a);
  return {
    label_source: labelSource,
    confusion_matrix: matrix,
    classification_report: classificationReport(matrix),
    ...curves(labels, scores),
    threshold_analysis: thresholdSweep(labels, scores, thresholds).map((point) => {
      const flagRate = shareAbove(holdout.sorted, point.threshold);
      const alertsPerDay = holdout.days === null ? null : (flagRate * holdout.sorted.length) / holdout.days;
      return {
        ...point,
        flag_rate: flagRate,
        alerts_per_day: alertsPerDay,
        operating_point: point.threshold === threshold,
      };
    }),
  };
}
