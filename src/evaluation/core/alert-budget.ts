import { countEpisodes, type Episode, type EpisodeCounts, type EpisodeWindows } from './episodes.js';
import { INJECTED_KINDS, sliceOfKind, type InjectedKind, type InjectedRows } from './injection.js';
import type { KnownLabelSource, Labelled } from './label-source.js';
import { daysCovered } from './label-free.js';
import { flagAbove, shareAbove } from './metrics.js';

/** The threshold at which the held-out windows give as many alerts as people are ready to read. */
export interface AlertBudget {
  /** As asked for (`model.threshold.alerts_per_day`). */
  readonly alerts_per_day_per_device: number;
  /** Flagged: score above it. */
  readonly threshold: number;
  /** Alerts among the held-out windows: at most the budget, fewer where scores repeat. */
  readonly alerts: number;
}

/** Detection at the alert budget, from labels of planted rows. */
export type InjectedAtBudget = Labelled<
  AlertBudget & { readonly recall_by_kind: Readonly<Record<InjectedKind, number>> }
>;

/** Detection at the alert budget, from episodes. */
export type EpisodesAtBudget = Labelled<
  AlertBudget &
    EpisodeCounts & {
      /** Share of the episodes of each kind that are hit. */
      readonly recall_by_kind: Readonly<Record<string, number>>;
    }
>;

/**
 * Finds the lowest threshold with no more alerts than the budget allows.
 *
 * @param sorted hold-out scores, ascending, higher = more anomalous
 * @returns null without a window
 */
export function alertBudget(
  sorted: Float64Array,
  windows: EpisodeWindows,
  alertsPerDayPerDevice: number,
): AlertBudget | null {
  const rows = sorted.length;
  if (rows === 0) return null;
  const devices = new Set(windows.deviceIndex).size;
  const allowed = Math.floor(alertsPerDayPerDevice * devices * daysCovered(windows));
  const threshold = allowed >= rows ? 0 : sorted[rows - 1 - allowed];
  if (!Number.isFinite(threshold)) return null;
  return {
    alerts_per_day_per_device: alertsPerDayPerDevice,
    threshold,
    alerts: Math.round(shareAbove(sorted, threshold) * rows),
  };
}

/** @param scores of the planted rows, higher = more anomalous */
export function injectedAtBudget(
  budget: AlertBudget,
  injected: InjectedRows,
  scores: Float64Array,
): InjectedAtBudget {
  const recall = (kind: InjectedKind): number => {
    const flags = flagAbove(sliceOfKind(scores, injected, kind), budget.threshold);
    return flags.reduce((sum, flag) => sum + flag, 0) / flags.length;
  };
  const byKind = Object.fromEntries(INJECTED_KINDS.map((kind) => [kind, recall(kind)])) as Record<
    InjectedKind,
    number
  >;
  return { label_source: 'injected', ...budget, recall_by_kind: byKind };
}

/** @param scores of the held-out windows, in the order of `windows` */
export function episodesAtBudget(
  budget: AlertBudget,
  source: KnownLabelSource,
  windows: EpisodeWindows,
  scores: Float64Array,
  episodes: readonly Episode[],
): EpisodesAtBudget {
  const counts = countEpisodes(windows, flagAbove(scores, budget.threshold), episodes);
  const recall = Object.entries(counts.by_kind).map(([kind, { episodes: all, hit }]): [string, number] => [
    kind,
    hit / all,
  ]);
  return { label_source: source, ...budget, ...counts, recall_by_kind: Object.fromEntries(recall) };
}
