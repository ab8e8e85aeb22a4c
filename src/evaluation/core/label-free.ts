import { averageRanks, mean, rankCorrelation } from '../../shared/stats.js';
import type { EpisodeWindows } from './episodes.js';
import type { LabelFree } from './label-source.js';
import { countDistinctSorted, scoreDistribution } from './metrics.js';

export interface SeedStability {
  /** Forests regrown with other seeds. */
  readonly runs: number;
  /** Spearman's rank correlation between the model's hold-out scores and each of theirs; null = constant scores. */
  readonly mean_spearman: number | null;
  readonly min_spearman: number | null;
  /** Rank correlation of the model with the mean rank of the regrown forests. */
  readonly consensus_spearman: number | null;
}

export interface AlertRate {
  /** Share of the held-out windows that are flagged. */
  readonly flag_rate: number;
  readonly alerts: number;
  /** Null when the rows have no times (feature table). */
  readonly alerts_per_day: number | null;
  readonly alerts_per_day_per_device: number | null;
}

export type LabelFreeReport = LabelFree<
  AlertRate & {
    readonly holdout_rows: number;
    readonly score_std: number | null;
    readonly distinct_scores: number | null;
    readonly distinct_share: number | null;
    readonly seed_stability: SeedStability | null;
    /** Kolmogorov-Smirnov distance of training and hold-out scores (gate check C). */
    readonly train_holdout_ks: number | null;
  }
>;

export const finiteOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** Days from the first window's start to the last window's end. */
export function daysCovered({ startMs, windowSeconds }: EpisodeWindows): number {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const start of startMs) {
    if (start < first) first = start;
    if (start > last) last = start;
  }
  return startMs.length === 0 ? 0 : (last - first) / 86_400_000 + windowSeconds / 86_400;
}

export function alertRate(flags: Uint8Array, windows: EpisodeWindows | null): AlertRate {
  let alerts = 0;
  for (const flag of flags) alerts += flag;
  const flagRate = flags.length === 0 ? 0 : alerts / flags.length;
  if (windows === null) {
    return { flag_rate: flagRate, alerts, alerts_per_day: null, alerts_per_day_per_device: null };
  }
  const perDay = finiteOrNull(alerts / daysCovered(windows));
  const devices = new Set(windows.deviceIndex).size;
  return {
    flag_rate: flagRate,
    alerts,
    alerts_per_day: perDay,
    alerts_per_day_per_device: perDay === null ? null : finiteOrNull(perDay / devices),
  };
}

/**
 * How much of the ranking is the seed's choice.
 *
 * @param scores the model's hold-out scores
 * @param regrown hold-out scores of forests with other seeds, same sign, one array each
 */
export function seedStability(scores: Float64Array, regrown: readonly Float64Array[]): SeedStability | null {
  if (regrown.length === 0) return null;
  const own = averageRanks(scores);
  const others = regrown.map(averageRanks);
  const correlations = others.map((ranks) => rankCorrelation(own, ranks));
  const meanRank = new Float64Array(scores.length);
  for (const ranks of others) {
    for (let i = 0; i < ranks.length; i++) meanRank[i] += ranks[i];
  }
  return {
    runs: regrown.length,
    mean_spearman: finiteOrNull(mean(correlations)),
    min_spearman: finiteOrNull(Math.min(...correlations)),
    consensus_spearman: finiteOrNull(rankCorrelation(own, averageRanks(meanRank))),
  };
}

export interface LabelFreeInput {
  readonly scores: Float64Array;
  readonly flags: Uint8Array;
  readonly windows: EpisodeWindows | null;
  readonly regrown: readonly Float64Array[];
  readonly trainHoldoutKs: number | null;
}

export function labelFreeReport(input: LabelFreeInput): LabelFreeReport {
  const { scores, flags, windows, regrown, trainHoldoutKs } = input;
  const distribution = scoreDistribution(scores);
  const finite = distribution !== null;
  const distinct = finite ? countDistinctSorted(Float64Array.from(scores).sort()) : null;
  return {
    label_source: 'none',
    holdout_rows: scores.length,
    score_std: distribution?.std ?? null,
    distinct_scores: distinct,
    distinct_share: distinct === null ? null : distinct / scores.length,
    seed_stability: finite ? seedStability(scores, regrown) : null,
    train_holdout_ks: trainHoldoutKs,
    ...alertRate(flags, windows),
  };
}
