import { describe, expect, it } from 'vitest';
import { shuffledSplit } from './shuffled-split.js';

const OPTIONS = { validationSize: 0.1, testSize: 0.2, seed: 42 };

describe('a split of rows without times', () => {
  it('gives every row to one part, in the shares asked for', () => {
    const { train, validation, test } = shuffledSplit(1000, OPTIONS);
    expect([train.length, validation.length, test.length]).toEqual([700, 100, 200]);
    const all = [...train, ...validation, ...test].sort((a, b) => a - b);
    expect(all).toEqual(Array.from({ length: 1000 }, (_, row) => row));
  });

  it('takes the parts from everywhere, so that sorted rows do no harm', () => {
    const { train, validation, test } = shuffledSplit(10_000, OPTIONS);
    for (const part of [train, validation, test]) {
      const mean = part.reduce((sum, row) => sum + row, 0) / part.length;
      expect(Math.abs(mean - 4999.5)).toBeLessThan(400);
      expect([...part]).toEqual([...part].sort((a, b) => a - b));
    }
  });

  it('depends on the seed and on nothing else', () => {
    const again = shuffledSplit(500, OPTIONS);
    expect(shuffledSplit(500, OPTIONS)).toEqual(again);
    expect(shuffledSplit(500, { ...OPTIONS, seed: 43 }).test).not.toEqual(again.test);
  });

  it('says when there are too few rows', () => {
    expect(() => shuffledSplit(2, OPTIONS)).toThrow(/A part of the split would be empty: 2 rows/);
    expect(() => shuffledSplit(10, { ...OPTIONS, testSize: 0.9 })).toThrow(/empty/);
  });
});
