import type { EvaluationReport } from '../evaluation/core/evaluation-report.js';
import type { ArtifactStore } from '../registry/artifact-store.js';
import type { GoldenSample } from '../registry/core/golden-sample.js';
import { VERSION_FILES } from '../registry/core/version-files.js';
import type { LoadedModel } from '../registry/loaded-model.js';
import type { ModelVersion } from '../registry/model-version.js';
import type { Hyperparameters, TrainedModel } from '../registry/trained-model.js';
import type { RowSplit } from '../training/core/shuffled-split.js';
import type { IngestSelection } from './ingest-task.js';
import type { ModelRows } from './model-input.service.js';
import type { NewThreshold } from './new-threshold.js';
import type { RunConfig } from './run-config.js';

export interface ThresholdVersionParts {
  readonly model: LoadedModel;
  readonly parent: ModelVersion;
  readonly store: ArtifactStore;
  readonly threshold: NewThreshold;
  readonly offset: number;
  readonly evaluation: EvaluationReport;
  readonly rows: ModelRows;
  readonly split: RowSplit;
  readonly selection: IngestSelection;
  readonly config: RunConfig;
  readonly trainingId: string;
  readonly codeVersion: string;
  readonly durationSeconds: number;
}

/** metadata.json of the parent, as far as it goes over to the child. */
interface ParentMetadata {
  readonly training_info: {
    readonly model_parameters: Hyperparameters;
    readonly config: Readonly<Record<string, unknown>> & {
      readonly model?: Readonly<Record<string, unknown>>;
    };
  };
  readonly model_info: { readonly sklearn_version: string };
}

/** The parent's settings with the threshold of the child: what a training of the child would have been given. */
function childConfig(
  { training_info: { config } }: ParentMetadata,
  { policy, value }: NewThreshold,
): Readonly<Record<string, unknown>> {
  const model = config.model ?? {};
  const before = typeof model.threshold === 'object' && model.threshold !== null ? model.threshold : {};
  const threshold = {
    ...before,
    policy,
    ...(policy === 'explicit' ? { value } : {}),
    ...(policy === 'alert_budget' ? { alerts_per_day: value } : {}),
  };
  const contamination = policy === 'contamination' ? { contamination: value } : {};
  return { ...config, model: { ...model, ...contamination, threshold } };
}

/** The parent with another operating point: same forest, preprocessing, baseline and golden rows. */
export function thresholdVersion(parts: ThresholdVersionParts): TrainedModel {
  const { model, parent, store, threshold, rows, config } = parts;
  const metadata = store.readJson(parent.version, VERSION_FILES.metadata) as ParentMetadata;
  const golden = store.readJson(parent.version, VERSION_FILES.golden) as GoldenSample;
  const parameters = metadata.training_info.model_parameters;
  const { monitoring } = config.values;
  return {
    // Names this version in metadata.json; there is no run behind it.
    trainingId: parts.trainingId,
    modelName: parent.modelName,
    parentVersion: parent.version,
    featureSet: parent.featureSet,
    spec: model.spec,
    forest: model.forest,
    preprocessing: model.preprocessing,
    hyperparameters:
      threshold.policy === 'contamination' ? { ...parameters, contamination: threshold.value } : parameters,
    offset: parts.offset,
    thresholdPolicy: threshold.policy,
    trainValues: new Float32Array(0),
    baseline: store.readJson(parent.version, VERSION_FILES.baseline),
    carriedFiles: Object.fromEntries(
      Object.keys(parent.artifacts).map((file) => [file, () => store.read(parent.version, file)]),
    ),
    trainRows: parent.trainingSamples,
    validationRows: parts.split.validation.length,
    testRows: parts.split.test.length,
    goldenRows: Float64Array.from(golden.X.flat()),
    goldenScores: Float64Array.from(golden.score_samples),
    evaluation: parts.evaluation,
    validation: rows.report,
    logCount: rows.logCount,
    inputFiles: rows.report.files,
    config: childConfig(metadata, threshold),
    configHash: config.hash,
    codeVersion: parts.codeVersion,
    sklearnVersion: metadata.model_info.sklearn_version,
    drift: { enabled: monitoring.enable_drift_detection, threshold: monitoring.drift_threshold },
    selection: {
      start_ms: parts.selection.startMs ?? null,
      end_ms: parts.selection.endMs ?? null,
      programs: parts.selection.programs ?? null,
      threshold: { ...threshold, parent_version: parent.version },
    },
    durationSeconds: parts.durationSeconds,
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
  };
}
