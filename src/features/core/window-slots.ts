/**
 * Running sums of the non-empty windows: two growing matrices, one row a window ("slot"), one column a sum. Everything
 * is an integer, therefore exact, therefore independent of the order in which the lines arrive. The layout is plain
 * enough for a compiled twin to fill it.
 */

/** Columns of `ints`. */
export const OWNER = 0;
export const LOGS = 1;
export const WIFI_LINES = 2;
export const AUTH_FAILURES = 3;
export const DISCONNECTS = 4;
export const DISASSOCIATIONS = 5;
export const BEACONS = 6;
export const CONNECTS = 7;
export const JOINS = 8;
export const ERRORS = 9;
export const WARNINGS = 10;
export const ERROR_TEXTS = 11;
export const MACS = 12;
export const SSIDS = 13;
export const PROGRAMS = 14;
/** Lines of the most frequent program. */
export const TOP_PROGRAM = 15;
export const SIGNALS = 16;
export const RATES = 17;
/** Which telling programs were seen (device-kind.ts). */
export const PROGRAM_BITS = 18;
/** Which radio bands were named (device-kind.ts). */
export const BAND_BITS = 19;
/** First and last arrival, milliseconds after the window's start. */
export const FIRST_OFFSET = 20;
export const LAST_OFFSET = 21;
/** Sixtieths of the window that hold a line, 30 bits each. */
export const BINS_LOW = 22;
export const BINS_HIGH = 23;
/** Pooled windows only: devices, and lines of the most active one. */
export const DEVICES = 24;
export const TOP_DEVICE = 25;
export const INT_COLUMNS = 26;

/** Columns of `sums`. */
export const WINDOW_INDEX = 0;
/** Milliseconds after the window's start. */
export const OFFSET_SUM = 1;
export const SIGNAL_SUM = 2;
export const SIGNAL_SQUARES = 3;
/** Whole seconds after the window's start of the signal readings, their squares, and products with the reading. */
export const SIGNAL_SECONDS = 4;
export const SIGNAL_SECONDS_SQUARES = 5;
export const SIGNAL_PRODUCTS = 6;
/** kbit/s. */
export const RATE_SUM = 7;
export const SUM_COLUMNS = 8;

export class WindowSlots {
  count = 0;
  ints = new Int32Array(INT_COLUMNS * 256);
  sums = new Float64Array(SUM_COLUMNS * 256);

  /** New empty slot of a window; returns its number. */
  create(owner: number, windowIndex: number): number {
    const slot = this.count++;
    if (this.count * INT_COLUMNS > this.ints.length) this.grow();
    this.ints[slot * INT_COLUMNS + OWNER] = owner;
    this.ints[slot * INT_COLUMNS + FIRST_OFFSET] = 0x7fffffff;
    this.sums[slot * SUM_COLUMNS + WINDOW_INDEX] = windowIndex;
    return slot;
  }

  private grow(): void {
    const ints = new Int32Array(this.ints.length * 2);
    ints.set(this.ints);
    this.ints = ints;
    const sums = new Float64Array(this.sums.length * 2);
    sums.set(this.sums);
    this.sums = sums;
  }
}
