import type { InjectedAtBudget } from './alert-budget.js';
import type { CrossValidationReport } from './cross-validation.js';
import type { ResolvedForestParams } from '../../training/core/forest/forest-params.js';
import type { EpisodeWindows } from './episodes.js';
import type { EpisodeThresholds, GateInput } from './gate/gate-check.js';
import type { GateResult } from './gate.js';
import type { InjectedKind } from './injection.js';
import type { LabelledDetail, LabelledMetrics } from './label-source.js';
import type { LabelFreeReport } from './label-free.js';
import type { HoldoutLabels, RealLabelReport } from './real-label-report.js';
import type { ScoreDistribution } from './metrics.js';
import type { ImportanceReport } from './permutation-importance.js';
import type { Recommendation } from './recommendations.js';
import type { MetricThresholds, ThresholdChecks } from './threshold-checks.js';

/** Everything an evaluation needs; plain data and one function. */
export interface EvaluationInput extends Omit<GateInput, 'episodes' | 'episodeThresholds'> {
  /** scikit-learn's `offset_`: `score_samples` below it is flagged. */
  readonly offset: number;
  /** The contamination the offset was set with; null = another threshold policy. */
  readonly contamination: number | null;
  /** Where and when the held-out rows are, in their order; null for a feature table without times. */
  readonly holdoutWindows: EpisodeWindows | null;
  /** `model.threshold.alerts_per_day`: recall by kind is reported at this budget too; needs `holdoutWindows`. */
  readonly alertsPerDayPerDevice?: number;
  /** To regrow the forest with other seeds; null for a detector without one. */
  readonly forestParams: ResolvedForestParams | null;
  readonly labels?: HoldoutLabels | null;
  /** `evaluation.thresholds`: minimum values of window metrics on planted anomalies. */
  readonly thresholds?: MetricThresholds;
  readonly enforceThresholds?: boolean;
  readonly episodeThresholds?: EpisodeThresholds;
  /** Forests to regrow for the seed stability, default 3; 0 = leave it out. */
  readonly seedStabilityRuns?: number;
  /** Rows scored per feature for the permutation importance, default 2,000; 0 = leave it out. */
  readonly importanceRows?: number;
}

/** What the consumer and the seeds read, under the seeds' names. */
export type BasicMetrics = LabelledMetrics & {
  /** Higher = more anomalous; flagged above it. The positive twin of `offset_`. */
  readonly threshold_value: number;
  /** Share of the held-out windows that are flagged; needs no labels. */
  readonly anomaly_ratio: number;
};

export type AdvancedMetrics = LabelledDetail & {
  /** Columns that anomalies were planted into: what the model reads, without the clock, codes and what training never saw vary. */
  readonly injected_columns: readonly string[];
  readonly injected_kinds: Readonly<
    Record<InjectedKind, { readonly recall: number; readonly roc_auc: number | null }>
  >;
  /** Null: the rows have no times, or no budget was given. */
  readonly at_alert_budget: InjectedAtBudget | null;
  /** Of the held-out windows, without labels; null when a score is not a number. */
  readonly score_distribution: (ScoreDistribution & { readonly label_source: 'none' }) | null;
};

/** Goes into report.json, the API and the UI as it is: snake_case, no NaN, no Infinity. */
export interface EvaluationReport {
  /** Source of `basic_metrics`, `advanced_metrics`, `threshold_checks` and `feature_importance`. */
  readonly label_source: 'injected';
  readonly basic_metrics: BasicMetrics;
  readonly advanced_metrics: AdvancedMetrics;
  /** Under the name of its source: exactly one of the two when labels were given. */
  readonly ground_truth: RealLabelReport | null;
  readonly feedback: RealLabelReport | null;
  readonly label_free: LabelFreeReport;
  /** Models of the same settings on earlier spans; null: turned off, or the rows have no times. */
  readonly cross_validation: CrossValidationReport | null;
  readonly threshold_checks: ThresholdChecks;
  readonly feature_importance: ImportanceReport | null;
  readonly gate: GateResult;
  readonly recommendations: readonly Recommendation[];
}
