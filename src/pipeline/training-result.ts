import type { RealLabelReport } from '../evaluation/core/real-label-report.js';
import type { GateResult } from '../evaluation/core/gate.js';
import type { TrainingOutcome } from './training-outcome.js';

/** What `train --json` prints and the API returns for a finished run. */
export interface TrainingResult {
  readonly training_id: string;
  readonly status: 'completed' | 'rejected';
  readonly version: string;
  readonly model_name: string;
  readonly model_status: string;
  readonly model_path: string;
  readonly feature_set: string;
  readonly feature_names: readonly string[];
  readonly training_samples: number;
  readonly log_count: number;
  readonly training_duration: number;
  readonly label_source: string;
  readonly metrics: Readonly<Record<string, unknown>>;
  /** Measured with real labels: a labels file, a label field or a label column; null without any. */
  readonly ground_truth: Omit<RealLabelReport, 'advanced_metrics'> | null;
  readonly label_free: unknown;
  readonly gate: GateResult;
  readonly recommendations: unknown;
  readonly artifacts: Readonly<Record<string, string>>;
  readonly model_sha256: string;
  readonly threshold: number;
  readonly warnings: readonly string[];
}

export function trainingResult(
  trainingId: string,
  outcome: TrainingOutcome,
  modelPath: string,
): TrainingResult {
  const { model, evaluation } = outcome;
  return {
    training_id: trainingId,
    status: model.gate.passed ? 'completed' : 'rejected',
    version: model.version,
    model_name: model.modelName,
    model_status: model.status,
    model_path: modelPath,
    feature_set: model.featureSet,
    feature_names: outcome.featureNames,
    training_samples: model.trainingSamples,
    log_count: outcome.logCount,
    training_duration: outcome.durationSeconds,
    label_source: evaluation.label_source,
    metrics: { ...evaluation.basic_metrics },
    ground_truth: groundTruth(evaluation.ground_truth),
    label_free: evaluation.label_free,
    gate: model.gate,
    recommendations: evaluation.recommendations,
    artifacts: model.artifacts,
    model_sha256: outcome.modelSha256,
    threshold: evaluation.basic_metrics.threshold_value,
    warnings: outcome.warnings,
  };
}

/** The sweep over all thresholds stays in report.json. */
function groundTruth(report: RealLabelReport | null): TrainingResult['ground_truth'] {
  if (report === null) return null;
  const { label_source, labels, basic_metrics, episodes, at_alert_budget } = report;
  return { label_source, labels, basic_metrics, episodes, at_alert_budget };
}
