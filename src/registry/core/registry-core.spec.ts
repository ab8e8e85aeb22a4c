import { describe, expect, it } from 'vitest';
import { buildBaseline } from './baseline.js';
import { buildGoldenSample } from './golden-sample.js';
import { assertDeployable, canMove, VERSION_STATUSES } from './lifecycle.js';
import { zonelessUtc } from './model-metadata.js';
import { jsonFile } from './version-files.js';

describe('the life of a version', () => {
  it('has exactly these moves', () => {
    const moves = VERSION_STATUSES.flatMap((from) =>
      VERSION_STATUSES.filter((to) => canMove(from, to)).map((to) => `${from} ${to}`),
    );
    expect(moves).toEqual([
      'available deployed',
      'available corrupt',
      'deployed archived',
      'deployed corrupt',
      'archived deployed',
      'archived corrupt',
      'rejected corrupt',
    ]);
  });

  it.each([
    ['rejected', 'gate_rejected'],
    ['corrupt', 'artifact_integrity'],
  ] as const)('%s cannot be deployed: %s', (status, code) => {
    expect(() => {
      assertDeployable('v', status);
    }).toThrow(expect.objectContaining({ code }) as Error);
  });

  it.each(['available', 'deployed', 'archived'] as const)('%s can be deployed', (status) => {
    expect(() => {
      assertDeployable('v', status);
    }).not.toThrow();
  });
});

describe('the baseline', () => {
  it('has deciles as edges and shares that sum to one', () => {
    const values = Float64Array.from({ length: 101 }, (_, i) => 100 - i);
    const [feature] = buildBaseline(values, 101, ['f']).features;
    expect(feature).toMatchObject({ name: 'f', missing_ratio: 0, mean: 50, min: 0, max: 100 });
    expect(feature.bin_edges).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90]);
    // 0..10 are 11 values, then ten times ten: the edge belongs to the bin below it.
    expect(feature.bin_shares.map((share) => Math.round(share * 101))).toEqual([
      11, 10, 10, 10, 10, 10, 10, 10, 10, 10,
    ]);
  });

  it('merges equal edges of a column that hardly changes', () => {
    const values = Float64Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 5);
    const [feature] = buildBaseline(values, 10, ['f']).features;
    // By hand: rank 0.9 * 9 = 8.1, a tenth of the way from 0 to 5; all deciles below are 0.
    expect(feature.bin_edges.length).toBe(2);
    expect(feature.bin_edges[0]).toBe(0);
    expect(feature.bin_edges[1]).toBeCloseTo(0.5, 12);
    expect(feature.bin_shares).toEqual([0.9, 0, 0.1]);
  });

  it('counts missing values and leaves them out', () => {
    const { rows, features } = buildBaseline(Float64Array.of(1, NaN, NaN, NaN, 3, NaN, 5, NaN), 4, [
      'a',
      'b',
    ]);
    expect(rows).toBe(4);
    expect(features[0]).toMatchObject({ missing_ratio: 0.25, mean: 3, min: 1, max: 5 });
    expect(features[1]).toEqual({
      ...{ name: 'b', missing_ratio: 1, mean: null, min: null, max: null },
      ...{ bin_edges: [], bin_shares: [] },
    });
  });
});

describe('the golden sample', () => {
  const input = (rows: number) => ({
    featureNames: ['a', 'b'],
    rows: Float64Array.from({ length: rows * 2 }, (_, i) => i),
    scores: Float64Array.from({ length: rows }, (_, i) => -((i * 7919) % rows) / rows),
    offset: -0.9,
  });

  it('of many rows has 128 different ones, the strangest quarter first', () => {
    const { scores, ...rest } = input(1000);
    const golden = buildGoldenSample({ ...rest, scores });
    expect(golden.X.length).toBe(128);
    expect(new Set(golden.X.map(([a]) => a)).size).toBe(128);
    const strangest = Array.from(scores).sort((a, b) => a - b);
    expect(golden.score_samples.slice(0, 32)).toEqual(strangest.slice(0, 32));
    expect(golden.labels).toEqual(golden.score_samples.map((score) => (score - -0.9 < 0 ? -1 : 1)));
    golden.X.forEach(([a, b], i) => {
      expect(b).toBe(a + 1);
      expect(scores[a / 2]).toBe(golden.score_samples[i]);
      expect(golden.decision_function[i]).toBe(golden.score_samples[i] - -0.9);
    });
  });

  it.each([0, 1, 3, 127, 128])('of %i rows has all of them', (rows) => {
    const golden = buildGoldenSample(input(rows));
    expect(new Set(golden.X.map(([a]) => a)).size).toBe(rows);
    expect(golden.X.length).toBe(rows);
  });

  it('calls a row on the threshold itself normal, as scikit-learn does', () => {
    const golden = buildGoldenSample({
      featureNames: ['a'],
      rows: Float64Array.of(1, 2),
      scores: Float64Array.of(-0.5, -0.5000001),
      offset: -0.5,
    });
    expect(golden.labels).toEqual([-1, 1]);
  });
});

describe('files', () => {
  it('carry times without a zone for the consumer', () => {
    expect(zonelessUtc('2024-01-01T12:00:00.123Z')).toBe('2024-01-01T12:00:00.123');
    expect(zonelessUtc('2024-01-01T12:00:00+00:00')).toBe('2024-01-01T12:00:00');
  });

  it('of JSON end with a newline and hold no NaN', () => {
    expect(jsonFile({ a: [1, Number.NaN] })).toBe('{\n  "a": [\n    1,\n    null\n  ]\n}\n');
  });
});
