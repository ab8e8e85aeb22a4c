import type { EpisodesAtBudget } from './alert-budget.js';
import type { Episode, EpisodeCounts } from './episodes.js';
import type { KnownLabelSource, Labelled, LabelledDetail, LabelledMetrics } from './label-source.js';
import type { LabelOrigin } from './labels/label-coverage.js';

/** Real labels of the held-out windows. */
export interface HoldoutLabels {
  readonly source: Exclude<KnownLabelSource, 'injected'>;
  /** Row of the hold-out -> 1 = anomaly. Without it the labels follow from the episodes. */
  readonly windowLabels?: Uint8Array;
  /** Without them, each run of labelled windows of a device is one. */
  readonly episodes?: readonly Episode[];
  /** Operator marks behind feedback labels. */
  readonly marks?: number;
  /** Where they were read. */
  readonly origin?: LabelOrigin;
}

/** Metrics from real labels, when there are any. */
export type RealLabelReport = Labelled<{
  /** Where the labels were read; null: not recorded. */
  readonly labels: LabelOrigin | null;
  /** Null: the held-out windows hold one class only. */
  readonly basic_metrics: LabelledMetrics | null;
  readonly advanced_metrics: LabelledDetail | null;
  /** Null: the labels name rows without times. */
  readonly episodes: Labelled<EpisodeCounts> | null;
  /** Null as `episodes`, or when no budget was given. */
  readonly at_alert_budget: EpisodesAtBudget | null;
}>;
