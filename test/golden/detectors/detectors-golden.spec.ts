import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { chiSquaredQuantile } from '../../../src/training/core/detectors/chi-squared.js';
import { fastMcd } from '../../../src/training/core/detectors/fast-mcd.js';
import { scoreWithDetector } from '../../../src/training/core/detectors/fitted-detector.js';
import { localOutlierFactor } from '../../../src/training/core/detectors/local-outlier-factor.js';
import { robustCovariance } from '../../../src/training/core/detectors/robust-covariance.js';
import { tailProbability } from '../../../src/training/core/detectors/tail-probability.js';
import { familiesOf, fitOn, type DetectorRowsOfTest } from '../../support/detector-fit.js';

type Rows = number[][];

// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- names what the file holds
const golden = <T>(name: string): T =>
  JSON.parse(readFileSync(`test/golden/detectors/${name}.json`, 'utf8')) as T;

const oneDevice = (train: Rows): DetectorRowsOfTest => ({
  values: Float32Array.from(train.flat()),
  columns: train[0].length,
  devices: new Int32Array(train.length),
  names: ['ap'],
});

const asRows = (rows: Rows) => {
  const x = Float32Array.from(rows.flat());
  return { x, raw: x, rows: rows.length, columns: rows[0].length, groups: new Int32Array(rows.length) };
};

function expectClose(actual: ArrayLike<number>, expected: readonly number[], relative: number): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, i) => {
    const error = Math.abs(actual[i] - value) / Math.max(1, Math.abs(value));
    expect(error, `entry ${i}: ${actual[i]} for ${value}`).toBeLessThanOrEqual(relative);
  });
}

describe('tail_probability equals the formulas in numpy', () => {
  interface Device {
    readonly train: Rows;
    readonly train_scores: number[];
    readonly line: number;
    readonly test: Rows;
    readonly raw: number[];
    readonly scores: number[];
  }
  const { families, devices } = golden<{ families: number[]; devices: Device[] }>('tail');
  const perDevice = devices[0].train.length;
  // Both devices in one table, in order of time as windows come: each has to find its own rows again.
  const rows: DetectorRowsOfTest = {
    values: Float32Array.from(devices[0].train.flatMap((row, i) => [...row, ...devices[1].train[i]])),
    columns: families.length,
    devices: Int32Array.from({ length: 2 * perDevice }, (_, row) => row % 2),
    names: ['a', 'b'],
  };
  const { fitted, scores, tools } = fitOn('tail_probability', rows, { families: familiesOf(families) });

  it.each([0, 1])('on device %d: alert line, scores out of block, scores served', (device) => {
    const { line, train_scores: learnt, test, raw, scores: expected } = devices[device];
    expect(fitted.scale[device + 1]).toBeCloseTo(line, 12);
    const own = scores.filter((_, row) => row % 2 === device).map((value) => -value);
    expectClose(own, learnt, 1e-12);
    const input = asRows(test);
    const served = scoreWithDetector(
      fitted,
      input,
      test.length,
      new Int32Array(test.length).fill(device),
      tools,
    );
    expectClose(
      served.map((value) => -value),
      expected,
      1e-12,
    );
    const out = new Float64Array(test.length);
    const groups = new Int32Array(test.length).fill(device + 1);
    tailProbability.score(fitted.model, { ...input, groups }, out, tools);
    expectClose(out, raw, 1e-12);
  });
});

describe('robust_covariance equals scikit-learn', () => {
  interface Golden {
    readonly train: Rows;
    readonly location: number[];
    readonly covariance: Rows;
    readonly raw_support: number;
    readonly support: number;
    readonly half_log_determinant: number;
    readonly test: Rows;
    readonly squared_distances: number[];
    readonly envelope_score_samples: number[];
  }
  const { train, test, ...answers } = golden<Golden>('covariance');

  it('in location, covariance and support, whatever the seed', () => {
    const points = { values: Float64Array.from(train.flat()), rows: train.length, columns: 4 };
    for (const seed of [1, 2, 3]) {
      const fitted = fastMcd(points, 0.85, seed);
      expect([fitted.rawSupport, fitted.support]).toEqual([answers.raw_support, answers.support]);
      expectClose(fitted.location, answers.location, 1e-12);
      expectClose(fitted.covariance, answers.covariance.flat(), 1e-10);
    }
  });

  it('or finds a subset with a smaller determinant where many are nearly as good', () => {
    const points = { values: Float64Array.from(train.flat()), rows: train.length, columns: 4 };
    const { rawLogDeterminant } = fastMcd(points, null, 1);
    expect(rawLogDeterminant).toBeLessThanOrEqual(answers.half_log_determinant + 1e-9);
  });

  it('in the squared distances of new rows', () => {
    const { fitted, tools } = fitOn('robust_covariance', oneDevice(train), {
      calibrate: false,
      params: { supportFraction: 0.85 },
    });
    const out = new Float64Array(test.length);
    robustCovariance.score(fitted.model, asRows(test), out, tools);
    expectClose(out, answers.squared_distances, 1e-9);
    expectClose(
      out.map((value) => -value),
      answers.envelope_score_samples,
      1e-9,
    );
  });

  // scipy.stats.chi2.ppf
  it.each([
    [0.5, 4, 3.3566939800333224],
    [0.975, 4, 11.143286781877796],
    [0.975, 41, 60.5605717],
    [0.5, 1, 0.454936423119572],
  ])('uses the quantile %d of chi-squared with %d degrees of freedom', (p, freedom, expected) => {
    expect(chiSquaredQuantile(p, freedom)).toBeCloseTo(expected, 6);
  });
});

describe('local_outlier_factor equals scikit-learn', () => {
  interface Golden {
    readonly neighbours: number;
    readonly train: Rows;
    readonly train_factors: number[];
    readonly test: Rows;
    readonly factors: number[];
  }
  const { train, test, neighbours, train_factors: own, factors } = golden<Golden>('lof');

  it('on its own rows and on new ones, when the sample is all of them', () => {
    const params = { neighbours, referenceRows: 1000 };
    const { fitted, scores, tools } = fitOn('local_outlier_factor', oneDevice(train), {
      calibrate: false,
      params,
    });
    const out = new Float64Array(test.length);
    localOutlierFactor.score(fitted.model, asRows(test), out, tools);
    expectClose(out, factors, 1e-9);
    const scale = fitted.scale[0];
    expectClose(
      scores.map((score) => (scale * -score) / (1 + score)),
      own,
      1e-9,
    );
  });
});
