import type { FeatureState } from './feature-state.js';

/** How the stream of lines is cut into rows (features page, section 0). */
export interface WindowConfig {
  readonly lengthSeconds: number;
  /** At most the length; smaller = overlapping windows. */
  readonly strideSeconds: number;
  /** How far context features look back, seconds. */
  readonly contextSeconds: number;
  readonly groupBy: 'device' | 'all';
  /** IANA zone of the hour and weekday features. Window borders are multiples of the stride since the epoch, in UTC. */
  readonly timezone: string;
  /** More windows than this are refused with the number. */
  readonly maxWindows: number;
}

/**
 * Offset of the configured zone from UTC at a moment, both in milliseconds. Passed in, because the core has no
 * calendar of its own.
 */
export type ZoneOffset = (utcMs: number) => number;

/** Rows = windows (complete grid per device), ordered by (startMs, device); columns = features of one set. */
export interface WindowTable {
  readonly featureNames: readonly string[];
  /** Device names, sorted; `['*']` when groupBy is 'all'. */
  readonly devices: readonly string[];
  /** Row -> index into `devices`; length n. */
  readonly deviceIndex: Int32Array;
  /** Row -> window start, ms since the epoch UTC; length n. */
  readonly startMs: Float64Array;
  /** Row -> number of lines in the window; length n. */
  readonly logCount: Int32Array;
  /**
   * n x d, row-major; NaN = missing. A feature value is a float32 by definition: computed in double precision, then
   * rounded to the nearest. It is what the forest compares, and half the memory.
   */
  readonly values: Float32Array;
  readonly windowSeconds: number;
  /** What the values were computed with; absent for a set whose values depend on the records alone. */
  readonly state?: FeatureState;
}
