/**
 * Running sums of the open windows: two growing matrices, one row a window ("slot"), one column a sum. Everything is an
 * integer, therefore exact, therefore independent of the order in which the lines arrive and of how they are split.
 */

/** Columns of `ints`. */
export const LOGS = 0;
export const WIFI_LINES = 1;
export const AUTH_FAILURES = 2;
export const DISCONNECTS = 3;
export const DISASSOCIATIONS = 4;
export const BEACONS = 5;
export const CONNECTS = 6;
export const JOINS = 7;
export const ERRORS = 8;
export const WARNINGS = 9;
export const ERROR_TEXTS = 10;
/** Distinct things, at most {@link MAX_DISTINCT} of them. */
export const MACS = 11;
export const SSIDS = 12;
/** Distinct programs, and lines of the most frequent one. */
export const PROGRAMS = 13;
export const TOP_PROGRAM = 14;
export const SIGNALS = 15;
export const RATES = 16;
/** Which telling programs were seen (device-kind.ts). */
export const PROGRAM_BITS = 17;
/** Which radio bands were named (device-kind.ts). */
export const BAND_BITS = 18;
/** First and last arrival, milliseconds after the window's start. */
export const FIRST_OFFSET = 19;
export const LAST_OFFSET = 20;
/** Sixtieths of the window that hold a line, 30 bits each. */
export const BINS_LOW = 21;
export const BINS_HIGH = 22;
/** Pooled windows only: devices, and lines of the most active one. */
export const DEVICES = 23;
export const TOP_DEVICE = 24;
/** Programs of the numbers 0 to 31 that the window has had: a short cut only, the set of programs knows as well. */
export const FIRST_PROGRAMS = 25;
/** Lines that the features of context sum up; only for sets that have such features, as everything below. */
export const RADARS = 26;
export const RESTARTS = 27;
export const EXHAUSTED = 28;
export const FORGERIES = 29;
export const WEAK_LINKS = 30;
/** Known when the window is closed: most links lost within ten seconds, and links lost unwillingly and made again. */
export const BURST = 31;
export const FORCED = 32;
export const INT_COLUMNS = 33;

/** Columns of `sums`. */
/** Start of the window, ms since the epoch. */
export const START = 0;
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

/** More distinct addresses or SSIDs than this in one window are not told apart: a flood must not fill the memory. */
export const MAX_DISTINCT = 65_535;

const NOT_YET = 0x7fffffff;
/** How a column of another part is added; those left out here follow from the distinct sets. */
const OR = [BAND_BITS, BINS_LOW, BINS_HIGH];
const ADD = [
  ...[LOGS, WIFI_LINES, AUTH_FAILURES, DISCONNECTS, DISASSOCIATIONS, BEACONS, CONNECTS, JOINS],
  ...[ERRORS, WARNINGS, ERROR_TEXTS, SIGNALS, RATES],
  ...[RADARS, RESTARTS, EXHAUSTED, FORGERIES, WEAK_LINKS],
];

export class WindowSlots {
  ints = new Int32Array(INT_COLUMNS * 256);
  sums = new Float64Array(SUM_COLUMNS * 256);

  /** Makes room for a slot and empties it. */
  clear(slot: number, startMs: number): void {
    while ((slot + 1) * INT_COLUMNS > this.ints.length) this.grow();
    const at = slot * INT_COLUMNS;
    const { ints, sums } = this;
    // Loops are faster than fill() for so few.
    for (let i = at; i < at + INT_COLUMNS; i++) ints[i] = 0;
    for (let i = slot * SUM_COLUMNS; i < (slot + 1) * SUM_COLUMNS; i++) sums[i] = 0;
    ints[at + FIRST_OFFSET] = NOT_YET;
    sums[slot * SUM_COLUMNS + START] = startMs;
  }

  /** Adds what another part has of the same window; the distinct counts follow from its distinct sets. */
  merge(slot: number, ints: Int32Array, sums: Float64Array, row: number): void {
    const at = slot * INT_COLUMNS;
    const from = row * INT_COLUMNS;
    for (const column of ADD) this.ints[at + column] += ints[from + column];
    for (const column of OR) this.ints[at + column] |= ints[from + column];
    this.ints[at + FIRST_OFFSET] = Math.min(this.ints[at + FIRST_OFFSET], ints[from + FIRST_OFFSET]);
    this.ints[at + LAST_OFFSET] = Math.max(this.ints[at + LAST_OFFSET], ints[from + LAST_OFFSET]);
    for (let column = OFFSET_SUM; column < SUM_COLUMNS; column++) {
      this.sums[slot * SUM_COLUMNS + column] += sums[row * SUM_COLUMNS + column];
    }
  }

  /** The sums of some slots, in their order. */
  export(slots: Int32Array): { readonly ints: Int32Array; readonly sums: Float64Array } {
    const ints = new Int32Array(slots.length * INT_COLUMNS);
    const sums = new Float64Array(slots.length * SUM_COLUMNS);
    slots.forEach((slot, row) => {
      ints.set(this.ints.subarray(slot * INT_COLUMNS, (slot + 1) * INT_COLUMNS), row * INT_COLUMNS);
      sums.set(this.sums.subarray(slot * SUM_COLUMNS, (slot + 1) * SUM_COLUMNS), row * SUM_COLUMNS);
    });
    return { ints, sums };
  }

  /** Gives the memory back. */
  drop(): void {
    this.ints = new Int32Array(0);
    this.sums = new Float64Array(0);
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
