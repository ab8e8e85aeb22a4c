import { CsvRowScanner } from './csv-row.js';
import { INCOMPLETE, skipSpace } from './json-scanner.js';
import type { PartFormat } from './parser-context.js';

const LF = 10;
const CR = 13;
const COMMA = 44;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;
/** Rows that must have as many columns as the header before a line end is taken for the end of a CSV row. */
const CSV_ROWS = 3;

/**
 * First position at or after `from` where a record seems to begin, in bytes [0, `end`) from somewhere in the middle of
 * a file; -1 when there is none. It is a guess, and may be wrong (a list of objects inside of a record, a line end
 * inside of quotes): only the parser of the part before can tell, see PartStop.
 */
export function findSplit(bytes: Uint8Array, from: number, end: number, part: PartFormat): number {
  switch (part.format) {
    case 'object':
    case 'array':
      return findListSplit(bytes, from, end, part.firstKey);
    case 'ndjson':
      return findLineSplit(bytes, from, end);
    case 'csv':
      return findRowSplit(bytes, from, end, part.delimiter, Int8Array.from(part.slots));
  }
}

/** Behind `}` and a comma, an object that begins with the key the first record begins with. */
function findListSplit(bytes: Uint8Array, from: number, end: number, firstKey: string): number {
  const key = Uint8Array.from(`"${firstKey}"`, (char) => char.charCodeAt(0));
  for (let p = bytes.indexOf(CLOSE_OBJECT, from); p >= 0 && p < end; p = bytes.indexOf(CLOSE_OBJECT, p + 1)) {
    const comma = skipSpace(bytes, p + 1, end);
    if (comma >= end || bytes[comma] !== COMMA) continue;
    const open = skipSpace(bytes, comma + 1, end);
    if (open >= end || bytes[open] !== OPEN_OBJECT) continue;
    const name = skipSpace(bytes, open + 1, end);
    if (firstKey === '' || key.every((byte, i) => bytes[name + i] === byte)) return open;
  }
  return -1;
}

/** An object at the very beginning of a line: those inside of a record are indented. */
function findLineSplit(bytes: Uint8Array, from: number, end: number): number {
  for (let p = bytes.indexOf(LF, from); p >= 0 && p + 1 < end; p = bytes.indexOf(LF, p + 1)) {
    if (bytes[p + 1] === OPEN_OBJECT) return p + 1;
  }
  return -1;
}

/** The beginning of a line from which on a few rows have the columns they should have. */
function findRowSplit(
  bytes: Uint8Array,
  from: number,
  end: number,
  delimiter: number,
  slots: Int8Array,
): number {
  const row = new CsvRowScanner(delimiter, slots);
  for (let p = bytes.indexOf(LF, from); p >= 0 && p + 1 < end; p = bytes.indexOf(LF, p + 1)) {
    const start = skipLineEnds(bytes, p + 1, end);
    let next = start;
    let good = 0;
    while (good < CSV_ROWS && next < end) {
      next = row.scan(bytes, next, end, false);
      if (next === INCOMPLETE || row.columns !== slots.length || row.problem !== null) break;
      next = skipLineEnds(bytes, next, end);
      good++;
    }
    if (good === CSV_ROWS) return start;
  }
  return -1;
}

function skipLineEnds(bytes: Uint8Array, start: number, end: number): number {
  let p = start;
  while (p < end && (bytes[p] === LF || bytes[p] === CR)) p++;
  return p;
}
