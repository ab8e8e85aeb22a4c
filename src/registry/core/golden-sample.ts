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
  /** Only of a version with a detector of its own: the numbers above are those of the pickle it falls back on. */
  readonly detector?: GoldenDetectorRows;
}

/** What the detector itself says, on rows of its own choice. */
export interface GoldenDetectorRows {
  readonly type: string;
  readonly X: readonly (readonly number[])[];
  /** Index of each row's device in `devices` of the detector. */
  readonly devices: readonly number[];
  readonly labels: readonly (1 | -1)[];
  /** 0..1, higher = more anomalous; an anomaly is above the threshold. */
  readonly scores: readonly number[];
  readonly threshold: number;
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
function pickRows(scores: Float64Array): number[] {
  const order = Array.from(scores.keys()).sort((a, b) => scores[a] - scores[b] || a - b);
  const wanted = Math.min(GOLDEN_ROWS, order.length);
  const head = Math.floor(wanted / 4);
  const picked = order.slice(0, head);
  const rest = wanted - head;
  for (let i = 0; i < rest; i++) {
    picked.push(order[head + Math.floor(((order.length - head) * i) / rest)]);
  }
  return picked;
}

export function buildGoldenSample({ featureNames, rows, scores, offset }: GoldenInput): GoldenSample {
  const picked = pickRows(scores);
  const decision = picked.map((row) => scores[row] - offset);
  return {
    feature_names: featureNames,
    X: picked.map((row) => rowOf(rows, row, featureNames.length)),
    labels: decision.map((value) => (value < 0 ? -1 : 1)),
    score_samples: picked.map((row) => scores[row]),
    decision_function: decision,
  };
}

/** @param input scores and offset of the detector (scikit-learn's sign), devices of the same rows */
export function buildGoldenDetectorRows(
  type: string,
  { featureNames, rows, scores, offset }: GoldenInput,
  devices: Int32Array,
): GoldenDetectorRows {
  const picked = pickRows(scores);
  return {
    type,
    X: picked.map((row) => rowOf(rows, row, featureNames.length)),
    devices: picked.map((row) => devices[row]),
    labels: picked.map((row) => (scores[row] - offset < 0 ? -1 : 1)),
    scores: picked.map((row) => -scores[row]),
    threshold: -offset,
  };
}

const rowOf = (rows: FeatureValues, row: number, columns: number): number[] =>
  Array.from(rows.subarray(row * columns, (row + 1) * columns));
