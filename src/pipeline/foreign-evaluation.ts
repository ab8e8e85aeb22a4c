import { randomUUID } from 'node:crypto';
import type { EvaluationReport } from '../evaluation/core/evaluation-report.js';
import type { EvaluateTask } from '../workers/evaluate.worker.js';
import { keptLogs, type ValidationReport } from '../export/core/validation-report.js';
import { assertNothingMissing } from '../features/core/feature-policy.js';
import { buildFeatureSpec, preprocessingOptionsFromSpec } from '../features/core/feature-spec.js';
import type { FeatureSpec } from '../features/core/feature-spec-json.js';
import { imputeAndClip } from '../features/core/preprocess.js';
import type { FeatureValues } from '../features/core/preprocessing.js';
import type { WindowTable } from '../features/core/window-table.js';
import { APP_VERSION } from '../platform/app-version.js';
import type { TrainedModel } from '../registry/trained-model.js';
import { createRng, nextFloat } from '../shared/rng.js';
import { depthLimit } from '../training/core/forest/forest-params.js';
import { rowsForJudging } from '../training/core/judged-rows.js';
import type { PreparedDataset } from '../training/core/prepare-dataset.js';
import { temporalSplit, type TemporalSplit } from '../training/core/split.js';
import { afterWarmup } from '../training/core/warmup.js';
import { evaluationInput } from './evaluation-task.js';
import { MAX_TABLE_VALUES, servingModel, type ForeignModel } from './foreign-model.js';
import { windowEvidence } from './holdout-evidence.js';
import type { RunConfig } from './run-config.js';

/** An export cut in time and seen through the model's own preprocessing: nothing is fitted on it. */
export interface Reference {
  readonly report: ValidationReport;
  readonly table: WindowTable;
  readonly split: TemporalSplit;
  readonly data: PreparedDataset;
}

export function referenceOf(
  model: ForeignModel,
  { report, table }: Pick<Reference, 'report' | 'table'>,
  { values }: RunConfig,
): Reference {
  const { window } = model.spec;
  const whole = temporalSplit(table.startMs, {
    validationSize: values.training.validation_size,
    testSize: values.training.test_size,
    gapWindows: 1,
    windowSeconds: window.length_seconds,
    strideSeconds: window.stride_seconds,
  });
  const split = model.set.hasState ? afterWarmup(whole, table.startMs, values.features.warmup_hours) : whole;
  return { report, table, split, data: seenBy(model, table, split) };
}

function seenBy({ preprocessing }: ForeignModel, table: WindowTable, split: TemporalSplit): PreparedDataset {
  const columns = table.featureNames.length;
  const part = (rows: Int32Array): { values: Float32Array; raw: Float32Array } => {
    const values = new Float32Array(rows.length * columns);
    rows.forEach((row, i) => {
      values.set(table.values.subarray(row * columns, (row + 1) * columns), i * columns);
    });
    const raw = new Float32Array(values.length);
    imputeAndClip(values, rows.length, columns, preprocessing, raw);
    const windows = { code: 'export_invalid', windows: 'windows' } as const;
    assertNothingMissing(raw, rows.length, table.featureNames, preprocessing, windows);
    return { values, raw };
  };
  const train = part(split.train);
  const judgedRows = rowsForJudging(split.train.length);
  const judged = part(judgedRows.map((row) => split.train[row]));
  const holdout = part(split.test);
  return {
    preprocessing,
    columns,
    trainRows: split.train.length,
    // Nothing is grown on these rows.
    trainScaled: new Float32Array(0),
    trainValues: train.values,
    judgedRows,
    judgedRaw: judged.raw,
    holdoutRows: split.test.length,
    holdoutValues: holdout.values,
    holdoutRaw: holdout.raw,
  };
}

/** The same gate as for a model trained here: the imported serving path against the last part of the export. */
export function foreignEvaluationTask(
  model: ForeignModel,
  reference: Reference,
  { values }: RunConfig,
): EvaluateTask {
  const { forest, preprocessing, offset, spec, set, hyperparameters } = model;
  const input = evaluationInput({
    data: reference.data,
    evidence: windowEvidence(reference.table, reference.split.test, reference.report, set),
    set,
    expectedSpec: specOfSet(model),
    spec,
    params: {
      nEstimators: forest.treeCount,
      maxSamples: Math.min(forest.maxSamples, reference.data.trainRows),
      maxFeatures: forest.featureCount,
      maxDepth: depthLimit(forest.maxSamples),
      bootstrap: hyperparameters.bootstrap,
      seed: hyperparameters.random_state,
      contamination: hyperparameters.contamination,
      warnings: [],
    },
    offset,
    config: values,
  });
  // The threshold came with the model, whatever policy is configured here.
  return { input: { ...input, contamination: null }, forest, detector: null, preprocessing };
}

/** What the model's spec would be if it had been made with the set of this service. */
function specOfSet({ set, spec, preprocessing }: ForeignModel): FeatureSpec {
  const { window } = spec;
  return buildFeatureSpec({
    set,
    window: {
      lengthSeconds: window.length_seconds,
      strideSeconds: window.stride_seconds,
      contextSeconds: window.context_seconds,
      groupBy: set.pooled ? 'all' : window.group_by,
      timezone: window.timezone,
      maxWindows: 1,
    },
    preprocessing,
    options: preprocessingOptionsFromSpec(spec),
    stateSha256: spec.state_sha256,
  });
}

const NOT_EVALUATED = 'not evaluated: run import-model again with --evaluate EXPORT';

/** Without windows of this network nothing is known about a model, so it does not pass. */
export function notEvaluated(offset: number): EvaluationReport {
  const check = {
    id: 'F',
    name: 'evaluated on an export of this network',
    passed: false,
    skipped: false,
    value: null,
    limit: null,
    message: NOT_EVALUATED,
  } as const;
  const report: Partial<Record<keyof EvaluationReport, unknown>> = {
    label_source: 'injected',
    basic_metrics: { label_source: 'injected', threshold_value: -offset },
    advanced_metrics: null,
    ground_truth: null,
    feedback: null,
    label_free: null,
    cross_validation: null,
    threshold_checks: null,
    feature_importance: null,
    gate: { passed: false, not_enough_data: false, checks: [check] },
    recommendations: [],
  };
  // Figures that were never measured are absent, not zero; a rejected version is only ever shown.
  return report as unknown as EvaluationReport;
}

const NO_EXPORT: ValidationReport = {
  is_valid: false,
  errors: [],
  warnings: [],
  stats: {
    log_count: 0,
    valid_logs: 0,
    invalid_logs: 0,
    wifi_logs: 0,
    wifi_ratio: 0,
    time_range_days: 0,
    start: null,
    end: null,
    devices: [],
    device_count: 0,
    programs: [],
    program_count: 0,
    levels: {},
    duplicates: 0,
    out_of_order: 0,
    order: 'none',
    gaps: { count: 0, longest_seconds: 0, devices: [] },
    clocks: { lines_checked: 0, devices_checked: 0, devices_off: 0, devices: [] },
    level_spelling: { families: {}, spellings: [] },
    non_empty_windows: 0,
    filtered_logs: 0,
    declared_records: null,
  },
  files: [],
};

export interface ForeignVersionParts {
  readonly model: ForeignModel;
  readonly modelName: string;
  /** Where the model came from, for the lineage. */
  readonly origin: Readonly<Record<string, unknown>>;
  readonly reference: Reference | null;
  readonly evaluation: EvaluationReport;
  readonly config: RunConfig;
  readonly durationSeconds: number;
}

/** The foreign model as the registry writes every model: all its files are made anew from the forest. */
export function foreignVersion(parts: ForeignVersionParts): TrainedModel {
  const { model, reference, config, origin } = parts;
  const { values } = config;
  const { rows: goldenRows, scores: goldenScores } = goldenOf(model, reference);
  const { trainValues, trainRows } = trainingTable(model, reference);
  return {
    // Names this import in metadata.json; there is no run behind it.
    trainingId: randomUUID(),
    modelName: parts.modelName,
    parentVersion: null,
    featureSet: model.set.name,
    spec: model.spec,
    featureState: model.state,
    forest: model.forest,
    detector: null,
    preprocessing: model.preprocessing,
    hyperparameters: model.hyperparameters,
    offset: model.offset,
    thresholdPolicy: 'imported',
    trainValues,
    trainRows,
    validationRows: reference?.split.validation.length ?? 0,
    testRows: reference?.split.test.length ?? 0,
    goldenRows,
    goldenScores,
    evaluation: parts.evaluation,
    validation: reference?.report ?? NO_EXPORT,
    logCount: reference === null ? 0 : keptLogs(reference.report.stats),
    inputFiles: reference?.report.files ?? [],
    config: { imported_from: origin, evaluation: values.evaluation },
    configHash: config.hash,
    codeVersion: APP_VERSION,
    sklearnVersion: values.storage.sklearn_version,
    drift: {
      enabled: values.monitoring.enable_drift_detection,
      threshold: values.monitoring.drift_threshold,
    },
    selection: origin,
    durationSeconds: parts.durationSeconds,
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
  };
}

/**
 * Rows of the drift baseline: the first part of the export it was judged on. The rows it was trained on are not in a
 * package, so without an export as many as it claims stand there as missing. A forest needs at least psi rows.
 */
function trainingTable(
  { forest, preprocessing }: ForeignModel,
  reference: Reference | null,
): { trainValues: FeatureValues; trainRows: number } {
  const columns = forest.featureCount;
  const known = reference?.data.trainValues ?? new Float32Array(0);
  const most = Math.floor(MAX_TABLE_VALUES / columns);
  const wanted = reference?.data.trainRows ?? Math.min(preprocessing.samplesSeen, most);
  const trainRows = Math.max(wanted, forest.maxSamples);
  const trainValues = new Float32Array(trainRows * columns).fill(Number.NaN);
  trainValues.set(known);
  return { trainValues, trainRows };
}

const MADE_UP_ROWS = 128;

/** Rows for golden.json: windows of the export, else those of the package, else rows across the thresholds. */
function goldenOf(
  model: ForeignModel,
  reference: Reference | null,
): { rows: FeatureValues; scores: Float64Array } {
  const columns = model.forest.featureCount;
  const rows =
    reference?.data.judgedRaw ??
    (model.golden === null ? madeUpRows(model) : Float64Array.from(model.golden.X.flat()));
  return { rows, scores: servingModel(model).scoreForest(rows, rows.length / columns) };
}

/** They prove later that the files still give the same answers, nothing more. */
function madeUpRows({ forest, preprocessing: { mean, scale } }: ForeignModel): Float64Array {
  const { featureCount: columns, feature, threshold } = forest;
  const low = new Float64Array(columns).fill(Infinity);
  const high = new Float64Array(columns).fill(-Infinity);
  for (let node = 0; node < feature.length; node++) {
    const column = feature[node];
    if (column < 0) continue;
    low[column] = Math.min(low[column], threshold[node]);
    high[column] = Math.max(high[column], threshold[node]);
  }
  const rng = createRng(columns, MADE_UP_ROWS);
  return Float64Array.from({ length: MADE_UP_ROWS * columns }, (_, i) => {
    const column = i % columns;
    // A column that no tree asks for keeps its mean.
    const scaled =
      low[column] > high[column] ? 0 : low[column] + nextFloat(rng) * (high[column] - low[column]);
    return scaled * scale[column] + mean[column];
  });
}
