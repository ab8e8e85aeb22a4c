import type { Labelled, LabelledMetrics, KnownLabelSource } from './label-source.js';
import { shortNumber, type GateCheckResult } from './gate/gate-check.js';

/** Metrics that `evaluation.thresholds` may name. */
export const THRESHOLD_METRICS = [
  'accuracy',
  'precision',
  'recall',
  'f1_score',
  'roc_auc',
  'average_precision',
] as const;

export type ThresholdMetric = (typeof THRESHOLD_METRICS)[number];

export type MetricThresholds = Readonly<Partial<Record<ThresholdMetric, number>>>;

export interface ThresholdCheck {
  readonly metric: ThresholdMetric;
  readonly value: number | null;
  readonly threshold: number;
  readonly passed: boolean;
}

export type ThresholdChecks = Labelled<{
  /** True: a failed check blocks promotion; false: it warns. */
  readonly enforced: boolean;
  readonly passed: boolean;
  readonly checks: readonly ThresholdCheck[];
}>;

/** Compares window metrics with the configured minimum values; an undefined metric does not pass. */
export function checkThresholds(
  metrics: LabelledMetrics,
  thresholds: MetricThresholds,
  enforced: boolean,
): ThresholdChecks {
  const checks = THRESHOLD_METRICS.flatMap((metric): ThresholdCheck[] => {
    const threshold = thresholds[metric];
    if (threshold === undefined) return [];
    const value = metrics[metric];
    return [{ metric, value, threshold, passed: value !== null && value >= threshold }];
  });
  const labelSource: KnownLabelSource = metrics.label_source;
  return { label_source: labelSource, enforced, passed: checks.every(({ passed }) => passed), checks };
}

/** The gate's view of enforced thresholds: one more check, after the fixed ones. */
export function enforcedThresholdsCheck({ checks, label_source }: ThresholdChecks): GateCheckResult {
  const failed = checks.filter(({ passed }) => !passed);
  const base = { id: 'T', name: 'configured metric thresholds', skipped: false } as const;
  if (failed.length === 0) {
    const message = `All ${checks.length} configured thresholds hold (labels: ${label_source}).`;
    return { ...base, passed: true, value: checks.length, limit: checks.length, message };
  }
  const named = failed.map(({ metric, value, threshold }) => {
    const measured = value === null ? 'undefined' : shortNumber(value);
    return `${metric} is ${measured}, at least ${shortNumber(threshold)} is configured`;
  });
  const message =
    `${named.join('; ')} (labels: ${label_source}). evaluation.enforce_thresholds makes this block: ` +
    'improve the model, or correct evaluation.thresholds.';
  return { ...base, passed: false, value: checks.length - failed.length, limit: checks.length, message };
}
