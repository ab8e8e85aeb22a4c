import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainCells, plainNumber } from './plain-cells.js';

const parse = (text: string): number => plainNumber(Buffer.from(text), 0, text.length);

describe('plain numbers', () => {
  it('are those that JavaScript reads', () => {
    for (const text of ['0', '-0', '7', '-12.5', '.5', '5.', '0.1', '123456789012345', '0.00000000000001']) {
      expect(parse(text), text).toBe(Number(text));
    }
    const decimal = fc
      .tuple(fc.boolean(), fc.stringMatching(/^\d{0,8}$/), fc.stringMatching(/^\d{1,8}$/))
      .map(([negative, whole, fraction]) => `${negative ? '-' : ''}${whole}.${fraction}`);
    fc.assert(
      fc.property(decimal, (text) => {
        const value = parse(text);
        // More digits than a double holds exactly are left to the slow way.
        expect(Number.isNaN(value) ? text.length > 15 : Object.is(value, Number(text))).toBe(true);
      }),
      { seed: 4, numRuns: 2000 },
    );
  });

  it.each(['', '-', '.', '-.', '1e5', '+1', ' 1', '1,5', '1.2.3', 'NaN', '0x10', '1234567890123456', '--1'])(
    'are not: %j',
    (text) => {
      expect(parse(text)).toBeNaN();
    },
  );
});

describe('plain cells', () => {
  const cells = (text: string): number[] | null => {
    const ends = new Int32Array(4);
    const count = plainCells(Buffer.from(text), 0, text.length, 44, ends);
    return count < 0 ? null : [...ends.subarray(0, count)];
  };

  it('end at the delimiter and at the end of the row', () => {
    expect(cells('ab,,c')).toEqual([2, 3, 5]);
    expect(cells('a,')).toEqual([1, 2]);
    expect(cells('a,"b"')).toBeNull();
  });
});
