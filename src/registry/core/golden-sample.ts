import type { FeatureValues } from '../../features/core/preprocessing.js';
/**
 * golden.json: rows with the answers the model gave when it was made. Whoever loads the model later, we or the
 * consumer, proves with it that the answers are still the same. Signs are scikit-learn's.
 */
export interface GoldenSample {
  readonly feature_names: readonly string[];
  /** Rows after imputation and clipping, before scaling; no nulls. */
  readonly X: readonly (readonly number[])[];
  readonly labels: readonly (1 | -1)[];
  readonly score_samples: readonly number[];
  readonly decision_function: readonly number[];
}

export interface GoldenInput {
  readonly featureNames: readonly string[];
  /** n x d after imputation and clipping. */
  readonly rows: FeatureValues;
  /** score_samples of the same rows. */
  readonly scores: Float64Array;
  readonly offset: number;
}

const GOLDEN_ROWS = 128;

/** The most anomalous quarter and an even spread over the rest, in score order: both sides of the threshold are there. */
export function buildGoldenSample({ featureNames, rows, scores, offset }: GoldenInput): GoldenSample {
  const order = Array.from(scores.keys()).sort((a, b) => scores[a] - scores[b] || a - b);
  const wanted = Math.min(GOLDEN_ROWS, order.length);
  const head = Math.floor(wanted / 4);
  const picked = order.slice(0, head);
  const rest = wanted - head;
  for (let i = 0; i < rest; i++) {
    picked.push(order[head + Math.floor(((order.length - head) * i) / rest)]);
  }
  const columns = featureNames.length;
  const decision = picked.map((row) => scores[row] - offset);
  return {
    feature_names: featureNames,
    X: picked.map((row) => Array.from(rows.subarray(row * columns, (row + 1) * columns))),
    labels: decision.map((value) => (value < 0 ? -1 : 1)),
    score_samples: picked.map((row) => scores[row]),
    decision_function: decision,
  };
}
