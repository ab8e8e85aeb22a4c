import { percentileSorted } from '../../shared/stats.js';

/** scikit-learn's `offset_` for contamination 'auto': the score of a row that is as easy to isolate as the average. */
const AUTO_OFFSET = -0.5;
/** Far above the last-bit differences of log and pow between machines, far below any difference that matters. */
const TIE_GUARD = 1e-9;

/**
 * The score below which a row is an anomaly: scikit-learn's `offset_` (negative).
 *
 * 'auto' gives exactly -0.5. A share gives the percentile of the training scores at which that share lies below,
 * moved down by less than half the way to the next lower score (at most 1e-9). Without that step, repeated rows sit
 * exactly ON the offset, and the last bit of a logarithm on another machine would turn them into anomalies. Labels of
 * the training rows are those of the plain percentile.
 *
 * @param trainScores score_samples of the training rows, n >= 1, any order, all finite.
 * @param contamination 'auto' or a share in (0, 0.5].
 */
export function contaminationOffset(trainScores: Float64Array, contamination: 'auto' | number): number {
  if (contamination === 'auto') return AUTO_OFFSET;
  const sorted = trainScores.slice().sort();
  const quantile = percentileSorted(sorted, 100 * contamination);
  const lower = nextLower(sorted, quantile);
  const offset = quantile - Math.min(TIE_GUARD, (quantile - lower) / 2);
  // Two scores that are neighbouring doubles have nothing between them: stay on the percentile.
  return offset > lower ? offset : quantile;
}

/** Largest value below `limit` in an ascending list; -Infinity when there is none. */
function nextLower(sorted: Float64Array, limit: number): number {
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (sorted[middle] < limit) from = middle + 1;
    else to = middle;
  }
  return from === 0 ? -Infinity : sorted[from - 1];
}

/** scikit-learn's decision_function: negative for an anomaly, the further below zero the stranger. */
export function decisionsFromScores(scores: Float64Array, offset: number, out: Float64Array): Float64Array {
  for (let i = 0; i < scores.length; i++) out[i] = scores[i] - offset;
  return out;
}

/** scikit-learn's predict: -1 (anomaly) if and only if score - offset < 0, otherwise 1. */
export function labelsFromScores(scores: Float64Array, offset: number, out: Int8Array): Int8Array {
  for (let i = 0; i < scores.length; i++) out[i] = isAnomaly(scores[i], offset) ? -1 : 1;
  return out;
}

/** The one comparison that decides; on the difference, as scikit-learn does, so that rounding is the same. */
export function isAnomaly(score: number, offset: number): boolean {
  return score - offset < 0;
}
