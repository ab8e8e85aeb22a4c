/**
 * Empirical tail probabilities of single columns as step functions.
 *
 * A table holds ascending thresholds t_1 .. t_m and the m + 1 surprises between them; the surprise of x is
 * `values[number of thresholds <= x]`. Everything is on the grid of float32: "just above v" is the next float32 after v,
 * so that one comparison tells below, at and above apart, in every program and in ONNX.
 */
export interface TailTables {
  /** Table -> first threshold; length tables + 1. Values of table t begin at start[t] + t. */
  readonly start: Int32Array;
  readonly thresholds: Float32Array;
  /** Surprise of each step, >= 0. */
  readonly values: Float64Array;
}

/** Steps that differ by less are one: the middle of a distribution needs no resolution, its tails keep every row. */
const STEP = 0.005;

const bits = new Int32Array(1);
const single = new Float32Array(bits.buffer);

/** The smallest float32 above a finite float32. */
export function nextFloat32(value: number): number {
  single[0] = value;
  if (value === 0) bits[0] = 1;
  else bits[0] += value > 0 ? 1 : -1;
  return single[0];
}

/** One table. */
export interface TailTable {
  readonly thresholds: number[];
  readonly values: number[];
}

/**
 * -log of the smaller tail: P = (1 + rows at least as far out) / (n + 1), on the side where that is fewer. Never 0,
 * never infinite: a value beyond all n rows has log(n + 1).
 *
 * @param sorted n >= 1 ascending float32 values
 */
export function tailTable(sorted: Float32Array): TailTable {
  const n = sorted.length;
  const thresholds: number[] = [];
  const values: number[] = [Math.log(n + 1)];
  let last = values[0];
  const step = (threshold: number, fewer: number): void => {
    const surprise = Math.log((n + 1) / (fewer + 1));
    if (Math.abs(surprise - last) < STEP) return;
    thresholds.push(threshold);
    values.push(surprise);
    last = surprise;
  };
  for (let from = 0; from < n;) {
    const value = sorted[from];
    let to = from + 1;
    while (to < n && sorted[to] === value) to++;
    // At the value itself: `to` rows are not above it, n - from not below.
    step(value, Math.min(to, n - from));
    // Between it and the next one: `to` rows below, n - to above.
    step(nextFloat32(value), Math.min(to, n - to));
    from = to;
  }
  return { thresholds, values };
}

export function joinTables(tables: readonly TailTable[]): TailTables {
  const start = new Int32Array(tables.length + 1);
  tables.forEach(({ thresholds }, t) => {
    start[t + 1] = start[t] + thresholds.length;
  });
  const all = start[tables.length];
  const joined = {
    start,
    thresholds: new Float32Array(all),
    values: new Float64Array(all + tables.length),
  };
  tables.forEach(({ thresholds, values }, t) => {
    joined.thresholds.set(thresholds, start[t]);
    joined.values.set(values, start[t] + t);
  });
  return joined;
}

/** Surprise of a float32 value under one table; O(log m). */
export function surpriseOf({ start, thresholds, values }: TailTables, table: number, x: number): number {
  let from = start[table];
  let to = start[table + 1];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (thresholds[middle] <= x) from = middle + 1;
    else to = middle;
  }
  return values[from + table];
}

/** What is wrong with tables that were read; undefined = every look-up stays inside them. */
export function findTableDamage(
  { start, thresholds, values }: TailTables,
  tables: number,
): string | undefined {
  if (start.length !== tables + 1 || start[0] !== 0)
    return `it has ${start.length - 1} tables, expected ${tables}`;
  for (let t = 0; t < tables; t++) if (start[t + 1] < start[t]) return `table ${t} has a negative length`;
  const all = start[tables];
  if (thresholds.length !== all || values.length !== all + tables)
    return 'its tables do not have their lengths';
  for (const value of values) if (!(value >= 0 && value < Infinity)) return `a surprise is ${value}`;
  for (let t = 0; t < tables; t++) {
    for (let i = start[t] + 1; i < start[t + 1]; i++) {
      if (!(thresholds[i] > thresholds[i - 1])) return `the thresholds of table ${t} do not ascend`;
    }
  }
  return undefined;
}
