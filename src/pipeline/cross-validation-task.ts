import type { FoldRows } from '../evaluation/core/cross-validation.js';
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
import { configuredDetectors, hasDetector, hyperparameters } from './detector-settings.js';

/** Rows a fold's forest is fitted on: 8 times what a tree of 256 rows sees. */
const MAX_FITTED_ROWS = 2_048;
/** Rows it is judged on without labels: an even sample of the block. */
const MAX_JUDGED_ROWS = 1_024;
/** Rows it is judged on with labels: windows in a row, because episodes are. */
const MAX_LABELLED_ROWS = 20_000;

/**
 * What a cross-validation needs: per fold the rows it looks at, copied, so that a year of windows is neither copied nor
 * kept. Null: it is turned off, the rows have no times, or they are too few, or the model is no plain forest.
 */
export function crossValidationTask(rows: TrainingInput, config: RunConfig): CrossValidateTask | null {
  const { evaluation, features, training, model } = config.values;
  const { times } = rows;
  if (!evaluation.cross_validation || times === null || rows.split.test.length === 0) return null;
  // The folds fit forests: figures of another detector would be called by the wrong name.
  if (hasDetector(model)) return null;
  // The test part judges the final model and nothing else.
  const before = rows.split.test[0];
  const folds = rollingFolds(times.startMs.subarray(0, before), {
    folds: training.cross_validation_folds,
    gapWindows: 1,
    windowSeconds: features.window.length,
    strideSeconds: features.window.stride,
  });
  if (folds.length === 0) return null;
  return {
    input: {
      features: featureColumns(rows.set, configuredDetectors(model)),
      folds: folds.map((fold) => foldRows(rows, times, fold)),
      requestedFolds: training.cross_validation_folds,
      seed: training.random_state,
      alertsPerDayPerDevice: model.threshold.alerts_per_day,
    },
    settings: {
      set: { features: rows.set.features, preprocessing: rows.set.preprocessing },
      options: features,
      params: hyperparameters(model),
      threshold: thresholdChoice(config, rows.rowsPerDay),
    },
  };
}

function foldRows(
  { table, labels }: TrainingInput,
  times: EpisodeWindows,
  { train, test, trainRange, testRange }: RollingFold,
): FoldRows {
  const columns = table.featureNames.length;
  const fitted = picked(train, spreadRows(train.length, MAX_FITTED_ROWS));
  const judged =
    labels === null
      ? picked(test, spreadRows(test.length, MAX_JUDGED_ROWS))
      : test.slice(0, MAX_LABELLED_ROWS);
  return {
    train: rowsOf(table.values, columns, fitted),
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
