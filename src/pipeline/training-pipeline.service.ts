import { Inject, Injectable } from '@nestjs/common';
import { EvaluationService } from '../evaluation/evaluation.service.js';
import type { EvaluationReport } from '../evaluation/core/evaluation-report.js';
import { refusalText } from '../export/core/refusal-text.js';
import type { ValidationReport } from '../export/core/validation-report.js';
import { featureSet } from '../features/core/feature-sets.js';
import { buildFeatureSpec } from '../features/core/feature-spec.js';
import type { FeatureSpec } from '../features/core/feature-spec-json.js';
import type { WindowTable } from '../features/core/window-table.js';
import { FeatureExtractionService, type Extraction } from '../features/feature-extraction.service.js';
import { APP_VERSION } from '../platform/app-version.js';
import { CLOCK, type Clock } from '../platform/clock.js';
import { ModelRegistryService } from '../registry/model-registry.service.js';
import type { Hyperparameters, TrainedModel } from '../registry/trained-model.js';
import type { Actor, ModelVersion } from '../registry/model-version.js';
import { AppError } from '../shared/errors.js';
import { assertEnoughWindows } from '../training/core/enough-windows.js';
import {
  parseForestParams,
  resolveForestParams,
  type ResolvedForestParams,
} from '../training/core/forest/forest-params.js';
import type { Forest } from '../training/core/forest/forest.js';
import { prepareDataset, type PreparedDataset } from '../training/core/prepare-dataset.js';
import { temporalSplit, type TemporalSplit } from '../training/core/split.js';
import { chooseOffset } from '../training/core/threshold-policy.js';
import { ForestTrainerService, type FitOptions } from '../training/forest-trainer.service.js';
import { evaluationInput } from './evaluation-task.js';
import { ingestTask } from './ingest-task.js';
import type { RunConfig } from './run-config.js';
import type { RunContext } from './run-context.js';
import type { TrainingRequest } from './training-request.js';

export interface TrainingOutcome {
  readonly model: ModelVersion;
  readonly modelSha256: string;
  readonly validation: ValidationReport;
  readonly evaluation: EvaluationReport;
  readonly featureNames: readonly string[];
  readonly durationSeconds: number;
}

interface Fitted {
  readonly params: ResolvedForestParams;
  readonly forest: Forest;
  readonly offset: number;
  readonly trainScores: Float64Array;
}

/** The flow: export -> features -> training -> evaluation -> registry. One method a step, in order. */
@Injectable()
export class TrainingPipelineService {
  constructor(
    private readonly features: FeatureExtractionService,
    private readonly trainer: ForestTrainerService,
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
    const { report, table } = await this.extract(request, config, context);
    assertTrainable(report);
    const set = featureSet(config.values.features.set);
    assertEnoughWindows(table, set);

    await context.step('prepare');
    const split = splitInTime(table, config);
    const data = prepareDataset(table, set, split, config.values.features);

    await context.step('train');
    const fitted = await this.fit(data, table, config, context);

    await context.step('evaluate');
    const spec = this.spec(data, config);
    const input = evaluationInput({
      table,
      split,
      data,
      report,
      set,
      expectedSpec: spec,
      spec,
      ...fitted,
      config: config.values,
    });
    const evaluation = await this.evaluation.evaluate(
      { input, forest: fitted.forest, preprocessing: data.preprocessing },
      { signal: context.signal },
    );

    await context.step('save');
    context.signal.throwIfAborted();
    const durationSeconds = (this.clock.monotonicMs() - started) / 1000;
    const trained = trainedModel({
      request,
      config,
      context,
      report,
      data,
      split,
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
      validation: report,
      evaluation,
      featureNames: table.featureNames,
      durationSeconds,
    };
  }

  /** Reading, validating and windowing are one pass over the bytes; its progress covers three of the seeds' steps. */
  private async extract(
    request: TrainingRequest,
    config: RunConfig,
    context: RunContext,
  ): Promise<Extraction> {
    await context.step('validate');
    await context.step('load');
    const extraction = await this.features.extract(ingestTask(request, config.values), {
      signal: context.signal,
      onProgress: (fraction) => {
        context.fraction('load', fraction);
      },
    });
    await context.step('extract');
    return extraction;
  }

  private async fit(
    data: PreparedDataset,
    table: WindowTable,
    config: RunConfig,
    context: RunContext,
  ): Promise<Fitted> {
    const { model, training } = config.values;
    const params = resolveForestParams(
      parseForestParams(hyperparameters(config)),
      data.trainRows,
      data.columns,
    );
    const matrix = { x: data.trainScaled, rows: data.trainRows, columns: data.columns };
    const options: FitOptions = {
      nJobs: training.n_jobs,
      signal: context.signal,
      onProgress: (fraction) => {
        context.fraction('train', fraction);
      },
    };
    const forest = await this.trainer.fit(matrix, params, options);
    const trainScores = await this.trainer.score(forest, matrix, options);
    const windowsPerDay = (24 * 60 * 60) / config.values.features.window.stride;
    const offset = chooseOffset(trainScores, {
      policy: model.threshold.policy,
      contamination: model.contamination,
      value: model.threshold.value,
      alertsPerDay: model.threshold.alerts_per_day,
      windowsPerDay: windowsPerDay * table.devices.length,
    });
    return { params, forest, offset, trainScores };
  }

  private spec(data: PreparedDataset, config: RunConfig): FeatureSpec {
    return buildFeatureSpec({
      set: featureSet(config.values.features.set),
      window: ingestTask({ files: [] }, config.values).window,
      preprocessing: data.preprocessing,
      options: config.values.features,
    });
  }
}

function assertTrainable(report: ValidationReport): void {
  if (report.is_valid) return;
  const lack = report.errors.every(({ code }) => code.startsWith('not_enough_'));
  throw new AppError(lack ? 'not_enough_data' : 'export_invalid', refusalText(report), {
    hint: '"mcp-training validate" on the same files shows the whole report.',
    details: { errors: report.errors, warnings: report.warnings, stats: report.stats },
  });
}

function splitInTime(table: WindowTable, { values }: RunConfig): TemporalSplit {
  return temporalSplit(table.startMs, {
    validationSize: values.training.validation_size,
    testSize: values.training.test_size,
    gapWindows: 1,
    windowSeconds: values.features.window.length,
    strideSeconds: values.features.window.stride,
  });
}

function hyperparameters({ values: { model } }: RunConfig): Hyperparameters {
  return {
    n_estimators: model.n_estimators,
    max_samples: model.max_samples,
    contamination: model.contamination,
    max_features: model.max_features,
    bootstrap: model.bootstrap,
    random_state: model.random_state,
  };
}

interface TrainedParts {
  readonly request: TrainingRequest;
  readonly config: RunConfig;
  readonly context: RunContext;
  readonly report: ValidationReport;
  readonly data: PreparedDataset;
  readonly split: TemporalSplit;
  readonly fitted: Fitted;
  readonly evaluation: EvaluationReport;
  readonly spec: FeatureSpec;
  readonly durationSeconds: number;
}

function trainedModel(parts: TrainedParts): TrainedModel {
  const { request, config, data, split, evaluation, fitted } = parts;
  const { values } = config;
  return {
    trainingId: parts.context.trainingId,
    modelName: request.modelName,
    parentVersion: null,
    featureSet: values.features.set,
    spec: parts.spec,
    forest: fitted.forest,
    preprocessing: data.preprocessing,
    hyperparameters: hyperparameters(config),
    offset: fitted.offset,
    thresholdPolicy: values.model.threshold.policy,
    trainValues: data.trainValues,
    trainRows: data.trainRows,
    validationRows: split.validation.length,
    testRows: split.test.length,
    goldenRows: data.judgedRaw,
    goldenScores: Float64Array.from(data.judgedRows, (row) => fitted.trainScores[row]),
    evaluation,
    validation: parts.report,
    inputFiles: parts.report.files,
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
    selection: { start_ms: request.startMs, end_ms: request.endMs, programs: request.programs },
    durationSeconds: parts.durationSeconds,
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
  };
}
