import type { FeatureValues } from '../../features/core/preprocessing.js';
import { nextBelow, nextFloat, type RngState } from '../../shared/rng.js';
import { percentileSorted } from '../../shared/stats.js';
import { shuffleFront } from './shuffle.js';

/**
 * Three kinds of synthetic anomaly, from obvious to subtle.
 *
 * - global: every feature uniform over its hold-out range, widened
 * - spike: a hold-out row with 20 % of the features beyond the range
 * - tail: a hold-out row with 20 % of the features at their 1 % / 99 % quantile: no value is new, the mix is
 */
export const INJECTED_KINDS = ['global', 'spike', 'tail'] as const;

export type InjectedKind = (typeof INJECTED_KINDS)[number];

export interface InjectionOptions {
  readonly rowsPerKind: number;
  /** Column -> 1 = may be changed. Clock and categorical columns stay as they are in the row it is made from. */
  readonly perturb: Uint8Array;
  /** Seeded by the caller; drawn from. */
  readonly rng: RngState;
}

export interface InjectedRows {
  /** rowsPerKind rows of each kind, in the order of INJECTED_KINDS; row-major. */
  readonly values: Float32Array;
  /** Planted row -> hold-out row it was made from, and so its device; length `rows`. */
  readonly sourceRow: Int32Array;
  readonly rowsPerKind: number;
  readonly rows: number;
}

/** Share of the changeable features that a spike or tail row changes. */
const CHANGED_SHARE = 0.2;
/** The global kind reaches this share of the range beyond either end. */
const GLOBAL_MARGIN = 0.1;
/** A spike lies at least this share of the range beyond the end, and at most one whole range. */
const SPIKE_MARGIN = 0.1;

interface ColumnShape {
  readonly low: number;
  readonly high: number;
  /** high - low; for a constant column its size (at least 1), so that it can still be moved. */
  readonly range: number;
  readonly tailLow: number;
  readonly tailHigh: number;
  /** Where an unusual value can lie: a count that is mostly 0 has no lower tail. */
  readonly side: 'up' | 'down' | 'either';
}

function columnShape(values: FeatureValues, rows: number, columns: number, column: number): ColumnShape {
  const sorted = new Float64Array(rows);
  for (let row = 0; row < rows; row++) sorted[row] = values[row * columns + column];
  sorted.sort();
  const low = sorted[0];
  const high = sorted[rows - 1];
  const median = percentileSorted(sorted, 50);
  return {
    low,
    high,
    range: high > low ? high - low : Math.max(1, Math.abs(low)),
    tailLow: percentileSorted(sorted, 1),
    tailHigh: percentileSorted(sorted, 99),
    side: median === low && median < high ? 'up' : median === high && low < median ? 'down' : 'either',
  };
}

function goesUp(shape: ColumnShape, rng: RngState): boolean {
  return shape.side === 'either' ? nextFloat(rng) < 0.5 : shape.side === 'up';
}

function changedValue(kind: InjectedKind, shape: ColumnShape, rng: RngState): number {
  if (kind === 'global') {
    const reach = GLOBAL_MARGIN * shape.range;
    return shape.low - reach + nextFloat(rng) * (shape.high - shape.low + 2 * reach);
  }
  const up = goesUp(shape, rng);
  if (kind === 'tail') return up ? shape.tailHigh : shape.tailLow;
  const beyond = (SPIKE_MARGIN + (1 - SPIKE_MARGIN) * nextFloat(rng)) * shape.range;
  return up ? shape.high + beyond : shape.low - beyond;
}

/**
 * Makes anomalies out of hold-out rows. A feature that is constant in the hold-out can still be moved.
 *
 * @param values rows x columns, row-major, no missing values, before scaling
 */
export function injectAnomalies(
  values: FeatureValues,
  rows: number,
  columns: number,
  options: InjectionOptions,
): InjectedRows {
  const { rowsPerKind, rng } = options;
  const pool = changeableColumns(options.perturb);
  const shapes = Array.from({ length: columns }, (_, column) => columnShape(values, rows, columns, column));
  const someColumns = Math.max(1, Math.round(CHANGED_SHARE * pool.length));
  const out = new Float32Array(INJECTED_KINDS.length * rowsPerKind * columns);
  const sourceRow = new Int32Array(INJECTED_KINDS.length * rowsPerKind);
  let row = 0;
  for (const kind of INJECTED_KINDS) {
    const changed = kind === 'global' ? pool.length : Math.min(someColumns, pool.length);
    for (let i = 0; i < rowsPerKind; i++, row++) {
      sourceRow[row] = nextBelow(rng, rows);
      const base = sourceRow[row] * columns;
      out.set(values.subarray(base, base + columns), row * columns);
      shuffleFront(pool, changed, rng);
      for (let c = 0; c < changed; c++) {
        out[row * columns + pool[c]] = changedValue(kind, shapes[pool[c]], rng);
      }
    }
  }
  return { values: out, sourceRow, rowsPerKind, rows: row };
}

/** With nothing marked as changeable (a set of clock columns only) everything is. */
function changeableColumns(perturb: Uint8Array): Int32Array {
  const marked: number[] = [];
  perturb.forEach((flag, column) => {
    if (flag === 1) marked.push(column);
  });
  return Int32Array.from(marked.length > 0 ? marked : perturb.keys());
}

/** The part of a per-row array that belongs to one kind. */
export function sliceOfKind(perRow: Float64Array, injected: InjectedRows, kind: InjectedKind): Float64Array {
  const from = INJECTED_KINDS.indexOf(kind) * injected.rowsPerKind;
  return perRow.subarray(from, from + injected.rowsPerKind);
}
