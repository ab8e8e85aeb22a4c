import { describe, expect, it } from 'vitest';
import { createRng } from '../../shared/rng.js';
import { injectAnomalies, sliceOfKind, type InjectedKind } from './injection.js';

const COLUMNS = 12;
const ROWS = 200;
const NEVER = 11;

/** Columns 0-8 vary in 0..199, 9 is mostly 0, 10 is constant 7, 11 may not be changed. */
function holdout(): Float64Array {
  return Float64Array.from({ length: ROWS * COLUMNS }, (_, i) => {
    const row = Math.floor(i / COLUMNS);
    const column = i % COLUMNS;
    if (column === 9) return row % 10 === 0 ? row : 0;
    if (column === 10) return 7;
    return (row * (2 * column + 3)) % ROWS;
  });
}

const PERTURB = new Uint8Array(COLUMNS).fill(1, 0, NEVER);
const inject = (seed: number) =>
  injectAnomalies(holdout(), ROWS, COLUMNS, { rowsPerKind: 400, perturb: PERTURB, rng: createRng(seed) });

function rowsOf(kind: InjectedKind): number[][] {
  const injected = inject(1);
  const from = ['global', 'spike', 'tail'].indexOf(kind) * 400;
  return Array.from({ length: 400 }, (_, i) => [
    ...injected.values.subarray((from + i) * COLUMNS, (from + i + 1) * COLUMNS),
  ]);
}

const outside = (row: number[]): number[] =>
  row.flatMap((value, column) => {
    if (column === 10) return value === 7 ? [] : [column];
    return value < 0 || value > 199 ? [column] : [];
  });

describe('planted anomalies', () => {
  it('are 400 rows of each of three kinds, the same for the same seed', () => {
    expect(inject(1).rows).toBe(1200);
    expect(inject(1).values).toEqual(inject(1).values);
    expect(inject(2).values).not.toEqual(inject(1).values);
    const perRow = Float64Array.from({ length: 1200 }, (_, i) => i);
    expect(sliceOfKind(perRow, inject(1), 'tail')[0]).toBe(800);
  });

  it('global: spread over the widened range, in every changeable column', () => {
    const rows = rowsOf('global');
    for (let column = 0; column < 9; column++) {
      const values = rows.map((row) => row[column]);
      expect(Math.min(...values)).toBeGreaterThanOrEqual(-0.1 * 199);
      expect(Math.max(...values)).toBeLessThanOrEqual(1.1 * 199);
      expect(values.some((value) => value < 0 || value > 199)).toBe(true);
    }
  });

  it('spike: 20 % of the changeable columns beyond the range, a constant column too', () => {
    // 11 changeable columns: round(2.2) = 2.
    const changed = rowsOf('spike').map(outside);
    expect(changed.every((found) => found.length === 2)).toBe(true);
    expect(changed.flat()).toContain(10);
  });

  it('spike: a count that is mostly 0 goes up only', () => {
    const values = rowsOf('spike').map((row) => row[9]);
    expect(Math.min(...values)).toBe(0);
    expect(Math.max(...values)).toBeGreaterThan(199);
  });

  it('tail: no value beyond the range', () => {
    const rows = rowsOf('tail');
    expect(rows.flatMap(outside)).toEqual([]);
    // 1 % quantile of 0..199 (column 0 is a permutation of it) = 1.99, 99 % = 197.01.
    const tails = rows.map((row) => row[0]).filter((value) => !Number.isInteger(value));
    expect(new Set(tails.map((value) => value.toFixed(2)))).toEqual(new Set(['1.99', '197.01']));
  });

  it('leave the columns alone that may not be changed', () => {
    const known = new Set(Array.from(holdout()).filter((_, i) => i % COLUMNS === NEVER));
    for (const kind of ['global', 'spike', 'tail'] as const) {
      expect(rowsOf(kind).every((row) => known.has(row[NEVER]))).toBe(true);
    }
  });

  it('name the row each was made from, which it equals in the columns that may not be changed', () => {
    const { sourceRow, values, rows } = inject(1);
    const original = holdout();
    const at = (from: ArrayLike<number>, row: number): number => from[row * COLUMNS + NEVER];
    expect(sourceRow).toHaveLength(rows);
    expect([...sourceRow].every((source, row) => at(values, row) === at(original, source))).toBe(true);
    expect(new Set(sourceRow).size).toBeGreaterThan(ROWS / 2);
  });

  it('change everything when nothing is marked as changeable', () => {
    const perturb = new Uint8Array(COLUMNS);
    const injected = injectAnomalies(holdout(), ROWS, COLUMNS, {
      rowsPerKind: 5,
      perturb,
      rng: createRng(1),
    });
    expect(injected.values.subarray(0, COLUMNS).some((value) => !Number.isInteger(value))).toBe(true);
  });
});
