import { describe, expect, it } from 'vitest';
import type { FeatureDefinition } from '../../features/core/feature-catalogue.js';
import type { WindowTable } from '../../features/core/window-table.js';
import { prepareDataset } from './prepare-dataset.js';

const feature = (name: string): FeatureDefinition =>
  ({ name, kind: 'count', rareEvent: false, clock: false }) as unknown as FeatureDefinition;

function table(values: readonly number[]): WindowTable {
  const rows = values.length / 2;
  return {
    featureNames: ['a', 'b'],
    devices: ['x'],
    deviceIndex: new Int32Array(rows),
    startMs: Float64Array.from({ length: rows }, (_, i) => i * 300_000),
    logCount: new Int32Array(rows),
    values: Float32Array.from(values),
    windowSeconds: 300,
  };
}

const split = { train: Int32Array.of(0, 1, 2), test: Int32Array.of(3, 4) };
const options = { impute: 'median', clip: 'none' } as const;
const prepare = (held: readonly number[], preprocessing: 'standard' | 'identity' = 'standard') =>
  prepareDataset(
    table([1, 10, 2, NaN, 3, 30, ...held]),
    { features: [feature('a'), feature('b')], preprocessing },
    split,
    options,
  );

describe('the matrices of a training', () => {
  it('are the rows of each part, in order', () => {
    const data = prepare([100, 1000, NaN, 2000]);
    expect(Array.from(data.trainValues)).toEqual([1, 10, 2, NaN, 3, 30]);
    expect(Array.from(data.judgedRows)).toEqual([0, 1, 2]);
    expect(Array.from(data.judgedRaw)).toEqual([1, 10, 2, 20, 3, 30]);
    expect(Array.from(data.holdoutValues)).toEqual([100, 1000, NaN, 2000]);
    expect(Array.from(data.holdoutRaw)).toEqual([100, 1000, 2, 2000]);
    expect([data.trainRows, data.holdoutRows, data.columns]).toEqual([3, 2, 2]);
  });

  it('are scaled by the training rows', () => {
    // By hand: mean 2, population variance 2/3.
    const z = Math.fround(1 / Math.sqrt(2 / 3));
    const { trainScaled, preprocessing } = prepare([0, 0, 0, 0]);
    expect([trainScaled[0], trainScaled[2], trainScaled[4]]).toEqual([-z, 0, z]);
    expect(Array.from(preprocessing.mean)).toEqual([2, 20]);
    expect(preprocessing.samplesSeen).toBe(3);
  });

  it('have no missing value where none is replaced, in neither part', () => {
    const unfilled = (held: readonly number[]): unknown =>
      prepareDataset(
        table([1, 10, 2, NaN, 3, 30, ...held]),
        { features: [feature('a'), feature('b')], preprocessing: 'standard' },
        split,
        { ...options, overrides: { a: { impute: 'none', clip: null } } },
      );
    expect(() => unfilled([5, NaN, NaN, 6])).toThrowError(/^"a" is missing in 1 of 2 test windows/);
    expect(unfilled([5, NaN, 6, 6])).toMatchObject({ holdoutRaw: Float32Array.from([5, 20, 6, 6]) });
  });

  it('learn nothing from the held-out rows', () => {
    const one = prepare([100, 1000, 5, 7]);
    const other = prepare([-1e9, NaN, 1e9, 3]);
    expect(other.preprocessing).toEqual(one.preprocessing);
    expect(other.trainScaled).toEqual(one.trainScaled);
  });

  it('keep raw values for a set that scales nothing', () => {
    const { trainScaled, holdoutRaw } = prepare([100, 1000, 5, 7], 'identity');
    expect([trainScaled[0], trainScaled[4]]).toEqual([1, 3]);
    expect(Array.from(holdoutRaw)).toEqual([100, 1000, 5, 7]);
  });

  it('lie where threads can read them in place', () => {
    expect(prepare([0, 0, 0, 0]).trainScaled.buffer).toBeInstanceOf(SharedArrayBuffer);
  });
});
