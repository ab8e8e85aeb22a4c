import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ColumnTraits } from './feature-policy.js';
import {
  cleanAndScale,
  fitPreprocessing,
  identityPreprocessing,
  imputeAndClip,
  scaleToFloat32,
} from './preprocess.js';
import type { PreprocessingOptions } from './preprocessing.js';

const MEDIAN: PreprocessingOptions = { impute: 'median', clip: 'none' };
const plain = (columns: number): ColumnTraits[] =>
  Array.from({ length: columns }, (_, i) => ({ name: `f${i}`, kind: 'measure', rareEvent: false }));

interface Golden {
  readonly scaler: { readonly mean: number[]; readonly var: number[]; readonly scale: number[] };
  readonly train_X: number[][];
  readonly X: number[][];
  readonly Z: number[][];
}

const GOLDEN_DIR = 'test/golden/sklearn';
const goldenFiles = readdirSync(GOLDEN_DIR).filter((name) => name.endsWith('.json'));

describe('StandardScaler', () => {
  it.each(goldenFiles)('equals scikit-learn on %s', (file) => {
    const golden = JSON.parse(readFileSync(`${GOLDEN_DIR}/${file}`, 'utf8')) as Golden;
    const rows = golden.train_X.length;
    const columns = golden.train_X[0].length;
    const prep = fitPreprocessing(
      Float64Array.from(golden.train_X.flat()),
      rows,
      columns,
      MEDIAN,
      plain(columns),
    );
    const close = (actual: Float64Array, expected: readonly number[]): void => {
      actual.forEach((value, i) => {
        expect(Math.abs(value - expected[i])).toBeLessThanOrEqual(1e-15 * Math.abs(expected[i]));
      });
    };
    close(prep.mean, golden.scaler.mean);
    close(prep.variance, golden.scaler.var);
    close(prep.scale, golden.scaler.scale);
    expect(prep.samplesSeen).toBe(rows);

    const scaled = new Float32Array(golden.X.length * columns);
    scaleToFloat32(Float64Array.from(golden.X.flat()), golden.X.length, columns, prep, scaled);
    expect(scaled).toEqual(Float32Array.from(golden.Z.flat()));
  });

  it('gives a constant column the scale 1, also when rounding makes its variance not quite 0', () => {
    const values = new Float64Array(30).fill(0.1);
    const prep = fitPreprocessing(values, 10, 3, MEDIAN, plain(3));
    expect([...prep.scale]).toEqual([1, 1, 1]);
  });
});

describe('identity preprocessing', () => {
  it('changes no value that float32 can hold', () => {
    const values = Float64Array.from([0, 1, 2.5, -3, 1e6, 4]);
    const prep = identityPreprocessing(3, 2);
    imputeAndClip(values, 3, 2, prep, values);
    const scaled = new Float32Array(6);
    scaleToFloat32(values, 3, 2, prep, scaled);
    expect([...scaled]).toEqual([0, 1, 2.5, -3, 1e6, 4]);
    expect([...prep.variance]).toEqual([1, 1]);
    expect(prep.samplesSeen).toBe(3);
  });
});

describe('imputation and clipping', () => {
  it('replaces the missing by the median of what is there, and by 0 where nothing ever is', () => {
    const values = Float64Array.from([1, NaN, NaN, NaN, 10, NaN, 4, 20, NaN]);
    const prep = fitPreprocessing(values, 3, 3, MEDIAN, plain(3));
    expect([...prep.imputeValue]).toEqual([2.5, 15, 0]);
    const out = new Float64Array(9);
    imputeAndClip(values, 3, 3, prep, out);
    expect([...out]).toEqual([1, 15, 0, 2.5, 10, 0, 4, 20, 0]);
    const mean = fitPreprocessing(
      Float64Array.from([1, NaN, 2, 6]),
      4,
      1,
      { impute: 'mean', clip: 'none' },
      plain(1),
    );
    expect(mean.imputeValue[0]).toBe(3);
  });

  it('clips to the 0.1 % and 99.9 % quantiles, but never a rare event, a category or a flag', () => {
    // 0, 1, .. 1000: numpy.percentile(.., [0.1, 99.9]) = [1, 999]
    const rows = 1001;
    const traits: ColumnTraits[] = [
      { name: 'a', kind: 'count', rareEvent: false },
      { name: 'b', kind: 'count', rareEvent: true },
      { name: 'c', kind: 'categorical', rareEvent: false },
      { name: 'd', kind: 'flag', rareEvent: false },
    ];
    const values = new Float64Array(rows * 4).map((_, i) => Math.floor(i / 4));
    const prep = fitPreprocessing(values, rows, 4, { impute: 'median', clip: 'quantiles' }, traits);
    expect([...prep.clipLow]).toEqual([1, -Infinity, -Infinity, -Infinity]);
    expect(prep.clipHigh[0]).toBeCloseTo(999, 9);
    expect([...prep.clipHigh.subarray(1)]).toEqual([Infinity, Infinity, Infinity]);
    const out = new Float64Array(4);
    imputeAndClip(Float64Array.from([5000, 5000, 5000, 5000]), 1, 4, prep, out);
    expect([...out]).toEqual([prep.clipHigh[0], 5000, 5000, 5000]);
  });

  it('without imputation refuses missing training values and names the feature', () => {
    const fit = (): unknown =>
      fitPreprocessing(Float64Array.from([1, NaN]), 2, 1, { impute: 'none', clip: 'none' }, plain(1));
    expect(fit).toThrowError(/"f0" is missing in 1 of 2/);
  });
});

describe('cleaning and scaling in one go', () => {
  it('gives the bits of one step after the other, for any part of the rows', () => {
    const [rows, columns] = [60, 4];
    const values = Float32Array.from({ length: rows * columns }, (_, i) =>
      i % 11 === 0 ? NaN : Math.sin(i * 12.9898) * 10 ** (i % columns),
    );
    const options: PreprocessingOptions = { impute: 'median', clip: 'quantiles' };
    const prep = fitPreprocessing(values, rows - 20, columns, options, plain(columns));
    const clean = new Float32Array(values.length);
    imputeAndClip(values, rows, columns, prep, clean);
    const expected = new Float32Array(values.length);
    scaleToFloat32(clean, rows, columns, prep, expected);
    const part = new Float32Array(30 * columns);
    cleanAndScale(values, { from: 25, rows: 30, columns }, prep, part);
    expect(part).toEqual(expected.subarray(25 * columns, 55 * columns));
    expect(clean).not.toEqual(values);
  });
});
