/**
 * Empirical tail probabilities of single columns as step functions.
 *
 * A table holds ascending thresholds t_1 .. t_m and the m + 1 surprises between them; the surprise of x is
 * `values[number of thresholds <= x]`, and beyond the highest training value (`top`) a Pareto tail on top of the last one.
 * Everything is on the grid of float32: "just above v" is the next float32 after v, so that one comparison tells below, at
 * and above apart, in every program and in ONNX.
 */
export interface TailTables {
  /** Table -> first threshold; length tables + 1. Values of table t begin at start[t] + t. */
  readonly start: Int32Array;
  readonly thresholds: Float32Array;
  /** Surprise of each step, >= 0. */
  readonly values: Float64Array;
  /** Highest training value of each table. */
  readonly top: Float32Array;
}

/**
 * Index of the Pareto tail beyond the highest training value: finite mean, heavy. Ten times that value adds 2 ln 10 = 4.6.
 */
export const PARETO_INDEX = 2;
/** Up to so many rows a table is exact; above, steps of less than {@link STEP} are one, so that a table stays small. */
const EXACT_ROWS = 20_000;
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

/** What a value beyond all others adds to ln(n + 1). */
export function beyondTop(value: number, top: number): number {
  return PARETO_INDEX * Math.log((Math.max(value, 0) + 1) / (Math.max(top, 0) + 1));
}

/** -ln P of a tail with `count` of n rows; a value that nobody reached has ln(n + 1). */
export function tailSurprise(count: number, n: number): number {
  return -Math.log((count + 1) / (n + 1));
}

/** One table. */
export interface TailTable {
  readonly thresholds: number[];
  readonly values: number[];
  readonly top: number;
}

/**
 * Surprise -ln((k + 1) / (n + 1)), k = rows at least as high; two-sided: of the rarer side.
 *
 * @param sorted n ascending float32 values; none = every value is unsurprising
 */
export function tailTable(sorted: Float32Array, twoSided: boolean): TailTable {
  const n = sorted.length;
  if (n === 0) return { thresholds: [], values: [0], top: 3.4028234663852886e38 };
  const merged = n > EXACT_ROWS ? STEP : 0;
  const thresholds: number[] = [];
  const surprise = (atLeast: number, atMost: number): number =>
    tailSurprise(twoSided ? Math.min(atLeast, atMost) : atLeast, n);
  const values: number[] = [surprise(n, 0)];
  const step = (threshold: number, value: number): void => {
    const change = Math.abs(value - values[values.length - 1]);
    // The last step is exact in any case: what nobody reached.
    if (change === 0 || (change < merged && value !== surprise(0, n))) return;
    thresholds.push(threshold);
    values.push(value);
  };
  for (let from = 0; from < n;) {
    const value = sorted[from];
    let to = from + 1;
    while (to < n && sorted[to] === value) to++;
    step(value, surprise(n - from, to));
    step(nextFloat32(value), surprise(n - to, to));
    from = to;
  }
  return { thresholds, values, top: sorted[n - 1] };
}

export function joinTables(tables: readonly TailTable[]): TailTables {
  const start = new Int32Array(tables.length + 1);
  tables.forEach(({ thresholds }, t) => {
    start[t + 1] = start[t] + thresholds.length;
  });
  const all = start[tables.length];
  const thresholds = new Float32Array(all);
  const values = new Float64Array(all + tables.length);
  tables.forEach((table, t) => {
    thresholds.set(table.thresholds, start[t]);
    values.set(table.values, start[t] + t);
  });
  return { start, thresholds, values, top: Float32Array.from(tables, ({ top }) => top) };
}

/** Surprise of a float32 value under one table; O(log m). */
export function surpriseOf(tables: TailTables, table: number, x: number): number {
  const { start, thresholds, values, top } = tables;
  let from = start[table];
  let to = start[table + 1];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (thresholds[middle] <= x) from = middle + 1;
    else to = middle;
  }
  const inside = values[from + table];
  return x > top[table] ? inside + beyondTop(x, top[table]) : inside;
}

/** What is wrong with tables that were read; undefined = every look-up stays inside them. */
export function findTableDamage(
  { start, thresholds, values, top }: TailTables,
  tables: number,
): string | undefined {
  const typed =
    start instanceof Int32Array &&
    thresholds instanceof Float32Array &&
    values instanceof Float64Array &&
    top instanceof Float32Array;
  if (!typed) return 'its tables are missing';
  if (start.length !== tables + 1 || start[0] !== 0)
    return `it has ${start.length - 1} tables, expected ${tables}`;
  for (let t = 0; t < tables; t++) if (start[t + 1] < start[t]) return `table ${t} has a negative length`;
  const all = start[tables];
  if (thresholds.length !== all || values.length !== all + tables || top.length !== tables) {
    return 'its tables do not have their lengths';
  }
  for (const value of values) if (!(value >= 0 && value < Infinity)) return `a surprise is ${value}`;
  for (let t = 0; t < tables; t++) {
    for (let i = start[t] + 1; i < start[t + 1]; i++) {
      if (!(thresholds[i] > thresholds[i - 1])) return `the thresholds of table ${t} do not ascend`;
    }
  }
  return top.every(Number.isFinite) ? undefined : 'a highest value is not a number';
}
