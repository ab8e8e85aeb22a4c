import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sortFloat32 } from './sort-floats.js';

const sorted = (values: Float32Array): number[] => {
  const copy = Float32Array.from(values);
  sortFloat32(copy, new Float32Array(values.length + 3));
  return Array.from(copy);
};

describe('sorting float32 values', () => {
  it('gives the order of the library for many values of any size and sign', () => {
    const some = fc.float32Array({ noNaN: true, minLength: 0, maxLength: 3000, size: 'max' });
    fc.assert(
      fc.property(some, (values) => {
        expect(sorted(values)).toEqual(Array.from(Float32Array.from(values).sort()));
      }),
      { numRuns: 60 },
    );
  });

  it('keeps both zeros, infinities, subnormal numbers and repeats', () => {
    const odd = [0, -0, Infinity, -Infinity, 1.4e-45, -1.4e-45, 3.4e38, -3.4e38, 1, 1, -1];
    const values = Float32Array.from({ length: 1100 }, (_, i) => odd[i % odd.length]);
    const result = sorted(values);
    expect(result).toEqual(Array.from(Float32Array.from(values).sort()));
    expect(result.filter((value) => Object.is(value, -0))).toHaveLength(100);
  });

  it('sorts whole numbers, whose low digits are all the same, and a constant column', () => {
    const counts = Float32Array.from({ length: 5000 }, (_, i) => (i * 7919) % 40);
    expect(sorted(counts)).toEqual(Array.from(Float32Array.from(counts).sort()));
    expect(new Set(sorted(new Float32Array(600).fill(-5)))).toEqual(new Set([-5]));
  });

  it('sorts counts that are mostly zero, with and without numbers below it', () => {
    for (const share of [0, 0.01, 0.2, 0.7, 0.8, 1]) {
      const values = Float32Array.from({ length: 4000 }, (_, i) =>
        (i * 7919) % 4000 < share * 4000 ? ((i % 7) - 2) * 1.5 : 0,
      );
      if (share > 0.1) values[17] = -0;
      expect(sorted(values)).toEqual(Array.from(Float32Array.from(values).sort()));
    }
  });

  it('touches nothing beside a view of a larger buffer', () => {
    const all = Float32Array.from({ length: 2000 }, (_, i) => 2000 - i);
    sortFloat32(all.subarray(500, 1500), new Float32Array(1000));
    expect(all[499]).toBe(1501);
    expect(all[500]).toBe(501);
    expect(all[1499]).toBe(1500);
    expect(all[1500]).toBe(500);
  });
});
