import { Inject, Injectable } from '@nestjs/common';
import { EvaluationService } from '../evaluation/evaluation.service.js';
import type { EvaluationReport } from '../evaluation/core/evaluation-report.js';
import { buildFeatureSpec } from '../features/core/feature-spec.js';
import type { FeatureSpec } from '../features/core/feature-spec-json.js';
import { APP_VERSION } from '../platform/app-version.js';
import { CLOCK, type Clock } from '../platform/clock.js';
import { ModelRegistryService } from '../registry/model-registry.service.js';
import type { TrainedModel } from '../registry/trained-model.js';
import type { Actor, ModelVersion } from '../registry/model-version.js';
import { prepareDataset, type PreparedDataset } from '../training/core/prepare-dataset.js';
import { evaluationInput } from './evaluation-task.js';
import { hyperparameters, ModelFitService, type FittedModel } from './model-fit.service.js';
import type { RunConfig } from './run-config.js';
import type { RunContext } from './run-context.js';
import { TrainingInputService, type TrainingInput } from './training-input.service.js';
import type { TrainingRequest } from './training-request.js';

export interface TrainingOutcome {
  readonly model: ModelVersion;
  readonly modelSha256: string;
  /** Lines the training used; 0 for a feature table. */
  readonly logCount: number;
  readonly warnings: readonly string[];
  readonly evaluation: EvaluationReport;
  readonly featureNames: readonly string[];
  readonly durationSeconds: number;
}

/** The flow: export -> features -> training -> evaluation -> registry. One method a step, in order. */
@Injectable()
export class TrainingPipelineService {
  constructor(
    private readonly input: TrainingInputService,
    private readonly fitting: ModelFitService,
    private readonly evaluation: EvaluationService,
    private readonly registry: ModelRegistryService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async train(
    request: TrainingRequest,
    config: RunConfig,
    actor: Actor,
    context: RunContext,
  ): Promise<TrainingOutcome> {
    const started = this.clock.monotonicMs();
    const rows = await this.read(request, config, context);
    const { set } = rows;

    await context.step('prepare');
    const data = prepareDataset(rows.table, set, rows.split, config.values.features);

    await context.step('train');
    const fitted = await this.fit(data, rows, config, context);

    await context.step('evaluate');
    const spec = buildFeatureSpec({
      set,
      window: rows.window,
      preprocessing: data.preprocessing,
      options: config.values.features,
    });
    const input = evaluationInput({
      data,
      evidence: rows.evidence,
      set,
      expectedSpec: spec,
      spec,
      devices: devicesOfRows(rows, rows.split.test),
      params: fitted.detector === null ? fitted.params : null,
      offset: fitted.detector?.offset ?? fitted.forestOffset,
      config: config.values,
    });
    const evaluation = await this.evaluation.evaluate(
      {
        input,
        forest: fitted.forest,
        detector: fitted.detector?.fitted ?? null,
        preprocessing: data.preprocessing,
      },
      { signal: context.signal },
    );

    await context.step('save');
    context.signal.throwIfAborted();
    const durationSeconds = (this.clock.monotonicMs() - started) / 1000;
    const trained = trainedModel({
      request,
      config,
      context,
      rows,
      data,
      fitted,
      evaluation,
      spec,
      durationSeconds,
    });
    const { model, modelSha256 } = await this.registry.register(
      trained,
      config.values.storage.version_format,
      this.clock.nowMs(),
      actor,
    );
    return {
      model,
      modelSha256,
      logCount: rows.logCount,
      warnings: rows.report.warnings.map(({ message }) => message),
      evaluation,
      featureNames: rows.table.featureNames,
      durationSeconds,
    };
  }

  /** Reading, validating and windowing are one pass over the bytes; its progress covers three of the seeds' steps. */
  private async read(
    request: TrainingRequest,
    config: RunConfig,
    context: RunContext,
  ): Promise<TrainingInput> {
    await context.step('validate');
    await context.step('load');
    const input = await this.input.read(request, config, {
      signal: context.signal,
      onProgress: (fraction) => {
        context.fraction('load', fraction);
      },
    });
    await context.step('extract');
    return input;
  }

  private fit(
    data: PreparedDataset,
    rows: TrainingInput,
    config: RunConfig,
    context: RunContext,
  ): Promise<FittedModel> {
    const fitRows = {
      data,
      features: rows.set.features,
      devices: rows.table.devices,
      trainDevices: devicesOfRows(rows, rows.split.train),
      rowsPerDay: rows.rowsPerDay,
    };
    return this.fitting.fit(fitRows, config, {
      nJobs: config.values.training.n_jobs,
      signal: context.signal,
      onProgress: (fraction) => {
        context.fraction('train', fraction);
      },
    });
  }
}

/** Device of each of the named rows of the table. */
function devicesOfRows({ table }: TrainingInput, rows: Int32Array): Int32Array {
  return rows.map((row) => table.deviceIndex[row]);
}

interface TrainedParts {
  readonly request: TrainingRequest;
  readonly config: RunConfig;
  readonly context: RunContext;
  readonly rows: TrainingInput;
  readonly data: PreparedDataset;
  readonly fitted: FittedModel;
  readonly evaluation: EvaluationReport;
  readonly spec: FeatureSpec;
  readonly durationSeconds: number;
}

function trainedModel(parts: TrainedParts): TrainedModel {
  const { request, config, rows, data, evaluation, fitted } = parts;
  const { values } = config;
  return {
    trainingId: parts.context.trainingId,
    modelName: request.modelName,
    parentVersion: null,
    featureSet: rows.set.name,
    spec: parts.spec,
    forest: fitted.forest,
    preprocessing: data.preprocessing,
    detector: trainedDetector(parts),
    hyperparameters: hyperparameters(values.model),
    offset: fitted.forestOffset,
    thresholdPolicy: values.model.threshold.policy,
    trainValues: data.trainValues,
    trainRows: data.trainRows,
    validationRows: rows.split.validation.length,
    testRows: rows.split.test.length,
    goldenRows: data.judgedRaw,
    goldenScores: Float64Array.from(data.judgedRows, (row) => fitted.forestScores[row]),
    evaluation,
    validation: rows.report,
    logCount: rows.logCount,
    inputFiles: rows.report.files,
    config: {
      model: values.model,
      features: values.features,
      training: values.training,
      evaluation: values.evaluation,
    },
    configHash: config.hash,
    codeVersion: APP_VERSION,
    sklearnVersion: values.storage.sklearn_version,
    drift: {
      enabled: values.monitoring.enable_drift_detection,
      threshold: values.monitoring.drift_threshold,
    },
    selection: {
      start_ms: request.startMs,
      end_ms: request.endMs,
      programs: request.programs,
      ...(request.table === undefined ? {} : { input: 'features', label_column: request.table.labelColumn }),
    },
    durationSeconds: parts.durationSeconds,
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
  };
}

function trainedDetector({ fitted: { detector }, rows, data }: TrainedParts): TrainedModel['detector'] {
  if (detector === null) return null;
  const { fitted, offset, servedScores } = detector;
  const devices = devicesOfRows(rows, rows.split.train);
  return {
    fitted,
    offset,
    goldenDevices: data.judgedRows.map((row) => devices[row]),
    goldenScores: Float64Array.from(data.judgedRows, (row) => servedScores[row]),
  };
}
