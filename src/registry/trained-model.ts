import type { EvaluationReport } from '../evaluation/core/evaluation-report.js';
import type { InputFile, ValidationReport } from '../export/core/validation-report.js';
import type { TableFile, TableReport } from '../features/core/table-report.js';
import type { FeatureState } from '../features/core/feature-state.js';
import type { FeatureSpec } from '../features/core/feature-spec-json.js';
import type { FeatureValues, Preprocessing } from '../features/core/preprocessing.js';
import type { FittedDetector } from '../training/core/detectors/fitted-detector.js';
import type { Forest } from '../training/core/forest/forest.js';

/**
 * What decides the bytes of the model files: the same content gives the same files, whenever they are written. They need
 * not wait for the evaluation.
 */
export interface ModelContent {
  readonly spec: FeatureSpec;
  /** What the values depend on, as `spec.state_sha256` says; null = on the records alone. */
  readonly featureState: FeatureState | null;
  /** The model itself, or what the pickle falls back on when there is a detector. */
  readonly forest: Forest;
  /** null = the forest is the model. */
  readonly detector: TrainedDetector | null;
  readonly preprocessing: Preprocessing;
  readonly hyperparameters: Hyperparameters;
  /** scikit-learn's offset_, of the forest. */
  readonly offset: number;
  /** Training rows as extracted (NaN = missing), n x d. */
  readonly trainValues: FeatureValues;
  /** baseline.json as it is, instead of one made from `trainValues`: a version that only has another threshold. */
  readonly baseline?: unknown;
  readonly trainRows: number;
  /** Rows after imputation and clipping with their score_samples: golden.json is drawn from them. */
  readonly goldenRows: FeatureValues;
  readonly goldenScores: Float64Array;
  readonly sklearnVersion: string;
}

/** Everything the registry needs to write and register one trained version. */
export interface TrainedModel extends ModelContent {
  readonly trainingId: string;
  readonly modelName: string;
  readonly parentVersion: string | null;
  readonly featureSet: string;
  readonly thresholdPolicy: string;
  /** Files of the parent by name; those that are not written anew are taken over. */
  readonly carriedFiles?: Readonly<Record<string, () => Uint8Array>>;
  readonly validationRows: number;
  readonly testRows: number;
  readonly evaluation: EvaluationReport;
  /** What was found in the input: the report of an export, or of a feature table. */
  readonly validation: ValidationReport | TableReport;
  /** Lines the training used; 0 for a feature table. */
  readonly logCount: number;
  readonly inputFiles: readonly (InputFile | TableFile)[];
  /** Configuration sections that shape the model. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly configHash: string;
  readonly codeVersion: string;
  readonly drift: { readonly enabled: boolean; readonly threshold: number };
  /** Date range and program filter of the request, for the lineage. */
  readonly selection: Readonly<Record<string, unknown>>;
  readonly durationSeconds: number;
  readonly peakMemoryBytes: number;
}

/** A detector that scikit-learn's pickle cannot express. */
export interface TrainedDetector {
  readonly fitted: FittedDetector;
  /** Final scores below it are anomalies (scikit-learn's sign). */
  readonly offset: number;
  /** Of each golden row: its device, and its final score (scikit-learn's sign). */
  readonly goldenDevices: Int32Array;
  readonly goldenScores: Float64Array;
}

/** scikit-learn's constructor parameters, as configured. */
export interface Hyperparameters {
  readonly n_estimators: number;
  readonly max_samples: 'auto' | number;
  readonly contamination: 'auto' | number;
  readonly max_features: number;
  readonly bootstrap: boolean;
  readonly random_state: number;
}
