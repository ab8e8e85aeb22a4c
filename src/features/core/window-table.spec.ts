import { describe, expect, it } from 'vitest';
import { csvPieces } from './csv-table.js';
import { nonEmptyWindowCount, selectRows } from './dataset.js';
import { PairCounter } from './pair-counter.js';
import type { WindowTable } from './window-table.js';

const START = Date.UTC(2025, 0, 1);

const table: WindowTable = {
  featureNames: ['deauth_ratio', 'log_count', 'mean_signal_strength'],
  devices: ['=cmd()', 'ap "one", hall', 'rt-2'],
  deviceIndex: Int32Array.from([0, 1, 2]),
  startMs: Float64Array.from([START, START, START + 300_000]),
  logCount: Int32Array.from([4, 0, 7]),
  values: Float32Array.from([0.25, 4, -65.5, 0, 0, NaN, 2 ** -20, 7, -40]),
  windowSeconds: 300,
};

describe('CSV of a window table', () => {
  it('writes missing values as empty cells, quotes names, and disarms formulas', () => {
    expect([...csvPieces(table)].join('')).toBe(
      'device,start,log_count,deauth_ratio,mean_signal_strength\n' +
        "'=cmd(),2025-01-01T00:00:00Z,4,0.25,-65.5\n" +
        '"ap ""one"", hall",2025-01-01T00:00:00Z,0,0,\n' +
        'rt-2,2025-01-01T00:05:00Z,7,9.5367431640625e-7,-40\n',
    );
  });

  it('disarms every character a spreadsheet takes for a formula', () => {
    for (const first of ['=', '+', '-', '@', '\t']) {
      const [, body] = [...csvPieces({ ...table, devices: [`${first}x`, 'b', 'c'] })];
      expect(body.startsWith(`'${first}x,`)).toBe(true);
    }
  });
});

describe('rows of a table', () => {
  it('are selected in the given order with all their columns', () => {
    const part = selectRows(table, Int32Array.from([2, 0]));
    expect([...part.values]).toEqual([2 ** -20, 7, -40, 0.25, 4, -65.5]);
    expect([...part.deviceIndex]).toEqual([2, 0]);
    expect([...part.logCount]).toEqual([7, 4]);
    expect(nonEmptyWindowCount(part)).toBe(2);
    expect(nonEmptyWindowCount(table)).toBe(2);
  });
});

describe('PairCounter', () => {
  it('counts like a map, also across growth', () => {
    const counter = new PairCounter(true);
    const expected = new Map<string, number>();
    for (let i = 0; i < 60_000; i++) {
      // Every pair comes twice in a row, so that counts above 1 have to survive the growth.
      const pair = i >> 1;
      const slot = (pair * 7919) % 613;
      const id = (pair * 104_729) % 37;
      const count = (expected.get(`${slot} ${id}`) ?? 0) + 1;
      expected.set(`${slot} ${id}`, count);
      if (counter.add(slot, id) !== count)
        throw new Error(`pair ${slot}, ${id} is not counted ${count} times`);
    }
    expect(expected.size).toBeGreaterThan(10_000);
  });
});
