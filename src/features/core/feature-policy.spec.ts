import { describe, expect, it } from 'vitest';
import { assertNothingMissing, featurePolicy, type ColumnTraits } from './feature-policy.js';
import { fitPreprocessing, imputeAndClip } from './preprocess.js';
import type { PreprocessingOptions } from './preprocessing.js';

const SIGNAL: ColumnTraits = { name: 'mean_signal_strength', kind: 'measure', rareEvent: false };
const RATE: ColumnTraits = { name: 'mean_data_rate', kind: 'measure', rareEvent: false };
const DEAUTH: ColumnTraits = { name: 'deauth_ratio', kind: 'ratio', rareEvent: true };
const TYPE: ColumnTraits = { name: 'device_type', kind: 'categorical', rareEvent: false };
const ALL: PreprocessingOptions = { impute: 'median', clip: 'quantiles' };

describe('the policy of a feature', () => {
  it('is that of all features, but nothing rare and no code is clipped', () => {
    expect(featurePolicy(SIGNAL, ALL)).toEqual({ impute: 'median', clip: 'quantiles' });
    expect(featurePolicy(DEAUTH, ALL)).toEqual({ impute: 'median', clip: 'none' });
    expect(featurePolicy(TYPE, ALL)).toEqual({ impute: 'median', clip: 'none' });
  });

  it('is its own where it has one, key by key; a rare event is clipped when asked by name', () => {
    const options: PreprocessingOptions = {
      ...ALL,
      overrides: {
        mean_signal_strength: { impute: 'mean', clip: null },
        deauth_ratio: { impute: null, clip: 'quantiles' },
      },
    };
    expect(featurePolicy(SIGNAL, options)).toEqual({ impute: 'mean', clip: 'quantiles' });
    expect(featurePolicy(DEAUTH, options)).toEqual({ impute: 'median', clip: 'quantiles' });
    expect(featurePolicy({ ...SIGNAL, name: 'toString' }, options)).toEqual({
      impute: 'median',
      clip: 'quantiles',
    });
  });

  it.each([
    [{ impute: 'mean', clip: null }, /features\.overrides\.device_type\.impute is "mean"/],
    [{ impute: null, clip: 'quantiles' }, /features\.overrides\.device_type\.clip is "quantiles"/],
  ] as const)('makes no amounts of codes: %j', (own, message) => {
    const policy = (): unknown => featurePolicy(TYPE, { ...ALL, overrides: { device_type: own } });
    expect(policy).toThrowError(message);
  });
});

describe('policies per feature in the fit', () => {
  // Column 0: 1, 2, 6, missing. Median 2, mean 3. Column 1: the same.
  const values = Float32Array.from([1, 1, 2, 2, 6, 6, NaN, NaN]);

  it('fill each column its own way', () => {
    const prep = fitPreprocessing(
      values,
      4,
      2,
      { impute: 'median', clip: 'none', overrides: { mean_signal_strength: { impute: 'mean', clip: null } } },
      [SIGNAL, RATE],
    );
    expect([...prep.imputeValue]).toEqual([3, 2]);
  });

  it('clip only the column that is to be clipped', () => {
    // 0..1000 in both columns: numpy.percentile(.., [0.1, 99.9]) = [1, 999]
    const rising = new Float32Array(2002).map((_, i) => Math.floor(i / 2));
    const prep = fitPreprocessing(
      rising,
      1001,
      2,
      { impute: 'median', clip: 'quantiles', overrides: { mean_data_rate: { impute: null, clip: 'none' } } },
      [SIGNAL, RATE],
    );
    expect([...prep.clipLow, ...prep.clipHigh]).toEqual([1, -Infinity, 999, Infinity]);
  });

  it('refuse a missing training value only where it is not filled', () => {
    const fit = (name: string): unknown =>
      fitPreprocessing(
        values.slice(0, 8).fill(5, 7),
        4,
        2,
        { impute: 'median', clip: 'none', overrides: { [name]: { impute: 'none', clip: null } } },
        [SIGNAL, RATE],
      );
    expect(() => fit('mean_signal_strength')).toThrowError(
      /"mean_signal_strength" is missing in 1 of 4 training windows/,
    );
    expect(fit('mean_data_rate')).toMatchObject({ imputeValue: Float64Array.from([2, NaN]) });
  });

  it('refuse a later row that has a value missing there, with feature and number', () => {
    const complete = Float32Array.from([1, 1, 2, 2, 6, 6]);
    const options = {
      ...ALL,
      overrides: { mean_data_rate: { impute: 'none', clip: 'none' } },
    } satisfies PreprocessingOptions;
    const prep = fitPreprocessing(complete, 3, 2, options, [SIGNAL, RATE]);
    const later = Float32Array.from([NaN, 1, 1, NaN, 1, NaN]);
    imputeAndClip(later, 3, 2, prep, later);
    expect(later[0]).toBe(2);
    const check = (rows: number) => (): void => {
      const names = ['mean_signal_strength', 'mean_data_rate'];
      assertNothingMissing(later, rows, names, prep, { code: 'export_invalid', windows: 'windows' });
    };
    expect(check(3)).toThrowError(/^"mean_data_rate" is missing in 2 of 3 windows/);
    expect(check(1)).not.toThrow();
  });
});
