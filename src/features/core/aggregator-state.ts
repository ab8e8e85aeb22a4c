import { contextBuffers, type ContextState } from './context-sums.js';
import type { EarliestState } from './earliest-windows.js';
import type { SetState } from './slot-sets.js';

/** Which windows an aggregator holds; the numbers of owners are those of {@link AggregatorState.devices}. */
export interface LedgerState {
  /** First and last arrival, ms; NaN without lines. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** Owners that have a line. */
  readonly owners: Int32Array;
  /** Finished windows: rows of the layout of window-rows.ts, and whose they are, in the same order. */
  readonly rowBlocks: readonly ArrayBuffer[];
  readonly rowOwners: Int32Array;
  readonly rowWindows: Float64Array;
  /** Windows that are still open; their order numbers the rows of `ints`, `sums` and `sets`. */
  readonly openOwners: Int32Array;
  readonly openWindows: Float64Array;
}

/**
 * All that an aggregator knows of its part of the input, as plain data that a thread can send: names by number, sums of
 * open windows, finished windows.
 */
export interface AggregatorState {
  readonly devices: readonly string[];
  readonly programs: readonly string[];
  /** SSIDs, or what an agent tells apart. */
  readonly texts: readonly string[];
  readonly ledger: LedgerState;
  /** Row-major, one row an open window. */
  readonly ints: Int32Array;
  readonly sums: Float64Array;
  /** Distinct things of the open windows; the slots are rows of `ints` and `sums`. */
  readonly sets: readonly SetState[];
  /** First window of each program of each owner. */
  readonly earliest: EarliestState | null;
  /** Null when no feature of context asks. */
  readonly context: ContextState | null;
}

/** The memory of a state, to be moved to another thread and not copied. */
export function stateBuffers({
  ledger,
  ints,
  sums,
  sets,
  earliest,
  context,
}: AggregatorState): ArrayBuffer[] {
  const columns = [
    ...[ledger.owners, ledger.rowOwners, ledger.rowWindows, ledger.openOwners, ledger.openWindows],
    ...[ints, sums],
    ...sets.flatMap(({ slots, ids, counts }) => [slots, ids, counts]),
    ...(earliest === null ? [] : [earliest.owners, earliest.ids, earliest.windows]),
  ];
  return [
    ...ledger.rowBlocks,
    ...columns.map(({ buffer }) => buffer as ArrayBuffer),
    ...(context === null ? [] : contextBuffers(context)),
  ];
}

/** Numbers of another part's names on our side, looked up when first asked for: names that it never used stay out. */
export function renumber(
  names: readonly string[],
  numberOf: (name: string) => number,
): (number: number) => number {
  const known = new Int32Array(names.length).fill(-1);
  return (number) => {
    if (known[number] < 0) known[number] = numberOf(names[number]);
    return known[number];
  };
}
