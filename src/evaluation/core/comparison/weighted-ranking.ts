/** Rows in the order of one model's scores, for ranking metrics of many samples of the same rows without sorting again. */
export interface RankedRows {
  /** Row numbers, highest score first. */
  readonly order: Int32Array;
  /** Position in `order` -> 1 = the last of rows with equal scores. */
  readonly endsTie: Uint8Array;
  /** Row -> 1 = anomaly. */
  readonly labels: Uint8Array;
}

export interface RankingFigures {
  readonly rocAuc: number | null;
  readonly averagePrecision: number | null;
}

const UNDEFINED: RankingFigures = { rocAuc: null, averagePrecision: null };

/** @param scores higher = more anomalous, finite */
export function rankRows(labels: Uint8Array, scores: Float64Array): RankedRows {
  const order = Int32Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a] || a - b);
  const endsTie = Uint8Array.from(order, (row, i) =>
    i + 1 === order.length || scores[order[i + 1]] !== scores[row] ? 1 : 0,
  );
  return { order, endsTie, labels };
}

/**
 * ROC AUC and average precision (`roc_auc_score`, `average_precision_score` of scikit-learn with `sample_weight`) in one
 * pass. Null with one class only.
 *
 * @param weights row -> how often it counts
 */
export function rankingFigures({ order, endsTie, labels }: RankedRows, weights: Int32Array): RankingFigures {
  let positives = 0;
  let negatives = 0;
  for (let row = 0; row < labels.length; row++) {
    if (labels[row] === 1) positives += weights[row];
    else negatives += weights[row];
  }
  if (positives === 0 || negatives === 0) return UNDEFINED;
  let [found, wrong, tieFound, tieWrong] = [0, 0, 0, 0];
  let wins = 0;
  let precision = 0;
  for (let i = 0; i < order.length; i++) {
    const row = order[i];
    if (labels[row] === 1) tieFound += weights[row];
    else tieWrong += weights[row];
    if (endsTie[i] === 0) continue;
    // Anomalies of this tie win against the normal rows below it, and half against those in it.
    wins += tieFound * (negatives - wrong - tieWrong + tieWrong / 2);
    found += tieFound;
    wrong += tieWrong;
    if (tieFound > 0) precision += (tieFound / positives) * (found / (found + wrong));
    tieFound = 0;
    tieWrong = 0;
  }
  return { rocAuc: wins / (positives * negatives), averagePrecision: precision };
}
