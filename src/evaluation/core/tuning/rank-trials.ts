import { mean, spearman } from '../../../shared/stats.js';
import { bootstrapInterval, type BootstrapInterval } from '../bootstrap.js';
import type { KnownLabelSource, LabelSource } from '../label-source.js';
import type { TrialOutcome } from './run-trial.js';
import type { TrialSettings } from './search-space.js';

export interface FinishedTrial {
  readonly settings: TrialSettings;
  readonly outcome: TrialOutcome;
}

/** Means over folds and seeds; null: no labels, or not defined in any fold. */
export interface RankedTrial {
  readonly settings: TrialSettings;
  readonly is_current: boolean;
  /** What the trials are ranked by: ROC AUC, or without labels the mean of consensus and stability. */
  readonly objective: number | null;
  readonly roc_auc: number | null;
  readonly average_precision: number | null;
  readonly episode_recall: number | null;
  /** Spearman's correlation with the mean rank of all trials. */
  readonly consensus: number;
  /** Spearman's correlation between models of different seeds. */
  readonly seed_stability: number;
  /** This trial's objective minus that of the settings in use, fold by fold and seed by seed; folds are drawn. */
  readonly gain: BootstrapInterval;
}

export interface TrialRanking {
  readonly label_source: LabelSource;
  readonly objective: 'roc_auc' | 'consensus_and_stability';
  /** Best first. */
  readonly trials: readonly RankedTrial[];
  /** The settings in use, unless another trial is clearly better. */
  readonly recommended: TrialSettings;
  readonly is_change: boolean;
  readonly reason: string;
}

/** A smaller gain is not worth another configuration. */
export const MIN_GAIN = 0.005;

const known = (values: readonly (number | null)[]): number[] => values.filter((value) => value !== null);
const meanOf = (values: readonly (number | null)[]): number | null => {
  const some = known(values);
  return some.length === 0 ? null : mean(some);
};

/** The figure that decides, for each fold and seed (with labels) or each fold. */
interface Cell {
  readonly fold: number;
  readonly value: number | null;
}

/**
 * Ranks finished trials against the settings in use. These stay the recommendation unless a trial's gain is at least
 * {@link MIN_GAIN}, its whole 95 % interval lies above 0, and with labels it loses no average precision.
 *
 * @param finished the settings in use first; the result depends on these trials and the seed only
 */
export function rankTrials(
  finished: readonly FinishedTrial[],
  source: KnownLabelSource | null,
  seed: number,
): TrialRanking {
  const consensus = consensusOf(finished);
  const cellsOf = finished.map(({ outcome }, i): Cell[] =>
    source === null
      ? outcome.stability.map((value, fold) => ({ fold, value: (value + consensus[i][fold]) / 2 }))
      : outcome.cells.map(({ fold, roc_auc: value }) => ({ fold, value })),
  );
  const trials = finished.map(({ settings, outcome }, i): RankedTrial => {
    const column = (name: 'roc_auc' | 'average_precision' | 'episode_recall'): number | null =>
      meanOf(outcome.cells.map((cell) => cell[name]));
    return {
      settings,
      is_current: i === 0,
      objective: meanOf(cellsOf[i].map(({ value }) => value)),
      roc_auc: column('roc_auc'),
      average_precision: column('average_precision'),
      episode_recall: column('episode_recall'),
      consensus: mean(consensus[i]),
      seed_stability: mean(outcome.stability),
      gain: gainOver(cellsOf[0], cellsOf[i], seed),
    };
  });
  const current = trials[0];
  // Array.sort is stable: equal trials keep the order in which they were made.
  const ranked = [...trials].sort((a, b) => (b.objective ?? -1) - (a.objective ?? -1));
  const better = ranked.find((trial) => isClearlyBetter(trial, current));
  return {
    label_source: source ?? 'none',
    objective: source === null ? 'consensus_and_stability' : 'roc_auc',
    trials: ranked,
    recommended: (better ?? current).settings,
    is_change: better !== undefined,
    reason: reasonOf(better, trials.length),
  };
}

function isClearlyBetter(trial: RankedTrial, current: RankedTrial): boolean {
  const { estimate, low } = trial.gain;
  if (estimate === null || low === null || estimate < MIN_GAIN || low <= 0) return false;
  const [was, is] = [current.average_precision, trial.average_precision];
  return was === null || is === null || is >= was;
}

function reasonOf(better: RankedTrial | undefined, trials: number): string {
  const rule = `at least ${MIN_GAIN}, the whole 95 % interval above 0, and no average precision lost`;
  if (better === undefined)
    return `None of ${trials - 1} other settings has a clear gain (${rule}): the settings in use stay.`;
  const { estimate, low, high } = better.gain;
  return `A gain of ${estimate?.toFixed(3)} [${low?.toFixed(3)}, ${high?.toFixed(3)}] over the settings in use is clear (${rule}).`;
}

function gainOver(current: readonly Cell[], trial: readonly Cell[], seed: number): BootstrapInterval {
  const differences = trial.map(({ value }, i) => {
    const base = current.at(i)?.value ?? null;
    return value === null || base === null ? null : value - base;
  });
  return bootstrapInterval(trial.length, (drawn) => meanOf(Array.from(drawn, (row) => differences[row])), {
    seed,
    blocks: Int32Array.from(trial, ({ fold }) => fold),
  });
}

/** Trial -> fold -> correlation of its ranks with the mean rank of all trials. */
function consensusOf(finished: readonly FinishedTrial[]): number[][] {
  const folds = finished[0].outcome.ranks.length;
  const centre = Array.from({ length: folds }, (_, fold) => {
    const sum = new Float64Array(finished[0].outcome.ranks[fold].length);
    for (const { outcome } of finished) outcome.ranks[fold].forEach((rank, row) => (sum[row] += rank));
    return sum;
  });
  return finished.map(({ outcome }) =>
    outcome.ranks.map((ranks, fold) => {
      const correlation = spearman(Float64Array.from(ranks), centre[fold]);
      return Number.isFinite(correlation) ? correlation : 0;
    }),
  );
}
