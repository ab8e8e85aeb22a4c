import { allFinite } from './metrics.js';

/** A point of the ROC curve; flagged: score at or above the threshold. */
export interface RocPoint {
  readonly false_positive_rate: number;
  readonly recall: number;
  readonly threshold: number;
}

/** A point of the precision-recall curve; flagged: score at or above the threshold. */
export interface PrecisionRecallPoint {
  readonly recall: number;
  readonly precision: number;
  readonly threshold: number;
}

export interface Curves {
  /** Rising in both rates; without the corner (0, 0), which no threshold among the scores gives. */
  readonly roc_curve: readonly RocPoint[];
  /** Rising recall. */
  readonly precision_recall_curve: readonly PrecisionRecallPoint[];
}

/** Points of one curve at most: enough for a picture, little enough for a report. */
export const MAX_CURVE_POINTS = 64;

const NO_CURVES: Curves = { roc_curve: [], precision_recall_curve: [] };

/** Counts of rows at or above each distinct score, highest score first. */
interface Steps {
  readonly thresholds: readonly number[];
  readonly truePositives: readonly number[];
  readonly falsePositives: readonly number[];
}

function steps(labels: Uint8Array, scores: Float64Array): Steps {
  const positives = Float64Array.from(scores.filter((_, row) => labels[row] === 1)).sort();
  const negatives = Float64Array.from(scores.filter((_, row) => labels[row] !== 1)).sort();
  const found = { thresholds: [] as number[], truePositives: [] as number[], falsePositives: [] as number[] };
  let p = positives.length;
  let n = negatives.length;
  while (p > 0 || n > 0) {
    const threshold = Math.max(p > 0 ? positives[p - 1] : -Infinity, n > 0 ? negatives[n - 1] : -Infinity);
    while (p > 0 && positives[p - 1] === threshold) p--;
    while (n > 0 && negatives[n - 1] === threshold) n--;
    found.thresholds.push(threshold);
    found.truePositives.push(positives.length - p);
    found.falsePositives.push(negatives.length - n);
  }
  return found;
}

/** The first step that reaches each of evenly spaced parts of the counts: dense where a curve moves. */
function spread(counts: readonly number[], parts: number): number[] {
  const total = counts[counts.length - 1];
  const picked: number[] = [];
  let step = 0;
  for (let part = 1; part <= parts; part++) {
    while (counts[step] < (total * part) / parts) step++;
    picked.push(step);
  }
  return picked;
}

/**
 * ROC and precision-recall curve (`roc_curve`, `precision_recall_curve` of scikit-learn), thinned to at most
 * {@link MAX_CURVE_POINTS} points evenly along both axes; the first and the last step are among them.
 *
 * @param labels 1 = anomaly
 * @param scores higher = more anomalous
 * @returns empty curves where they are not defined: one class only, or a score that is not a number
 */
export function curves(labels: Uint8Array, scores: Float64Array): Curves {
  if (!labels.includes(0) || !labels.includes(1) || !allFinite(scores)) return NO_CURVES;
  const { thresholds, truePositives, falsePositives } = steps(labels, scores);
  const last = thresholds.length - 1;
  const anomalous = truePositives[last];
  const normal = falsePositives[last];
  const half = MAX_CURVE_POINTS / 2 - 1;
  const picked = [0, ...spread(truePositives, half), ...spread(falsePositives, half), last];
  const points = [...new Set(picked)].sort((a, b) => a - b);
  return {
    roc_curve: points.map((i) => ({
      false_positive_rate: falsePositives[i] / normal,
      recall: truePositives[i] / anomalous,
      threshold: thresholds[i],
    })),
    precision_recall_curve: points.map((i) => ({
      recall: truePositives[i] / anomalous,
      precision: truePositives[i] / (truePositives[i] + falsePositives[i]),
      threshold: thresholds[i],
    })),
  };
}
