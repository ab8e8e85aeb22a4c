import { Kind, setSpan, State, Stop } from './state';
import { isValidUtf8 } from './utf8';

const QUOTE: u8 = 34;
const LF: u8 = 10;
const CR: u8 = 13;

/** Bytes above 127 seen in the row at hand. */
let high: i32 = 0;

export function skipLineEnds(start: usize): usize {
  let p = start;
  let c = load<u8>(p);
  while (c == LF || c == CR) c = load<u8>(++p);
  return p;
}

function findQuote(start: usize): usize {
  const quotes = i8x16.splat(34);
  let p = start;
  while (true) {
    const v = v128.load(p);
    const mask = i8x16.bitmask(i8x16.eq(v, quotes));
    if (mask != 0) {
      const at = ctz(mask);
      high |= i8x16.bitmask(v) & ((1 << at) - 1);
      return p + <usize>at;
    }
    high |= i8x16.bitmask(v);
    p += 16;
  }
}

/** End of a field without quotes: the delimiter, LF, or CR LF. */
function findFieldEnd(start: usize, delimiter: u8): usize {
  const delimiters = i8x16.splat(<i8>delimiter);
  const feeds = i8x16.splat(10);
  const returns = i8x16.splat(13);
  let p = start;
  while (true) {
    const v = v128.load(p);
    let mask = i8x16.bitmask(
      v128.or(v128.or(i8x16.eq(v, delimiters), i8x16.eq(v, feeds)), i8x16.eq(v, returns)),
    );
    while (mask != 0) {
      const at = ctz(mask);
      const q = p + <usize>at;
      if (load<u8>(q) != CR || load<u8>(q, 1) == LF) {
        high |= i8x16.bitmask(v) & ((1 << at) - 1);
        return q;
      }
      mask &= mask - 1;
    }
    high |= i8x16.bitmask(v);
    p += 16;
  }
}

function note(column: i32, columns: i32, kind: i32, start: usize, end: usize): void {
  if (column >= columns) return;
  const slot = <i32>load<i8>(State.columnSlots + <usize>column);
  if (slot < 0) return;
  setSpan(slot, kind, start, end);
  State.seen |= 1 << slot;
}

/**
 * Finds the fields of the row at `start` (RFC 4180) and returns the start of the next line, or 0 (with State.stop) when
 * the row is left to the twin. Behind the input lie line ends and quotes in turn, which end any field.
 */
export function scanRow(start: usize, end: usize, delimiter: u8, columns: i32): usize {
  State.seen = 0;
  high = 0;
  let column = 0;
  let p = start;
  let c: u8 = 0;
  while (true) {
    if (load<u8>(p) == QUOTE) {
      const first = p + 1;
      let kind = Kind.plain;
      p = findQuote(first);
      while (p < end && load<u8>(p, 1) == QUOTE) {
        kind = Kind.doubled;
        p = findQuote(p + 2);
      }
      note(column, columns, kind, first, p);
      c = load<u8>(++p);
      if (c != delimiter && c != LF && (c != CR || load<u8>(p, 1) != LF)) return left(Stop.syntax);
    } else {
      const first = p;
      p = findFieldEnd(p, delimiter);
      // An empty field without quotes is how databases write NULL.
      if (p > first) note(column, columns, Kind.plain, first, p);
      c = load<u8>(p);
    }
    if (p >= end) return left(Stop.cut);
    column++;
    if (c != delimiter) break;
    p++;
  }
  const next = p + 1 + <usize>(c == CR);
  if (next > end) return left(Stop.cut);
  if (column != columns) return left(Stop.columns);
  if (high != 0 && !isValidUtf8(start, p)) return left(Stop.syntax);
  return next;
}

function left(stop: i32): usize {
  State.stop = stop;
  return 0;
}
