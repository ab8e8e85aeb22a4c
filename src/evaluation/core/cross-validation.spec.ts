import { describe, expect, it } from 'vitest';
import {
  networkRows,
  SCENARIO_FEATURES,
  scenarioWindows,
} from '../../../test/support/evaluation-scenario.js';
import { tableSet } from '../../features/core/table-set.js';
import { createRng } from '../../shared/rng.js';
import { PLAIN_FOREST_ENGINE } from '../../training/core/forest/forest-engine.js';
import { crossValidate, type CrossValidationInput } from './cross-validation.js';
import type { FoldRows } from './fold-rows.js';
import { DETECTOR_PARAMS } from '../../../test/support/detector-fit.js';
import { DETECTOR_TYPES } from '../../training/core/detectors/detector.js';
import { fitFold, type FoldSettings } from './fold-model.js';
import type { Matrix } from './gate/gate-check.js';
import { rollingFolds, type RollingFold } from './rolling-origin.js';

const SLOTS = 1800;
const ROWS = networkRows(0, SLOTS, createRng(3, 1));
const WINDOWS = scenarioWindows(0, SLOTS);
const OPTIONS = { folds: 5, gapWindows: 1, windowSeconds: 300, strideSeconds: 300 };
const FOLDS = rollingFolds(WINDOWS.startMs, OPTIONS);

const SETTINGS: FoldSettings = {
  set: tableSet(SCENARIO_FEATURES.map(({ name }) => name)),
  options: { impute: 'median', clip: 'quantiles' },
  params: {
    n_estimators: 50,
    max_samples: 'auto',
    contamination: 0.02,
    max_features: 1,
    bootstrap: false,
    random_state: 42,
  },
  threshold: {
    policy: 'contamination',
    contamination: 0.02,
    value: null,
    alertsPerDay: 3,
    windowsPerDay: 288,
  },
  detector: null,
};

function matrix(rows: Int32Array): Matrix {
  const { columns, values } = ROWS;
  return {
    values: values.slice(rows[0] * columns, (rows[rows.length - 1] + 1) * columns),
    rows: rows.length,
    columns,
  };
}

function foldRows(fold: RollingFold, attacked: boolean): FoldRows {
  const test = matrix(fold.test);
  const windows = {
    ...WINDOWS,
    deviceIndex: WINDOWS.deviceIndex.slice(fold.test[0], fold.test[0] + test.rows),
    startMs: WINDOWS.startMs.slice(fold.test[0], fold.test[0] + test.rows),
  };
  // Window 100 of the block is an attack: every load far beyond anything seen.
  const values = test.values.map((value, i) =>
    attacked && Math.floor(i / test.columns) === 100 && i % test.columns < 21 ? value + 5000 : value,
  );
  const startMs = windows.startMs[100];
  const episode = { devices: ['ap-1'], startMs, endMs: startMs + 300_000, kind: 'flood', isAnomaly: true };
  return {
    ...fold,
    train: matrix(fold.train),
    trainDevices: WINDOWS.deviceIndex.slice(0, fold.train.length),
    trainRows: fold.train.length,
    test: { ...test, values },
    testRows: fold.test.length,
    windows,
    labels: attacked ? { source: 'ground_truth', episodes: [episode] } : null,
  };
}

const input = (attacked = false): CrossValidationInput => ({
  features: SCENARIO_FEATURES,
  folds: FOLDS.map((fold) => foldRows(fold, attacked)),
  requestedFolds: 5,
  seed: 42,
  alertsPerDayPerDevice: 3,
});

const run = (from: CrossValidationInput) =>
  crossValidate(from, (rows, fold) => fitFold(SETTINGS, PLAIN_FOREST_ENGINE, rows, fold));

describe('folds of a rolling origin', () => {
  it('train on all of the past and judge on the next block, with a gap between them', () => {
    expect(FOLDS).toHaveLength(5);
    FOLDS.forEach(({ train, test, trainRange, testRange }, i) => {
      // 300 slots a block, two devices; the gap of one window is taken from the past.
      expect(test).toHaveLength(600);
      expect(train).toHaveLength(600 * (i + 1) - 2);
      expect(train[0]).toBe(0);
      expect(testRange.fromMs - trainRange.toMs).toBe(300_000);
      expect(test[0]).toBeGreaterThan(train[train.length - 1]);
    });
    expect(FOLDS[4].test[599]).toBe(2 * SLOTS - 1);
  });

  it('that would be too small are left out', () => {
    expect(rollingFolds(WINDOWS.startMs.subarray(0, 600), OPTIONS).length).toBeLessThan(5);
    expect(rollingFolds(WINDOWS.startMs.subarray(0, 40), OPTIONS)).toEqual([]);
    expect(rollingFolds(new Float64Array(0), OPTIONS)).toEqual([]);
  });
});

describe('cross-validation', () => {
  const report = run(input())!;

  it('reports each fold and the spread over them, from planted anomalies', () => {
    expect(report).toMatchObject({
      label_source: 'injected',
      method: 'rolling_origin',
      requested_folds: 5,
      sampled: false,
      ground_truth_summary: null,
    });
    expect(report.folds.map(({ fold }) => fold)).toEqual([1, 2, 3, 4, 5]);
    expect(report.folds[0].metrics.label_source).toBe('injected');
    expect(report.folds.every(({ train_end, test_start }) => train_end < test_start)).toBe(true);
    const auc = report.folds.map(({ metrics }) => metrics.roc_auc!);
    const centre = auc.reduce((sum, value) => sum + value, 0) / 5;
    expect(centre).toBeGreaterThan(0.9);
    expect(report.summary.roc_auc?.mean).toBeCloseTo(centre, 12);
    expect(report.summary.roc_auc).toMatchObject({ folds: 5, min: Math.min(...auc), max: Math.max(...auc) });
  });

  it('is the same for the same seed', () => {
    expect(JSON.stringify(run(input()))).toBe(JSON.stringify(report));
    expect(JSON.stringify(run({ ...input(), seed: 43 }))).not.toBe(JSON.stringify(report));
  });

  it('says so when a fold saw a part of its windows only', () => {
    const [first, ...rest] = input().folds;
    expect(run({ ...input(), folds: [{ ...first, trainRows: 9_999 }, ...rest] })?.sampled).toBe(true);
  });

  it('counts real episodes where there are labels', () => {
    const truth = run(input(true))!;
    expect(truth.folds.map((fold) => fold.ground_truth?.episodes)).toMatchObject(
      Array.from({ length: 5 }, () => ({ label_source: 'ground_truth', episodes: 1, hit: 1 })),
    );
    expect(truth.ground_truth_summary).toMatchObject({ label_source: 'ground_truth', roc_auc: { folds: 5 } });
    expect(truth.folds[0].ground_truth?.at_alert_budget?.recall_by_kind).toEqual({ flood: 1 });
  });

  it('without a fold is no report', () => {
    expect(run({ ...input(), folds: [] })).toBeNull();
  });

  it.each(DETECTOR_TYPES)('fits a %s in each fold, with its devices', (type) => {
    const detector = { type, params: DETECTOR_PARAMS, calibrate: true, minRows: 250 };
    const judged = crossValidate({ ...input(true), folds: input(true).folds.slice(0, 2) }, (rows, fold) =>
      fitFold({ ...SETTINGS, detector }, PLAIN_FOREST_ENGINE, rows, fold),
    )!;
    expect(judged.folds).toHaveLength(2);
    for (const { metrics, ground_truth: truth } of judged.folds) {
      expect(metrics.roc_auc).toBeGreaterThan(0.8);
      expect(truth?.episodes).toMatchObject({ episodes: 1, hit: 1 });
    }
    const [first] = input(true).folds;
    const model = fitFold({ ...SETTINGS, detector }, PLAIN_FOREST_ENGINE, first, 1);
    const known = model.score(first.test.values, first.test.rows, first.windows.deviceIndex);
    const unknown = model.score(first.test.values, first.test.rows, null);
    expect(known).not.toEqual(unknown);
  });
});
