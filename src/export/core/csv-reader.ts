import { CsvRowScanner } from './csv-row.js';
import { cleanName } from './field-decoder.js';
import { FIELD_NAMES, LABEL_SLOT } from './field-spans.js';
import { INCOMPLETE } from './json-scanner.js';
import type { DecodeText } from './log-record.js';
import {
  assertWithinLimit,
  fatal,
  grouped,
  truncated,
  type FormatReader,
  type ParserContext,
  type PartFormat,
} from './parser-context.js';
import { isValidUtf8 } from './utf8.js';

const LF = 10;
const CR = 13;
const QUOTE = 34;
const DELIMITERS = [44, 59, 9] as const;
const MAX_HEADER_BYTES = 65_536;
const SLOTS: ReadonlyMap<string, number> = new Map(FIELD_NAMES.map((name, slot) => [name, slot]));
const EXPECTED =
  'Expected is a log export: {"logs": [...]}, {"data": [...]}, one JSON record a line, or CSV whose header names at least the columns timestamp and message.';

/** Reads CSV with a header row; comma, semicolon or tab. Columns are found by name, in any case and order. */
export class CsvReader implements FormatReader {
  private row: CsvRowScanner | null = null;
  private columnCount = 0;
  private delimiter = 0;
  private compiled = false;

  constructor(
    private readonly context: ParserContext,
    private readonly decode: DecodeText,
  ) {}

  get isBetweenRecords(): boolean {
    return this.row !== null;
  }

  partFormat(): PartFormat | null {
    return this.row === null
      ? null
      : { format: 'csv', delimiter: this.delimiter, slots: [...this.row.slots] };
  }

  /** Begins behind the header. */
  openRows(delimiter: number, slots: Int8Array): void {
    this.columnCount = slots.length;
    this.delimiter = delimiter;
    this.compiled = this.context.kernel?.setColumns(slots) ?? false;
    this.row = new CsvRowScanner(delimiter, slots);
  }

  consume(buf: Uint8Array, pos: number, end: number, final: boolean): number {
    let p = pos;
    if (this.row === null) {
      const after = this.readHeader(buf, p, end, final);
      if (after === INCOMPLETE) return p;
      p = after;
    }
    for (;;) {
      p = skipLineEnds(buf, p, end);
      if (p >= end) return p;
      const reached = this.compiled ? this.scan(p, end) : p;
      if (reached !== p) {
        p = reached;
        continue;
      }
      const after = this.readRow(this.row!, buf, p, end, final);
      if (after === INCOMPLETE) return p;
      p = after;
    }
  }

  /** Header names are compared in lower case. */
  private labelColumn(): string | null {
    const { labelField } = this.context;
    return labelField && this.decode(labelField, 0, labelField.length).trim().toLowerCase();
  }

  private scan(p: number, end: number): number {
    return this.context.kernel?.scanCsv(p, end, this.delimiter, this.columnCount) ?? p;
  }

  private readRow(row: CsvRowScanner, buf: Uint8Array, p: number, end: number, final: boolean): number {
    const { context } = this;
    const after = row.scan(buf, p, end, final);
    if (after === INCOMPLETE) {
      const what = row.openQuote ? 'a row with an open quote' : 'a row';
      assertWithinLimit(context, p, end, what);
      if (!final) return INCOMPLETE;
      throw truncated(
        context,
        end,
        `inside a quoted field of the row that starts at byte ${grouped(context.base + p)}`,
      );
    }
    assertWithinLimit(context, p, after, 'a row');
    const offset = context.base + p;
    if (row.columns !== this.columnCount) {
      const detail = `${row.columns} columns instead of ${this.columnCount}`;
      context.tracker.invalid('wrong_column_count', offset, detail);
    } else if (row.problem !== null) {
      context.tracker.invalid(row.problem, offset, '');
    } else {
      context.assembler.take(buf, row.spans, offset);
    }
    return after;
  }

  private readHeader(buf: Uint8Array, p: number, end: number, final: boolean): number {
    const lineEnd = findLineEnd(buf, p, end);
    this.assertText(buf, p, Math.min(lineEnd, p + MAX_HEADER_BYTES));
    if (lineEnd - p > MAX_HEADER_BYTES) throw this.notAnExport(buf, p, end);
    if (lineEnd >= end && !final) return INCOMPLETE;

    const delimiter = detectDelimiter(buf, p, lineEnd);
    const names = splitHeader(buf, p, lineEnd, delimiter).map(([start, stop]) =>
      this.decode(buf, start, stop).replace(/""/g, '"').trim().toLowerCase(),
    );
    const label = this.labelColumn();
    const slots = Int8Array.from(names, (name) => (name === label ? LABEL_SLOT : (SLOTS.get(name) ?? -1)));
    if (names.length > this.context.limits.maxColumns) throw this.notAnExport(buf, p, lineEnd);
    const known = slots.filter((slot) => slot >= 0);
    if (new Set(known).size !== known.length) {
      const twice = names.find((name, i) => SLOTS.has(name) && names.indexOf(name) !== i);
      const hint = 'Each column must be named once.';
      throw fatal(
        this.context,
        p,
        `the CSV header names the column "${twice ?? ''}" twice`,
        hint,
        'duplicate_column',
      );
    }
    const missing = ['timestamp', 'message'].filter((name) => !names.includes(name));
    if (missing.length > 0) {
      if (known.length === 0) throw this.notAnExport(buf, p, lineEnd);
      const seen = names.slice(0, 30).map((name) => cleanName(name.slice(0, 40)));
      const message = `the CSV header has no column ${missing.join(' and ')}; its columns are: ${seen.join(', ')}`;
      throw fatal(this.context, p, message, EXPECTED, 'missing_column');
    }
    this.openRows(delimiter, slots);
    return lineEnd;
  }

  private assertText(buf: Uint8Array, start: number, end: number): void {
    for (let p = start; p < end; p++) {
      const c = buf[p];
      if ((c < 32 && c !== 9 && c !== LF && c !== CR) || c === 127) throw this.notAnExport(buf, start, end);
    }
  }

  /** Names the first bytes: that tells a person what kind of file it is. */
  private notAnExport(buf: Uint8Array, start: number, end: number): Error {
    const head = buf.subarray(start, Math.min(end, start + 16));
    const readable = head.every((byte) => byte >= 32 && byte !== 127) && isValidUtf8(head, 0, head.length);
    const shown = readable
      ? JSON.stringify(this.decode(head, 0, head.length))
      : Array.from(head, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const what = readable ? 'the text' : 'the bytes';
    return fatal(
      this.context,
      start,
      `not a log export: it begins with ${what} ${shown}`,
      EXPECTED,
      'unknown_format',
    );
  }
}

function skipLineEnds(buf: Uint8Array, pos: number, end: number): number {
  let p = pos;
  while (p < end && (buf[p] === LF || buf[p] === CR)) p++;
  return p;
}

function findLineEnd(buf: Uint8Array, pos: number, end: number): number {
  let p = pos;
  while (p < end && buf[p] !== LF && buf[p] !== CR) p++;
  return p;
}

/** The candidate that occurs most often outside quotes; comma when none does. */
function detectDelimiter(buf: Uint8Array, start: number, end: number): number {
  const counts = new Int32Array(DELIMITERS.length);
  let inQuotes = false;
  for (let p = start; p < end; p++) {
    if (buf[p] === QUOTE) inQuotes = !inQuotes;
    const at = inQuotes ? -1 : DELIMITERS.findIndex((delimiter) => delimiter === buf[p]);
    if (at >= 0) counts[at]++;
  }
  return DELIMITERS[counts.indexOf(Math.max(...counts))];
}

/** Positions of the names in a header line, without their quotes. */
function splitHeader(buf: Uint8Array, start: number, end: number, delimiter: number): [number, number][] {
  const fields: [number, number][] = [];
  let inQuotes = false;
  let from = start;
  for (let p = start; p <= end; p++) {
    if (p < end && buf[p] === QUOTE) inQuotes = !inQuotes;
    if (p === end || (!inQuotes && buf[p] === delimiter)) {
      const isQuoted = p - from >= 2 && buf[from] === QUOTE && buf[p - 1] === QUOTE;
      fields.push(isQuoted ? [from + 1, p - 1] : [from, p]);
      from = p + 1;
    }
  }
  return fields;
}
