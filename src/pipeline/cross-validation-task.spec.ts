import { describe, expect, it } from 'vitest';
import { TrainingServiceConfig } from '../platform/config/schema/training-service-config.js';
import { crossValidationTask } from './cross-validation-task.js';
import type { TrainingInput } from './training-input.service.js';

const ROWS = 6000;
const WARMUP = 288;
const TEST_FROM = 4800;

/** One device, one column that holds the number of its row. */
const rows = {
  table: { featureNames: ['row'], values: Float32Array.from({ length: ROWS }, (_, row) => row) },
  times: {
    devices: ['ap'],
    deviceIndex: new Int32Array(ROWS),
    startMs: Float64Array.from({ length: ROWS }, (_, row) => row * 300_000),
    windowSeconds: 300,
  },
  split: {
    train: Int32Array.from({ length: 4000 - WARMUP }, (_, i) => i + WARMUP),
    validation: Int32Array.from({ length: TEST_FROM - 4001 }, (_, i) => 4001 + i),
    test: Int32Array.from({ length: ROWS - TEST_FROM }, (_, i) => TEST_FROM + i),
  },
  set: {
    features: [{ name: 'row', kind: 'measure', clock: false, rareEvent: false, evidence: null }],
    preprocessing: 'standard',
  },
  labels: null,
  rowsPerDay: 288,
} as unknown as TrainingInput;

function task(model: object = {}) {
  const values = new TrainingServiceConfig();
  Object.assign(values.model, model);
  return crossValidationTask(rows, { values, hash: '' })!;
}

describe('the folds of a run', () => {
  const numbers = (values: Float64Array | Float32Array): number[] => Array.from(values);

  it('begin after the hours that warmed the features up, and end before the part that judges the model', () => {
    const { folds } = task().input;
    expect(folds).toHaveLength(5);
    for (const { train, test, windows, testRange } of folds) {
      const seen = [...numbers(train.values), ...numbers(test.values)];
      expect(Math.min(...seen)).toBe(WARMUP);
      expect(Math.max(...seen)).toBeLessThan(TEST_FROM);
      // The rows, their times and the range that the report names are of the same windows.
      expect(numbers(windows.startMs)).toEqual(numbers(test.values).map((row) => row * 300_000));
      expect(testRange.fromMs).toBe(windows.startMs[0]);
      expect(Math.max(...numbers(train.values))).toBeLessThan(Math.min(...numbers(test.values)));
    }
  });

  it.each([
    ['isolation_forest', {}, 2_048],
    ['tail_probability', {}, 4_000],
    ['local_outlier_factor', {}, 3_700],
    ['isolation_forest', { calibration: 'device' }, 3_700],
  ] as const)('of a %s %o carry what fits its speed', (type, more, least) => {
    const { input, settings } = task({ type, ...more });
    const last = input.folds[4];
    expect(last.train.rows).toBeGreaterThanOrEqual(Math.min(least, last.trainRows));
    expect(last.trainDevices).toHaveLength(last.train.rows);
    expect(settings.detector?.type ?? 'isolation_forest').toBe(type);
    expect(settings.detector === null).toBe(type === 'isolation_forest' && !('calibration' in more));
  });

  it('of an ensemble are as small as those of its slowest member', () => {
    const ensemble = { members: ['tail_probability', 'local_outlier_factor'] };
    const { folds } = task({ type: 'ensemble', ensemble }).input;
    expect(Math.max(...folds.map(({ test }) => test.rows))).toBeLessThanOrEqual(1_024);
  });

  it('of a covariance, whose search takes long, are the last two, and the report says how many were asked for', () => {
    const { folds, requestedFolds } = task({ type: 'robust_covariance' }).input;
    const last = task({ type: 'tail_probability' }).input.folds.slice(-2);
    expect(requestedFolds).toBe(5);
    expect(folds.map(({ testRange }) => testRange)).toEqual(last.map(({ testRange }) => testRange));
  });
});
