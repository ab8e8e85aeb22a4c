import { averageRanks, mean, spearman } from '../../../shared/stats.js';
import { hashSeed } from '../../../shared/rng.js';
import { alertBudget, episodesAtBudget } from '../alert-budget.js';
import type { FoldRows } from '../fold-rows.js';
import { episodesOfWindowLabels, windowLabels } from '../episodes.js';
import type { FoldModel } from '../fold-model.js';
import { averagePrecision, rocAuc } from '../metrics.js';

export interface TrialInput {
  /** In time order, each later than its training rows (rolling origin). */
  readonly folds: readonly FoldRows[];
  /** Models that differ in their seed only, for each fold. */
  readonly seeds: number;
  readonly seed: number;
  readonly alertsPerDayPerDevice: number;
}

/** One model of one fold against real labels; null where a figure is not defined. */
export interface LabelledCell {
  readonly fold: number;
  readonly seed: number;
  readonly roc_auc: number | null;
  readonly average_precision: number | null;
  readonly episode_recall: number | null;
}

export interface TrialOutcome {
  /** Empty without labels. */
  readonly cells: readonly LabelledCell[];
  /** Fold -> mean Spearman correlation between the models of different seeds. */
  readonly stability: readonly number[];
  /** Fold -> mean rank of each judged row over the seeds, for the consensus with other trials. */
  readonly ranks: readonly Float32Array[];
}

/** Fits and scores every fold with every seed. @param fit the model of a fold from its training rows, with a seed */
export function runTrial(
  input: TrialInput,
  fit: (rows: FoldRows, fold: number, seed: number) => FoldModel,
): TrialOutcome {
  const cells: LabelledCell[] = [];
  const stability: number[] = [];
  const ranks: Float32Array[] = [];
  input.folds.forEach((rows, fold) => {
    const scores = Array.from({ length: input.seeds }, (_, i) =>
      fit(rows, fold, hashSeed(input.seed, i))
        .score(rows.test.values, rows.test.rows, rows.windows.deviceIndex)
        .map((score) => -score),
    );
    scores.forEach((values, seed) => {
      const cell = labelledCell(rows, values, input.alertsPerDayPerDevice);
      if (cell !== null) cells.push({ fold, seed, ...cell });
    });
    stability.push(pairwise(scores));
    ranks.push(meanRanks(scores));
  });
  return { cells, stability, ranks };
}

function labelledCell(
  { labels: known, windows }: FoldRows,
  scores: Float64Array,
  budget: number,
): Omit<LabelledCell, 'fold' | 'seed'> | null {
  if (known === null) return null;
  const { windowLabels: given } = known;
  const episodes = known.episodes ?? (given ? episodesOfWindowLabels(windows, given) : []);
  const labels = given ?? windowLabels(windows, episodes);
  const found = alertBudget(Float64Array.from(scores).sort(), windows, budget);
  return {
    roc_auc: rocAuc(labels, scores),
    average_precision: averagePrecision(labels, scores),
    episode_recall: found && episodesAtBudget(found, known.source, windows, scores, episodes).episode_recall,
  };
}

function pairwise(scores: readonly Float64Array[]): number {
  const pairs = scores.flatMap((one, i) => scores.slice(i + 1).map((other) => spearman(one, other)));
  const known = pairs.filter(Number.isFinite);
  // A constant score ranks nothing: nothing about it is stable.
  return pairs.length === 0 ? 1 : known.length === 0 ? 0 : mean(known);
}

function meanRanks(scores: readonly Float64Array[]): Float32Array {
  const sum = new Float64Array(scores[0].length);
  for (const values of scores) averageRanks(values).forEach((rank, row) => (sum[row] += rank));
  return Float32Array.from(sum, (rank) => rank / scores.length);
}
