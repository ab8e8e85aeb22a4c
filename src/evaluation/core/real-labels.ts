import { episodesAtBudget, type AlertBudget } from './alert-budget.js';
import { detectionDetail, detectionMetrics, type HoldoutScores } from './detection.js';
import { countEpisodes, episodesOfWindowLabels, windowLabels, type EpisodeWindows } from './episodes.js';
import type { HoldoutLabels, RealLabelReport } from './real-label-report.js';

/** Held-out scores as people see them, and the operating points to count at. */
export interface JudgedScores {
  /** Higher = more anomalous, in the order of the windows. */
  readonly holdout: Float64Array;
  readonly sweep: HoldoutScores;
  /** Flagged: score above it. */
  readonly threshold: number;
  /** Row -> 1 = flagged at `threshold`. */
  readonly flags: Uint8Array;
  /** Null: the rows have no times, or no budget was given. */
  readonly budget: AlertBudget | null;
}

/** What real labels say about the held-out windows: window metrics, episodes, and both operating points. */
export function realLabelReport(
  labels: HoldoutLabels,
  windows: EpisodeWindows | null,
  scores: JudgedScores,
): RealLabelReport {
  const { source, windowLabels: given } = labels;
  const episodes = labels.episodes ?? (given && windows ? episodesOfWindowLabels(windows, given) : null);
  const perWindow = given ?? (windows && episodes ? windowLabels(windows, episodes) : null);
  const rows = perWindow && { labelSource: source, labels: perWindow, scores: scores.holdout };
  const bothClasses = rows !== null && rows.labels.includes(0) && rows.labels.includes(1);
  const { budget } = scores;
  return {
    label_source: source,
    labels: labels.origin ?? null,
    basic_metrics: bothClasses ? detectionMetrics(rows, scores.threshold) : null,
    advanced_metrics: bothClasses ? detectionDetail(rows, scores.threshold, scores.sweep) : null,
    episodes:
      windows && episodes
        ? { label_source: source, ...countEpisodes(windows, scores.flags, episodes) }
        : null,
    at_alert_budget:
      windows && episodes && budget
        ? episodesAtBudget(budget, source, windows, scores.holdout, episodes)
        : null,
  };
}
