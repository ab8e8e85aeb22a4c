import { Inject, Injectable } from '@nestjs/common';
import { EvaluationService } from '../evaluation/evaluation.service.js';
import type { CrossValidationReport } from '../evaluation/core/cross-validation.js';
import type { EvaluationReport } from '../evaluation/core/evaluation-report.js';
import type { LabelsFile } from '../evaluation/core/labels/label-coverage.js';
import { buildFeatureSpec } from '../features/core/feature-spec.js';
import { stateFile } from '../features/core/feature-state.js';
import type { FeatureSpec } from '../features/core/feature-spec-json.js';
import { APP_VERSION } from '../platform/app-version.js';
import { CLOCK, type Clock } from '../platform/clock.js';
import { startAhead } from '../platform/compute/thread-task.js';
import { atFailPoint, failPoint } from '../platform/config/fail-point.js';
import { ModelRegistryService } from '../registry/model-registry.service.js';
import { encodeModel } from '../registry/encode-model.js';
import type { ModelContent, TrainedModel } from '../registry/trained-model.js';
import { VERSION_FILES } from '../registry/core/version-files.js';
import type { Actor, NewModelVersion } from '../registry/model-version.js';
import { prepareDataset, type PreparedDataset } from '../training/core/prepare-dataset.js';
import { sha256Hex } from '../shared/digest.js';
import { crossValidationTask } from './cross-validation-task.js';
import { evaluationInput } from './evaluation-task.js';
import { hyperparameters } from './detector-settings.js';
import { ModelFitService, type FitOutcome } from './model-fit.service.js';
import type { RunConfig } from './run-config.js';
import type { RunContext } from './run-context.js';
import { TrainingInputService, type TrainingInput } from './training-input.service.js';
import type { TrainingOutcome } from './training-outcome.js';
import type { TrainingRequest } from './training-request.js';

/** Share of the reading after which the threads that come next are started: then they are ready when it ends. */
const THREADS_AHEAD = 0.7;

function startThreads(): void {
  startAhead('grow');
  startAhead('evaluate');
}

/** A model before it is judged. */
export interface FittedRun {
  readonly rows: TrainingInput;
  readonly data: PreparedDataset;
  readonly fitted: FitOutcome;
  readonly spec: FeatureSpec;
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
    const crossValidation = this.crossValidate(rows, config, context);
    const { data, fitted, spec } = await this.fitRows(rows, config, context);

    await context.step('evaluate');
    const input = evaluationInput({
      data,
      evidence: rows.evidence,
      set: rows.set,
      expectedSpec: spec,
      spec,
      devices: devicesOfRows(rows, rows.split.test),
      params: fitted.detector === null ? fitted.params : null,
      offset: fitted.detector?.offset ?? fitted.forestOffset,
      config: config.values,
    });
    const model = modelContent({ rows, data, fitted, spec }, config);
    const { forest, detector } = fitted;
    // The thread judges while this one encodes.
    const [judged, files] = await atFailPoint('evaluate', () =>
      Promise.all([
        this.evaluation.evaluate(
          { input, forest, detector: detector?.fitted ?? null, preprocessing: data.preprocessing },
          { signal: context.signal },
        ),
        atFailPoint('serialise', () => encodeModel(model, context.signal)),
      ]),
    );
    const evaluation = { ...judged, cross_validation: await crossValidation };

    await context.step('save');
    context.signal.throwIfAborted();
    const durationSeconds = (this.clock.monotonicMs() - started) / 1000;
    const trained = trainedModel(model, { request, config, context, rows, evaluation, durationSeconds });
    const outcome = (version: NewModelVersion): TrainingOutcome => ({
      model: version,
      modelSha256: version.artifacts[VERSION_FILES.model],
      logCount: rows.logCount,
      warnings: rows.warnings,
      evaluation,
      featureNames: rows.table.featureNames,
      durationSeconds,
    });
    const { model: registered } = await this.registry.register(
      trained,
      config.values.storage.version_format,
      this.clock.nowMs(),
      actor,
      files,
      async (transaction, version) => context.registered?.(transaction, outcome(version)),
    );
    return outcome(registered);
  }

  /** Everything that decides the bytes of the model: reading, preparing, growing, choosing the threshold. */
  async fit(request: TrainingRequest, config: RunConfig, context: RunContext): Promise<FittedRun> {
    return this.fitRows(await this.read(request, config, context), config, context);
  }

  private async fitRows(rows: TrainingInput, config: RunConfig, context: RunContext): Promise<FittedRun> {
    await context.step('prepare');
    failPoint('split', 'before');
    const data = prepareDataset(rows.table, rows.set, rows.split, config.values.features);
    failPoint('split', 'after');
    await context.step('train');
    const fitted = await atFailPoint('fit', () => this.grow(data, rows, config, context));
    const spec = buildFeatureSpec({
      set: rows.set,
      window: rows.window,
      preprocessing: data.preprocessing,
      options: config.values.features,
      stateSha256: rows.state === null ? undefined : sha256Hex(stateFile(rows.state)),
    });
    return { rows, data, fitted, spec };
  }

  /** Reading, validating and windowing are one pass over the bytes; its progress covers three of the seeds' steps. */
  private async read(
    request: TrainingRequest,
    config: RunConfig,
    context: RunContext,
  ): Promise<TrainingInput> {
    await context.step('validate');
    await context.step('load');
    const input = await atFailPoint('validate', () => this.readInput(request, config, context));
    failPoint('extract', 'before');
    await context.step('extract');
    failPoint('extract', 'after');
    return input;
  }

  private readInput(
    request: TrainingRequest,
    config: RunConfig,
    context: RunContext,
  ): Promise<TrainingInput> {
    return this.input.read(request, config, {
      signal: context.signal,
      onProgress: (fraction) => {
        if (fraction > THREADS_AHEAD) startThreads();
        context.fraction('load', fraction);
      },
    });
  }

  /** Runs beside the fit and the evaluation of the final model, which it does not depend on. */
  private crossValidate(
    rows: TrainingInput,
    config: RunConfig,
    { signal }: RunContext,
  ): Promise<CrossValidationReport | null> {
    const task = crossValidationTask(rows, config);
    if (task === null) return Promise.resolve(null);
    const report = this.evaluation.crossValidate(task, { signal });
    // Until it is awaited, its failure is nobody's unhandled rejection.
    report.catch(() => undefined);
    return report;
  }

  private grow(
    data: PreparedDataset,
    rows: TrainingInput,
    config: RunConfig,
    context: RunContext,
  ): Promise<FitOutcome> {
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

/** What the files are made of whose bytes the input and the configuration decide. */
export function modelContent(run: FittedRun, config: RunConfig): ModelContent {
  const { data, fitted, spec, rows } = run;
  return {
    spec,
    featureState: rows.state,
    forest: fitted.forest,
    detector: trainedDetector(run),
    preprocessing: data.preprocessing,
    hyperparameters: hyperparameters(config.values.model),
    offset: fitted.forestOffset,
    trainValues: data.trainValues,
    trainRows: data.trainRows,
    goldenRows: data.judgedRaw,
    goldenScores: Float64Array.from(data.judgedRows, (row) => fitted.forestScores[row]),
    sklearnVersion: config.values.storage.sklearn_version,
  };
}

/** A labels file does not change a byte of the model, but every figure measured with it. */
function labelsLineage({ name, bytes, sha256 }: LabelsFile): Record<string, unknown> {
  return { name, bytes, sha256 };
}

interface TrainedParts {
  readonly request: TrainingRequest;
  readonly config: RunConfig;
  readonly context: RunContext;
  readonly rows: TrainingInput;
  readonly evaluation: EvaluationReport;
  readonly durationSeconds: number;
}

function trainedModel(model: ModelContent, parts: TrainedParts): TrainedModel {
  const { request, config, rows, evaluation } = parts;
  const { values } = config;
  return {
    ...model,
    trainingId: parts.context.trainingId,
    modelName: request.modelName,
    parentVersion: null,
    featureSet: rows.set.name,
    thresholdPolicy: values.model.threshold.policy,
    validationRows: rows.split.validation.length,
    testRows: rows.split.test.length,
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
    drift: {
      enabled: values.monitoring.enable_drift_detection,
      threshold: values.monitoring.drift_threshold,
    },
    selection: {
      start_ms: request.startMs,
      end_ms: request.endMs,
      programs: request.programs,
      ...(request.table === undefined ? {} : { input: 'features', label_column: request.table.labelColumn }),
      ...(rows.labelsFile === null ? {} : { labels: labelsLineage(rows.labelsFile) }),
    },
    durationSeconds: parts.durationSeconds,
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
  };
}

function trainedDetector({ fitted: { detector }, rows, data }: FittedRun): ModelContent['detector'] {
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
