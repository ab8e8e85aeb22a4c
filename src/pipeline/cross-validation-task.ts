import type { FoldRows } from '../evaluation/core/fold-rows.js';
import type { FoldSettings } from '../evaluation/core/fold-model.js';
import type { ModelConfig } from '../platform/config/schema/model.schema.js';
import type { EpisodeWindows } from '../evaluation/core/episodes.js';
import type { HoldoutLabels } from '../evaluation/core/real-label-report.js';
import type { Matrix } from '../evaluation/core/gate/gate-check.js';
import { rollingFolds, type RollingFold } from '../evaluation/core/rolling-origin.js';
import { spreadRows } from '../training/core/judged-rows.js';
import type { CrossValidateTask } from '../workers/cross-validate.worker.js';
import { featureColumns } from './evaluation-task.js';
import type { RunConfig } from './run-config.js';
import type { TrainingInput } from './training-input.service.js';
import { thresholdChoice } from './threshold-choice.js';
import {
  calibrates,
  configuredDetectors,
  detectorParams,
  hasDetector,
  hyperparameters,
} from './detector-settings.js';

/** How many rows of a fold are looked at, so that the folds never take longer than the training they belong to. */
interface FoldLimits {
  /** The latest ones of those that were asked for. */
  readonly folds: number;
  readonly fitted: number;
  /** Without labels: an even sample of the block. */
  readonly judged: number;
  /** With labels: windows in a row, because episodes are. */
  readonly labelled: number;
}

/** A forest: 8 times what a tree of 256 rows sees. */
const FOREST: FoldLimits = { folds: 20, fitted: 2_048, judged: 1_024, labelled: 20_000 };
/** Tails rest on how many windows there are, and are cheap. */
const TAIL: FoldLimits = { folds: 20, fitted: 20_000, judged: 4_096, labelled: 20_000 };
/** The search for a covariance takes about a second for each device, however few its windows are. */
const COVARIANCE: FoldLimits = { folds: 2, fitted: 8_192, judged: 4_096, labelled: 20_000 };
/** Every row is compared with every reference. */
const NEIGHBOURS: FoldLimits = { folds: 20, fitted: 4_096, judged: 1_024, labelled: 8_192 };

/** The smallest of the limits of what the model is made of. */
function limitsOf(model: ModelConfig): FoldLimits {
  if (!hasDetector(model)) return FOREST;
  const limits: Record<string, FoldLimits> = {
    robust_covariance: COVARIANCE,
    local_outlier_factor: NEIGHBOURS,
  };
  const parts = configuredDetectors(model).map((type) => limits[type] ?? TAIL);
  const least = (pick: (one: FoldLimits) => number): number => Math.min(...parts.map(pick));
  return {
    folds: least((l) => l.folds),
    fitted: least((l) => l.fitted),
    judged: least((l) => l.judged),
    labelled: least((l) => l.labelled),
  };
}

/**
 * What a cross-validation needs: per fold the rows it looks at, copied, so that a year of windows is neither copied nor
 * kept. Null: it is turned off, the rows have no times, or they are too few.
 *
 * @param every all folds that were asked for, whatever they take
 */
export function crossValidationTask(
  rows: TrainingInput,
  config: RunConfig,
  { every = false } = {},
): CrossValidateTask | null {
  const { evaluation, features, training, model } = config.values;
  const { times, split } = rows;
  if (!evaluation.cross_validation || times === null || split.test.length === 0) return null;
  // The test part judges the final model and nothing else; what came before the training part warmed the features up.
  const [first, before] = [split.train[0], split.test[0]];
  const limits = limitsOf(model);
  const all = rollingFolds(times.startMs.subarray(first, before), {
    folds: training.cross_validation_folds,
    gapWindows: 1,
    windowSeconds: features.window.length,
    strideSeconds: features.window.stride,
  });
  if (all.length === 0) return null;
  const folds = every ? all : all.slice(-limits.folds);
  return {
    input: {
      features: featureColumns(rows.set, configuredDetectors(model)),
      folds: folds.map((fold) => foldRows(rows, times, laterBy(fold, first), limits)),
      requestedFolds: training.cross_validation_folds,
      seed: training.random_state,
      alertsPerDayPerDevice: model.threshold.alerts_per_day,
    },
    settings: foldSettings(rows, config),
  };
}

/** Settings of the models of the folds. */
export function foldSettings(
  { set, rowsPerDay }: Pick<TrainingInput, 'set' | 'rowsPerDay'>,
  { values }: Pick<RunConfig, 'values'>,
): FoldSettings {
  const { features, model } = values;
  return {
    set: { features: set.features, preprocessing: set.preprocessing },
    options: features,
    params: hyperparameters(model),
    threshold: thresholdChoice({ values }, rowsPerDay),
    detector: hasDetector(model)
      ? {
          type: model.type,
          params: detectorParams(model),
          calibrate: calibrates(model),
          minRows: model.calibration_min_windows,
        }
      : null,
  };
}

/** Row numbers of the part that begins at `first` -> those of the table. */
function laterBy(fold: RollingFold, first: number): RollingFold {
  const later = (rows: Int32Array): Int32Array => rows.map((row) => row + first);
  return { ...fold, train: later(fold.train), test: later(fold.test) };
}

function foldRows(
  { table, labels }: TrainingInput,
  times: EpisodeWindows,
  { train, test, trainRange, testRange }: RollingFold,
  limits: FoldLimits,
): FoldRows {
  const columns = table.featureNames.length;
  const fitted = picked(train, spreadRows(train.length, limits.fitted));
  const judged =
    labels === null ? picked(test, spreadRows(test.length, limits.judged)) : test.slice(0, limits.labelled);
  return {
    train: rowsOf(table.values, columns, fitted),
    trainDevices: Int32Array.from(fitted, (row) => times.deviceIndex[row]),
    trainRange,
    trainRows: train.length,
    test: rowsOf(table.values, columns, judged),
    testRange,
    testRows: test.length,
    windows: {
      ...times,
      deviceIndex: Int32Array.from(judged, (row) => times.deviceIndex[row]),
      startMs: Float64Array.from(judged, (row) => times.startMs[row]),
    },
    labels: labels && labelsOf(labels, judged),
  };
}

/** Labels of rows follow the rows; episodes find their windows by themselves. */
function labelsOf(labels: HoldoutLabels, judged: Int32Array): HoldoutLabels {
  const { windowLabels } = labels;
  return windowLabels === undefined
    ? labels
    : { ...labels, windowLabels: Uint8Array.from(judged, (row) => windowLabels[row]) };
}

const picked = (rows: Int32Array, positions: Int32Array): Int32Array =>
  positions.map((position) => rows[position]);

function rowsOf(values: Float32Array, columns: number, rows: Int32Array): Matrix {
  const out = new Float32Array(rows.length * columns);
  for (let i = 0; i < rows.length; i++) {
    out.set(values.subarray(rows[i] * columns, (rows[i] + 1) * columns), i * columns);
  }
  return { values: out, rows: rows.length, columns };
}
