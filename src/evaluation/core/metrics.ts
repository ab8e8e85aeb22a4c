/**
 * Detection metrics with scikit-learn's definitions (`sklearn.metrics`, compared in the tests).
 *
 * Everywhere in this file: labels are 1 = anomaly, 0 = normal; scores are higher = more anomalous
 * (scikit-learn's `score_samples` negated). zero_division = 0: a precision without a flag, a recall without an
 * anomaly and an F1 of two zeros are 0. A ranking metric that is not defined (one class only, or a score that is not
 * a finite number) is null, never NaN, because NaN is not JSON.
 */
import { mean, percentileSorted, populationVariance } from '../../shared/stats.js';

export interface ConfusionMatrix {
  readonly true_negatives: number;
  readonly false_positives: number;
  readonly false_negatives: number;
  readonly true_positives: number;
}

/** Metrics at one threshold. */
export interface ThresholdedMetrics {
  readonly accuracy: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1_score: number;
}

export interface ClassScores {
  readonly precision: number;
  readonly recall: number;
  readonly f1_score: number;
  readonly support: number;
}

/** `sklearn.metrics.classification_report(output_dict=True)` with snake_case keys. */
export interface ClassificationReport {
  readonly normal: ClassScores;
  readonly anomaly: ClassScores;
  readonly accuracy: number;
  readonly macro_avg: ClassScores;
  readonly weighted_avg: ClassScores;
}

export interface SweepPoint extends ThresholdedMetrics {
  readonly threshold: number;
}

export interface ScoreDistribution {
  readonly mean: number;
  readonly std: number;
  readonly min: number;
  readonly max: number;
  readonly distinct: number;
  /** numpy's 'linear' percentiles; keys as in the seeds. */
  readonly percentiles: Readonly<Record<string, number>>;
}

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

/** @param predicted 1 = flagged; same length as `labels`. */
export function confusionMatrix(labels: Uint8Array, predicted: Uint8Array): ConfusionMatrix {
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < labels.length; i++) counts[2 * labels[i] + predicted[i]]++;
  return {
    true_negatives: counts[0],
    false_positives: counts[1],
    false_negatives: counts[2],
    true_positives: counts[3],
  };
}

/** Flags `score > threshold`: strict, as scikit-learn's `predict` is (`decision_function < 0`). */
export function flagAbove(scores: Float64Array, threshold: number): Uint8Array {
  const flags = new Uint8Array(scores.length);
  for (let i = 0; i < scores.length; i++) flags[i] = scores[i] > threshold ? 1 : 0;
  return flags;
}

function classScores(hits: number, predicted: number, support: number): ClassScores {
  const precision = ratio(hits, predicted);
  const recall = ratio(hits, support);
  return { precision, recall, f1_score: ratio(2 * hits, predicted + support), support };
}

export function thresholdedMetrics(matrix: ConfusionMatrix): ThresholdedMetrics {
  const { true_negatives: tn, false_positives: fp, false_negatives: fn, true_positives: tp } = matrix;
  const { precision, recall, f1_score } = classScores(tp, tp + fp, tp + fn);
  return { accuracy: ratio(tp + tn, tn + fp + fn + tp), precision, recall, f1_score };
}

export function classificationReport(matrix: ConfusionMatrix): ClassificationReport {
  const { true_negatives: tn, false_positives: fp, false_negatives: fn, true_positives: tp } = matrix;
  const normal = classScores(tn, tn + fn, tn + fp);
  const anomaly = classScores(tp, tp + fp, tp + fn);
  const support = normal.support + anomaly.support;
  const average = (normalWeight: number, anomalyWeight: number): ClassScores => ({
    precision: normal.precision * normalWeight + anomaly.precision * anomalyWeight,
    recall: normal.recall * normalWeight + anomaly.recall * anomalyWeight,
    f1_score: normal.f1_score * normalWeight + anomaly.f1_score * anomalyWeight,
    support,
  });
  return {
    normal,
    anomaly,
    accuracy: ratio(tn + tp, support),
    macro_avg: average(0.5, 0.5),
    weighted_avg: average(ratio(normal.support, support), ratio(anomaly.support, support)),
  };
}

/** Scores of each class, ascending; null when a class is missing or a score is not finite. */
function sortedByClass(
  labels: Uint8Array,
  scores: Float64Array,
): { negatives: Float64Array; positives: Float64Array } | null {
  let count = 0;
  for (let i = 0; i < labels.length; i++) {
    if (!Number.isFinite(scores[i])) return null;
    count += labels[i];
  }
  const positives = new Float64Array(count);
  const negatives = new Float64Array(labels.length - count);
  let p = 0;
  let n = 0;
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] === 1) positives[p++] = scores[i];
    else negatives[n++] = scores[i];
  }
  if (p === 0 || n === 0) return null;
  return { negatives: negatives.sort(), positives: positives.sort() };
}

/**
 * Area under the ROC curve = P(anomaly scores above normal) + P(tie) / 2 (Mann-Whitney U; `roc_auc_score`).
 * O(n log n). Null when it is not defined.
 */
export function rocAuc(labels: Uint8Array, scores: Float64Array): number | null {
  const sorted = sortedByClass(labels, scores);
  if (sorted === null) return null;
  const { negatives, positives } = sorted;
  let below = 0;
  let notAbove = 0;
  let wins = 0;
  for (const score of positives) {
    while (below < negatives.length && negatives[below] < score) below++;
    if (notAbove < below) notAbove = below;
    while (notAbove < negatives.length && negatives[notAbove] <= score) notAbove++;
    wins += 0.5 * (below + notAbove);
  }
  return wins / (negatives.length * positives.length);
}

/** AUC of two groups of scores, for callers that keep normal and anomalous rows apart. */
export function rocAucOfGroups(normal: Float64Array, anomalous: Float64Array): number | null {
  const { labels, scores } = joinGroups(normal, anomalous);
  return rocAuc(labels, scores);
}

/** Normal scores (label 0) followed by anomalous ones (label 1). */
export function joinGroups(
  normal: Float64Array,
  anomalous: Float64Array,
): { labels: Uint8Array; scores: Float64Array } {
  const scores = new Float64Array(normal.length + anomalous.length);
  scores.set(normal);
  scores.set(anomalous, normal.length);
  return { labels: new Uint8Array(scores.length).fill(1, normal.length), scores };
}

/**
 * Average precision as `average_precision_score`: sum of (R_n - R_(n-1)) * P_n over the distinct scores, highest
 * first; tied rows enter together. Null when it is not defined.
 */
export function averagePrecision(labels: Uint8Array, scores: Float64Array): number | null {
  const sorted = sortedByClass(labels, scores);
  if (sorted === null) return null;
  const { negatives, positives } = sorted;
  let p = positives.length;
  let n = negatives.length;
  let sum = 0;
  while (p > 0) {
    // The next distinct threshold that changes recall: negatives above or at it count as false positives.
    const threshold = positives[p - 1];
    const before = p;
    while (p > 0 && positives[p - 1] === threshold) p--;
    while (n > 0 && negatives[n - 1] >= threshold) n--;
    const truePositives = positives.length - p;
    const flagged = truePositives + (negatives.length - n);
    sum += (before - p) * (truePositives / flagged);
  }
  return sum / positives.length;
}

/** Metrics at each threshold, in the order given (`score > threshold` is flagged). */
export function thresholdSweep(
  labels: Uint8Array,
  scores: Float64Array,
  thresholds: readonly number[],
): SweepPoint[] {
  return thresholds.map((threshold) => {
    const matrix = confusionMatrix(labels, flagAbove(scores, threshold));
    return { threshold, ...thresholdedMetrics(matrix) };
  });
}

const PERCENTILES = [1, 5, 25, 50, 75, 90, 95, 99] as const;

/** Null for no scores or a score that is not finite. `std` is the population's (numpy's default). */
export function scoreDistribution(scores: Float64Array): ScoreDistribution | null {
  if (scores.length === 0 || !allFinite(scores)) return null;
  const sorted = Float64Array.from(scores).sort();
  const percentiles: Record<string, number> = {};
  for (const p of PERCENTILES) percentiles[String(p)] = percentileSorted(sorted, p);
  return {
    mean: mean(scores),
    std: Math.sqrt(populationVariance(scores)),
    min: sorted[0],
    max: sorted[sorted.length - 1],
    distinct: countDistinctSorted(sorted),
    percentiles,
  };
}

export function allFinite(values: Float64Array): boolean {
  for (const value of values) if (!Number.isFinite(value)) return false;
  return true;
}

/** Share of an ascending array that lies above `threshold`; 0 for an empty one. */
export function shareAbove(sorted: Float64Array, threshold: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] > threshold) high = middle;
    else low = middle + 1;
  }
  return ratio(sorted.length - low, sorted.length);
}

/** Number of distinct values of an ascending array. */
export function countDistinctSorted(sorted: Float64Array): number {
  let count = sorted.length === 0 ? 0 : 1;
  for (let i = 1; i < sorted.length; i++) if (sorted[i] !== sorted[i - 1]) count++;
  return count;
}
