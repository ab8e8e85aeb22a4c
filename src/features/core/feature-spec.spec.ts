import { describe, expect, it } from 'vitest';
import { canonicalJson, sha256Hex } from '../../shared/digest.js';
import { AppError } from '../../shared/errors.js';
import { FEATURE_CATALOGUE } from './feature-catalogue.js';
import { featureColumns } from './feature-formulas.js';
import { featureSet, featureSetNames } from './feature-sets.js';
import {
  assertComputable,
  buildFeatureSpec,
  parseFeatureSpec,
  preprocessingFromSpec,
  preprocessingOptionsFromSpec,
  windowConfigFromSpec,
} from './feature-spec.js';
import { fitPreprocessing, identityPreprocessing } from './preprocess.js';
import type { PreprocessingOptions } from './preprocessing.js';
import type { WindowConfig } from './window-table.js';

const WINDOW: WindowConfig = {
  lengthSeconds: 300,
  strideSeconds: 60,
  contextSeconds: 1800,
  groupBy: 'device',
  timezone: 'Europe/Berlin',
  maxWindows: 100,
};

function sample() {
  const set = featureSet('wifi');
  const columns = set.features.length;
  const values = new Float64Array(50 * columns).map((_, i) => ((i * 7919) % 101) / 3);
  const options = { impute: 'median', clip: 'quantiles' } as const;
  const preprocessing = fitPreprocessing(values, 50, columns, options, set.features);
  return { set, preprocessing, spec: buildFeatureSpec({ set, window: WINDOW, preprocessing, options }) };
}

const stored = (spec: unknown): Record<string, unknown> =>
  JSON.parse(JSON.stringify(spec)) as Record<string, unknown>;

describe('feature_spec.json', () => {
  it('gives back the same preprocessing and window after a trip through a file', () => {
    const { spec, preprocessing } = sample();
    const parsed = parseFeatureSpec(stored(spec));
    expect(parsed).toEqual(spec);
    expect(preprocessingFromSpec(parsed)).toEqual(preprocessing);
    expect(windowConfigFromSpec(parsed, 100)).toEqual(WINDOW);
    expect(parsed.features.map(({ name }) => name)).toEqual(
      featureSet('wifi').features.map(({ name }) => name),
    );
  });

  it('of other definitions is refused by the first column that differs; the version alone is no obstacle', () => {
    const { spec, set } = sample();
    expect(() => {
      assertComputable({ ...spec, catalogue_version: '2' }, set, 'v1');
    }).not.toThrow();
    const list = { ...spec, catalogue_version: '2', features: spec.features.slice(0, 27) };
    expect(() => {
      assertComputable(list, set, 'v1');
    }).toThrow(
      /Model v1 .* definitions 2 .* column 28 \(none in the model, max_reconnects_per_mac_30m here\)/,
    );
    const changed = spec.features.map((entry, i) => (i === 1 ? { ...entry, definition: 'Other.' } : entry));
    expect(() => {
      assertComputable({ ...spec, features: changed }, set, 'v1');
    }).toThrow('column 2 (deauth_ratio');
  });

  it('covers the state with its hash', () => {
    const { set, preprocessing, spec } = sample();
    const options = { impute: 'median', clip: 'quantiles' } as const;
    const build = (stateSha256: string): string =>
      buildFeatureSpec({ set, window: WINDOW, preprocessing, options, stateSha256 }).hash;
    expect(build('a')).not.toBe(build('b'));
    expect(build('a')).not.toBe(spec.hash);
    const stateful = buildFeatureSpec({ set, window: WINDOW, preprocessing, options, stateSha256: 'a' });
    expect(parseFeatureSpec(stored(stateful))).toEqual(stateful);
  });

  it('records what is done to each feature, and an equal spec can be built from it', () => {
    const set = featureSet('wifi');
    const columns = set.features.length;
    const values = new Float32Array(50 * columns).map((_, i) => ((i * 7919) % 101) / 3);
    const options: PreprocessingOptions = {
      impute: 'median',
      clip: 'quantiles',
      overrides: {
        mean_signal_strength: { impute: 'mean', clip: 'none' },
        mean_data_rate: { impute: 'none', clip: null },
      },
    };
    const preprocessing = fitPreprocessing(values, 50, columns, options, set.features);
    const spec = buildFeatureSpec({ set, window: WINDOW, preprocessing, options });
    const policies = spec.features.map(({ name, impute, clip }) => [name, impute, clip]);
    expect(policies).toContainEqual(['mean_signal_strength', 'mean', 'none']);
    expect(policies).toContainEqual(['mean_data_rate', 'none', 'quantiles']);
    expect(policies).toContainEqual(['deauth_ratio', 'median', 'none']);
    expect(policies).toContainEqual(['log_count', 'median', 'quantiles']);
    const parsed = parseFeatureSpec(stored(spec));
    expect(parsed).toEqual(spec);
    expect(preprocessingFromSpec(parsed)).toEqual(preprocessing);
    expect(spec.preprocessing.impute_values[policies.findIndex(([name]) => name === 'mean_data_rate')]).toBe(
      null,
    );
    expect(
      buildFeatureSpec({ set, window: WINDOW, preprocessing, options: preprocessingOptionsFromSpec(parsed) }),
    ).toEqual(spec);
  });

  it('reads a file that has the policy of all features only', () => {
    const content = stored(sample().spec);
    delete content.hash;
    for (const entry of content.features as Record<string, unknown>[]) {
      delete entry.impute;
      delete entry.clip;
    }
    const old = { ...content, hash: sha256Hex(canonicalJson(content)) };
    expect(parseFeatureSpec(stored(old))).toEqual(old);
  });

  it('records how categories are coded', () => {
    const coded = sample().spec.features.flatMap(({ name, kind, categories }) =>
      categories === undefined ? [] : [[name, kind, categories]],
    );
    expect(coded).toEqual([
      ['device_type', 'categorical', { unknown: 0, asus: 1, openwrt: 2, access_point: 3, client: 4 }],
      ['connection_type', 'categorical', { unknown: 0, '2.4ghz': 1, '5ghz': 2, '6ghz': 3, mixed: 4 }],
    ]);
    expect(parseFeatureSpec(stored(sample().spec)).features).toEqual(sample().spec.features);
  });

  it('says that an agent set is pooled and takes raw values, whatever is configured', () => {
    const set = featureSet('agent-generic');
    const spec = buildFeatureSpec({
      set,
      window: { ...WINDOW, groupBy: 'all' },
      preprocessing: identityPreprocessing(70, 5),
      options: { impute: 'median', clip: 'quantiles' },
    });
    expect(spec).toMatchObject({ feature_set: 'agent-generic', pooled: true, window: { group_by: 'all' } });
    expect(spec.preprocessing).toEqual({
      kind: 'identity',
      impute: 'none',
      clip: 'none',
      impute_values: [0, 0, 0, 0, 0],
      clip_low: [null, null, null, null, null],
      clip_high: [null, null, null, null, null],
      scaler: { mean: [0, 0, 0, 0, 0], variance: [1, 1, 1, 1, 1], scale: [1, 1, 1, 1, 1], samples_seen: 70 },
    });
    expect(parseFeatureSpec(stored(spec))).toEqual(spec);
    expect(sample().spec).toMatchObject({ pooled: false, preprocessing: { kind: 'standard' } });
  });

  it('has the same hash for the same content and another for another window', () => {
    const { spec, set, preprocessing } = sample();
    const options = { impute: 'median', clip: 'quantiles' } as const;
    expect(buildFeatureSpec({ set, window: { ...WINDOW, maxWindows: 5 }, preprocessing, options }).hash).toBe(
      spec.hash,
    );
    const other = buildFeatureSpec({
      set,
      window: { ...WINDOW, lengthSeconds: 600 },
      preprocessing,
      options,
    });
    expect(other.hash).not.toBe(spec.hash);
  });

  it.each([
    ['features', (spec: Record<string, unknown>) => ({ ...spec, features: [] })],
    [
      'window.length_seconds',
      (spec: Record<string, unknown>) => ({ ...spec, window: { stride_seconds: 1 } }),
    ],
    [
      'preprocessing.scaler.scale',
      (spec: Record<string, unknown>) => {
        const preprocessing = spec.preprocessing as { scaler: { scale: number[] } };
        preprocessing.scaler.scale[3] = 0;
        return spec;
      },
    ],
    ['pooled', (spec: Record<string, unknown>) => ({ ...spec, pooled: 'no' })],
    [
      'preprocessing.kind',
      (spec: Record<string, unknown>) => ({
        ...spec,
        preprocessing: { ...(spec.preprocessing as object), kind: 'other' },
      }),
    ],
    ['feature_spec', () => null],
    ['hash is', (spec: Record<string, unknown>) => ({ ...spec, feature_set: 'other' })],
    [
      'hash is',
      (spec: Record<string, unknown>) => {
        const preprocessing = spec.preprocessing as { clip_high: number[] };
        preprocessing.clip_high[5] += 1;
        return spec;
      },
    ],
  ])('refuses a file with a wrong %s', (field, tamper) => {
    const tampered: unknown = tamper(stored(sample().spec));
    let caught: unknown;
    try {
      parseFeatureSpec(tampered);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(AppError);
    expect(caught).toMatchObject({
      code: 'artifact_integrity',
      message: expect.stringContaining(field) as string,
    });
  });
});

describe('feature sets', () => {
  it('wifi begins with the columns of the design documents, in their order', () => {
    const names = featureSet('wifi').features.map(({ name }) => name);
    expect(names).toHaveLength(41);
    expect(names.slice(0, 5)).toEqual([
      'auth_failure_ratio',
      'deauth_ratio',
      'beacon_ratio',
      'unique_mac_count',
      'unique_ssid_count',
    ]);
    expect(names.slice(23, 27)).toEqual([
      'total_devices',
      'max_device_activity',
      'mean_device_activity',
      'signal_missing',
    ]);
  });

  it('every feature of every set has a definition and a formula', () => {
    for (const name of featureSetNames()) {
      for (const feature of featureSet(name).features) {
        expect(feature.definition.length).toBeGreaterThan(10);
        const fromEvents = featureSet(name).programs === null;
        if (!fromEvents) continue;
        const { window, grid, context } = featureColumns([feature.name]);
        expect(typeof [...window, ...grid, ...context][0].formula).toBe('function');
      }
    }
    expect([...FEATURE_CATALOGUE.values()].filter(({ clock }) => clock).map(({ name }) => name)).toEqual([
      'mean_hour_of_day',
      'mean_day_of_week',
    ]);
  });

  it('an unknown name is refused with the known ones', () => {
    expect(() => featureSet('wlan')).toThrowError(/"wlan", expected one of: wifi, system/);
  });
});
