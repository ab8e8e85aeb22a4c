// The compiled record scanner: finds the records of an export in the shared memory and appends them to the columns of
// the batch. It takes a record only when it can prove that the readers in TypeScript would make the same row of it;
// at any other record it stops, and the reader takes that one.
import { scanRow, skipLineEnds } from './csv';
import { clearKeys, END_SLOT, keyLength, KEYS_BYTES, keySlot, nextKey, recordStart } from './keys';
import { clearNames, NAMES_BYTES } from './names';
import { appendRow } from './row';
import { setSpan, State, Stop } from './state';
import { scanValue, skipSpace } from './values';

/** Containers whose kind fits into one word. */
const MAX_DEPTH: i32 = 60;
/** So near to the end, a record that cannot be read is probably cut off. It only matters to who counts failures. */
const CUT_BYTES: usize = 2048;
const SPANS_BYTES: usize = 12 * 16;

/** Takes the addresses of the memory's regions, and forgets all names and keys. Returns the bytes of `tables` used. */
export function init(tables: usize, records: usize, maxRows: i32): usize {
  State.names = tables;
  State.keys = State.names + NAMES_BYTES;
  State.spans = State.keys + KEYS_BYTES;
  State.columnSlots = State.spans + SPANS_BYTES;
  const rows = <usize>maxRows;
  State.maxRows = maxRows;
  State.timeMs = records;
  State.byteOffset = State.timeMs + rows * 8;
  State.recordIndex = State.byteOffset + rows * 8;
  State.device = State.recordIndex + rows * 8;
  State.program = State.device + rows * 4;
  State.level = State.program + rows * 4;
  State.messageStart = State.level + rows * 4;
  State.messageEnd = State.messageStart + rows * 4;
  State.flags = State.messageEnd + rows * 4;
  clearNames();
  clearKeys();
  return State.columnSlots - tables;
}

/** Sets the limits of the file that is read next. */
export function setLimits(maxRecord: usize, maxDepth: i32): void {
  State.maxRecord = maxRecord;
  State.maxDepth = min(maxDepth, MAX_DEPTH);
}

/** Where the next rows and their resolved messages go, and what they are numbered and counted from. */
export function setTarget(rows: i32, arena: usize, arenaEnd: usize, base: f64, recordNumber: f64): void {
  State.rows = rows;
  State.arena = arena;
  State.arenaEnd = arenaEnd;
  State.base = base;
  State.recordNumber = recordNumber;
}

export function rows(): i32 {
  return State.rows;
}

export function arena(): usize {
  return State.arena;
}

/** Why the last call came back, see Stop. */
export function lastStop(): i32 {
  return State.stop;
}

/** Address of the slots of the CSV columns, one signed byte each. */
export function columnSlots(): usize {
  return State.columnSlots;
}

/** Position behind the static data: it must not reach into the tables. */
export function heapBase(): usize {
  return __heap_base;
}

/** The object at `start`; returns the position behind it, 0 when it is left to the twin. */
function scanObject(start: usize, end: usize): usize {
  let p = start;
  let seen = 0;
  let entry = recordStart();
  while (true) {
    entry = nextKey(entry, p, end);
    if (entry == 0) return 0;
    p += keyLength(entry);
    const slot = keySlot(entry);
    if (slot == END_SLOT) break;
    // The literal may have been learnt where less white space followed.
    const value = load<u8>(p) <= 32 ? skipSpace(p) : p;
    p = scanValue(value);
    if (p == 0) return 0;
    if (slot >= 0) {
      const bit = 1 << slot;
      // Given twice: the twin says so.
      if (seen & bit) return 0;
      seen |= bit;
      const kind = State.kind;
      const quoted = <usize>(kind <= 2);
      setSpan(slot, kind, value + quoted, p - quoted);
    }
  }
  State.seen = seen;
  return p;
}

function guard(end: usize, bytes: v128): void {
  v128.store(end, bytes);
  v128.store(end, bytes, 16);
  v128.store(end, bytes, 32);
  v128.store(end, bytes, 48);
}

/**
 * Reads records of a JSON list from `start` on, where one begins, up to `end`. Returns the position of the first record
 * that is not taken, or, negated, the position behind a taken record that no comma follows.
 */
export function scanList(start: usize, end: usize): i32 {
  guard(end, i8x16.splat(34));
  let p = start;
  while (true) {
    p = skipSpace(p);
    if (p >= end) return leave(Stop.input, p);
    if (load<u8>(p) != 123) return leave(Stop.separator, p);
    if (State.rows >= State.maxRows) return leave(Stop.full, p);
    const after = scanObject(p, end);
    if (after == 0) return leave(p + CUT_BYTES > end ? Stop.cut : Stop.syntax, p);
    if (after > end) return leave(Stop.cut, p);
    if (after - p > State.maxRecord) return leave(Stop.tooLong, p);
    if (!appendRow(p)) return <i32>p;
    const comma = skipSpace(after);
    if (comma >= end || load<u8>(comma) != 44) return -leave(Stop.separator, after);
    p = comma + 1;
  }
}

/** Reads lines of JSON from `start` on up to `end`. Returns the position of the first record that is not taken. */
export function scanLines(start: usize, end: usize): i32 {
  guard(end, i8x16.splat(34));
  let p = start;
  while (true) {
    p = skipSpace(p);
    if (p >= end) return leave(Stop.input, p);
    if (load<u8>(p) != 123) return leave(Stop.separator, p);
    if (State.rows >= State.maxRows) return leave(Stop.full, p);
    const after = scanObject(p, end);
    if (after == 0) return leave(p + CUT_BYTES > end ? Stop.cut : Stop.syntax, p);
    if (after > end) return leave(Stop.cut, p);
    if (after - p > State.maxRecord) return leave(Stop.tooLong, p);
    let lineEnd = after;
    let c = load<u8>(lineEnd);
    while (c == 32 || c == 9 || c == 13) c = load<u8>(++lineEnd);
    if (lineEnd >= end) return leave(Stop.cut, p);
    if (c != 10) return leave(Stop.separator, p);
    if (!appendRow(p)) return <i32>p;
    p = lineEnd + 1;
  }
}

/**
 * Reads CSV rows from `start` on, where a row or an empty line begins, up to `end`; the slots of the columns have been
 * set. Returns the position of the first row that is not taken.
 */
export function scanCsv(start: usize, end: usize, delimiter: i32, columns: i32): i32 {
  // Line end and quote in turn.
  guard(end, i16x8.splat(0x220a));
  let p = start;
  while (true) {
    p = skipLineEnds(p);
    if (p >= end) return leave(Stop.input, min(p, end));
    if (State.rows >= State.maxRows) return leave(Stop.full, p);
    const after = scanRow(p, end, <u8>delimiter, columns);
    if (after == 0) return <i32>p;
    if (after - p > State.maxRecord) return leave(Stop.tooLong, p);
    if (!appendRow(p)) return <i32>p;
    p = after;
  }
}

function leave(stop: i32, at: usize): i32 {
  State.stop = stop;
  return <i32>at;
}
