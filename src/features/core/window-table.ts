/** How the stream of lines is cut into rows (features page, section 0). */
export interface WindowConfig {
  readonly lengthSeconds: number;
  readonly strideSeconds: number;
  /** How far context features look back, seconds. */
  readonly contextSeconds: number;
  readonly groupBy: 'device' | 'all';
  /** IANA zone for hour and weekday features; window borders are multiples of the stride since the epoch in it. */
  readonly timezone: string;
  /** More windows than this are refused with the number. */
  readonly maxWindows: number;
}

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
  /** n x d, row-major; NaN = missing. */
  readonly values: Float64Array;
  readonly windowSeconds: number;
}
