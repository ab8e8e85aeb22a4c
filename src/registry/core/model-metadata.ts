import { TABLE_SET } from '../../features/core/table-set.js';
import type { EvaluationReport } from '../../evaluation/core/evaluation-report.js';

/** metadata.json: what the consumer reads (interop page, 7.4) and what a person wants to know. */

export interface ModelMetadataInput {
  readonly version: string;
  readonly modelName: string;
  /** RFC 3339 UTC with Z. */
  readonly createdAt: string;
  readonly trainingId: string;
  readonly description: string;
  readonly featureSet: string;
  readonly featureNames: readonly string[];
  readonly featureSpecHash: string;
  readonly exportFiles: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
  readonly logCount: number;
  readonly trainingSamples: number;
  readonly validationSamples: number;
  readonly testSamples: number;
  /** scikit-learn's constructor parameters as configured. */
  readonly hyperparameters: Readonly<Record<string, unknown>>;
  readonly trainingConfig: unknown;
  readonly configHash: string;
  readonly codeVersion: string;
  readonly modelSha256: string;
  readonly sklearnVersion: string;
  readonly trainingDurationSeconds: number;
  readonly peakMemoryBytes: number;
  /** scikit-learn's offset_ (negative); an alert is score_samples < offset_. */
  readonly offset: number;
  readonly thresholdPolicy: string;
  /** false: the model takes raw values, its scaler changes nothing. */
  readonly requiresScaler: boolean;
  readonly evaluation: EvaluationReport;
  readonly gate: { readonly passed: boolean };
  /** null: the model is the Isolation Forest of the pickle. */
  readonly detector: DetectorMetadata | null;
  readonly driftDetection: { readonly enabled: boolean; readonly threshold: number };
}

/** What a person, and our own loader, must know of a detector that the pickle cannot express. */
export interface DetectorMetadata {
  readonly type: string;
  /** Detectors that an ensemble joins; empty for another detector. */
  readonly members: readonly string[];
  /** Training rows that the detector carries as they are (detector.bin, model.onnx), for a local outlier factor. */
  readonly training_rows_kept: number;
  /** `device`: some devices have a distribution of their own; `shared`: all are compared with all. */
  readonly calibration: 'device' | 'shared';
  /** Devices in the order of their indices (input `device` of model.onnx). */
  readonly devices: readonly string[];
  /** Those that have a distribution of their own. */
  readonly calibrated_devices: readonly string[];
  /** Final score (0..1, higher = more anomalous) above which a window is an anomaly. */
  readonly threshold: number;
  /** model.onnx is the detector. false: a version of an earlier release, which scores in the training service only. */
  readonly onnx: boolean;
}

const FALLBACK_NOTE =
  'model.joblib is an Isolation Forest on the same windows, to fall back on: the evaluation is that of the detector, which scores in the training service and, where model.onnx exists, by it.';

/** The consumer subtracts naive datetimes and dies on a `Z`: ISO 8601 UTC without zone, 3 fraction digits. */
export function zonelessUtc(rfc3339: string): string {
  return rfc3339.replace(/(?:Z|\+00:00)$/, '');
}

export function buildMetadata(input: ModelMetadataInput): Record<string, unknown> {
  const createdAt = zonelessUtc(input.createdAt);
  return {
    // Top-level copies silence the warnings of the consumer's loader.
    model_type: 'IsolationForest',
    version: input.version,
    created_at: createdAt,
    model_info: {
      version: input.version,
      created_at: createdAt,
      model_type: 'IsolationForest',
      model_name: input.modelName,
      description: input.description,
      training_source: input.featureSet === TABLE_SET ? 'feature_table' : 'export_data',
      training_id: input.trainingId,
      export_file: input.exportFiles[0]?.name ?? null,
      export_files: input.exportFiles,
      model_hash: input.modelSha256,
      config_hash: input.configHash,
      code_version: input.codeVersion,
      sklearn_version: input.sklearnVersion,
      ...fallbackInfo(input),
    },
    training_info: trainingInfo(input),
    evaluation_info: {
      ...input.evaluation,
      gate_passed: input.gate.passed,
    },
    deployment_info: {
      status: input.gate.passed ? 'available' : 'rejected',
      deployed_at: null,
      deployed_by: null,
      deployment_environment: null,
    },
    monitoring_info: {
      drift_detection_enabled: input.driftDetection.enabled,
      drift_threshold: input.driftDetection.threshold,
      performance_tracking_enabled: false,
      last_monitoring_check: null,
      drift_scores: {},
    },
  };
}

function fallbackInfo({ detector }: ModelMetadataInput): Record<string, unknown> {
  return detector === null ? {} : { fallback: true, detector: detector.type, fallback_note: FALLBACK_NOTE };
}

function trainingInfo(input: ModelMetadataInput): Record<string, unknown> {
  return {
    feature_set: input.featureSet,
    feature_names: input.featureNames,
    feature_count: input.featureNames.length,
    feature_spec_hash: input.featureSpecHash,
    // The consumer's validator reads n_samples, its loader training_samples.
    training_samples: input.trainingSamples,
    n_samples: input.trainingSamples,
    validation_samples: input.validationSamples,
    test_samples: input.testSamples,
    log_count: input.logCount,
    export_file_size: input.exportFiles.reduce((sum, { bytes }) => sum + bytes, 0),
    model_parameters: input.hyperparameters,
    threshold_policy: input.thresholdPolicy,
    offset: input.offset,
    ...(input.detector === null ? {} : { detector: input.detector }),
    config: input.trainingConfig,
    training_duration: input.trainingDurationSeconds,
    training_memory_usage: input.peakMemoryBytes,
  };
}

export interface ManifestInput {
  readonly metadata: ModelMetadataInput;
  /** File name -> lower-case hex SHA-256, of every other file of the version directory. */
  readonly hashes: Readonly<Record<string, string>>;
}

/** deployment_manifest.json (interop page, 7.5): hashes and how to turn a score into a label. */
export function buildManifest({ metadata, hashes }: ManifestInput): Record<string, unknown> {
  return {
    model_version: metadata.version,
    created_at: zonelessUtc(metadata.createdAt),
    model_info: {
      version: metadata.version,
      model_name: metadata.modelName,
      model_type: 'IsolationForest',
      ...fallbackInfo(metadata),
    },
    training_info: {
      training_samples: metadata.trainingSamples,
      feature_count: metadata.featureNames.length,
      feature_names: metadata.featureNames,
      feature_spec_hash: metadata.featureSpecHash,
    },
    inference_config: {
      // Positive on purpose: an anomaly is -score_samples > threshold, which is predict() == -1.
      threshold: -metadata.offset,
      score: '-score_samples, 0..1, higher is more anomalous',
      requires_scaler: metadata.requiresScaler,
      sklearn_version: metadata.sklearnVersion,
      ...(metadata.detector === null ? {} : { detector: metadata.detector }),
    },
    dependencies: ['scikit-learn>=1.3.0', 'joblib>=1.2.0', 'numpy>=1.24.0'],
    file_hashes: hashes,
    file_integrity: hashes,
    deployment_ready: metadata.gate.passed,
  };
}
