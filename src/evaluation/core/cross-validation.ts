import { formatTimestamp } from '../../export/core/timestamp.js';
import { imputeAndClip } from '../../features/core/preprocess.js';
import { hashSeed } from '../../shared/rng.js';
import { mean } from '../../shared/stats.js';
import { alertBudget } from './alert-budget.js';
import { detectionMetrics } from './detection.js';
import type { RealLabelReport } from './real-label-report.js';
import type { FoldModel } from './fold-model.js';
import type { FoldRows } from './fold-rows.js';
import { plantAndScore } from './gate.js';
import type { FeatureColumn, Matrix } from './gate/gate-check.js';
import type { Labelled, LabelledMetrics } from './label-source.js';
import { daysCovered, finiteOrNull } from './label-free.js';
import { flagAbove, joinGroups } from './metrics.js';
import { realLabelReport, type JudgedScores } from './real-labels.js';

export interface CrossValidationInput {
  readonly features: readonly FeatureColumn[];
  readonly folds: readonly FoldRows[];
  readonly requestedFolds: number;
  readonly seed: number;
  readonly alertsPerDayPerDevice: number;
}

export interface MetricSpread {
  readonly mean: number;
  /** The population's; 0 for one fold. */
  readonly std: number;
  readonly min: number;
  readonly max: number;
  /** Folds in which the metric is defined. */
  readonly folds: number;
}

const SPREAD_METRICS = [
  'accuracy',
  'precision',
  'recall',
  'f1_score',
  'roc_auc',
  'average_precision',
] as const;

export type SpreadMetric = (typeof SPREAD_METRICS)[number];

/** Metric -> its spread over the folds; null: defined in none. */
export type FoldSummary = Labelled<Readonly<Record<SpreadMetric, MetricSpread | null>>>;

export interface FoldReport {
  /** From 1, in time order. */
  readonly fold: number;
  readonly train_start: string;
  readonly train_end: string;
  readonly test_start: string;
  readonly test_end: string;
  /** Windows of the past, and how many of them the fold's model was fitted on. */
  readonly train_rows: number;
  readonly fitted_rows: number;
  /** Windows of the next block, and how many of them it was judged on. */
  readonly test_rows: number;
  readonly judged_rows: number;
  /** Share of the judged windows above the fold's own threshold. */
  readonly flag_rate: number;
  readonly metrics: LabelledMetrics;
  /** With real labels. */
  readonly ground_truth: Pick<
    RealLabelReport,
    'label_source' | 'basic_metrics' | 'episodes' | 'at_alert_budget'
  > | null;
}

/** Of models of the same settings, each fitted on a part of the span before the test part. */
export type CrossValidationReport = Labelled<{
  readonly method: 'rolling_origin';
  readonly requested_folds: number;
  /** True: some folds were fitted or judged on a part of their windows, to bound the time. */
  readonly sampled: boolean;
  readonly folds: readonly FoldReport[];
  readonly summary: FoldSummary;
  /** Null: no labels, or no fold with both classes. */
  readonly ground_truth_summary: FoldSummary | null;
}>;

function spreadOf(values: readonly (number | null)[]): MetricSpread | null {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return null;
  const centre = mean(known);
  return {
    mean: centre,
    std: Math.sqrt(mean(known.map((value) => (value - centre) ** 2))),
    min: Math.min(...known),
    max: Math.max(...known),
    folds: known.length,
  };
}

function summarise(metrics: readonly LabelledMetrics[], source: FoldSummary['label_source']): FoldSummary {
  const spreads = SPREAD_METRICS.map((name) => [name, spreadOf(metrics.map((fold) => fold[name]))]);
  const byName = Object.fromEntries(spreads) as Record<SpreadMetric, MetricSpread | null>;
  return { label_source: source, ...byName };
}

function cleaned({ values, rows, columns }: Matrix, { preprocessing }: FoldModel): Matrix {
  const out = new Float32Array(rows * columns);
  imputeAndClip(values, rows, columns, preprocessing, out);
  return { values: out, rows, columns };
}

/** Planted anomalies and, where there are labels, the truth: the same figures as for the final model. */
function judgeFold(input: CrossValidationInput, rows: FoldRows, model: FoldModel, fold: number): FoldReport {
  const planted = plantAndScore({
    features: input.features,
    train: cleaned(rows.train, model),
    holdout: cleaned(rows.test, model),
    holdoutExtracted: rows.test.values,
    holdoutDevices: rows.windows.deviceIndex,
    score: model.score,
    seed: hashSeed(input.seed, fold),
  });
  const holdout = planted.holdoutScores.map((score) => -score);
  const injected = planted.injectedScores.map((score) => -score);
  const threshold = -model.offset;
  const flags = flagAbove(holdout, threshold);
  const sorted = Float64Array.from(holdout).sort();
  const scores: JudgedScores = {
    holdout,
    sweep: { sorted, days: finiteOrNull(daysCovered(rows.windows)) },
    threshold,
    flags,
    budget: alertBudget(sorted, rows.windows, input.alertsPerDayPerDevice),
  };
  const truth = rows.labels && realLabelReport(rows.labels, rows.windows, scores);
  return {
    fold,
    train_start: formatTimestamp(rows.trainRange.fromMs),
    train_end: formatTimestamp(rows.trainRange.toMs),
    test_start: formatTimestamp(rows.testRange.fromMs),
    test_end: formatTimestamp(rows.testRange.toMs),
    train_rows: rows.trainRows,
    fitted_rows: rows.train.rows,
    test_rows: rows.testRows,
    judged_rows: rows.test.rows,
    flag_rate: flags.reduce((sum, flag) => sum + flag, 0) / flags.length,
    metrics: detectionMetrics({ labelSource: 'injected', ...joinGroups(holdout, injected) }, threshold),
    ground_truth: truth && {
      label_source: truth.label_source,
      basic_metrics: truth.basic_metrics,
      episodes: truth.episodes,
      at_alert_budget: truth.at_alert_budget,
    },
  };
}

/**
 * Fits a model on each past and judges it on the block that follows. Deterministic for the seed.
 *
 * @param fit makes the model of one fold: preprocessing, detector and threshold, from its training rows only
 */
export function crossValidate(
  input: CrossValidationInput,
  fit: (rows: FoldRows, fold: number) => FoldModel,
): CrossValidationReport | null {
  if (input.folds.length === 0) return null;
  const folds = input.folds.map((rows, i) => judgeFold(input, rows, fit(rows, i + 1), i + 1));
  const truths = folds.flatMap(({ ground_truth: truth }) => truth?.basic_metrics ?? []);
  return {
    label_source: 'injected',
    method: 'rolling_origin',
    requested_folds: input.requestedFolds,
    sampled: folds.some((fold) => fold.fitted_rows < fold.train_rows || fold.judged_rows < fold.test_rows),
    folds,
    summary: summarise(
      folds.map(({ metrics }) => metrics),
      'injected',
    ),
    ground_truth_summary: truths.length === 0 ? null : summarise(truths, truths[0].label_source),
  };
}
