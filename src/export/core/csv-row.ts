import { FieldSpans, KIND } from './field-spans.js';
import { INCOMPLETE } from './json-scanner.js';
import { isValidUtf8 } from './utf8.js';

const QUOTE = 34;
const LF = 10;
const CR = 13;

export type RowProblem = 'invalid_quoting' | 'invalid_utf8';

/** Finds the fields of one CSV row (RFC 4180: quoted fields may hold delimiters, line ends and doubled quotes). */
export class CsvRowScanner {
  readonly spans = new FieldSpans();
  /** Columns of the row scanned last. */
  columns = 0;
  problem: RowProblem | null = null;
  /** The bytes at hand end inside a quoted field. */
  openQuote = false;

  private p = 0;
  private highBits = 0;

  /**
   * @param delimiter byte between fields
   * @param slots slot of each column in `spans`, -1 for columns nobody reads
   */
  constructor(
    private readonly delimiter: number,
    readonly slots: Int8Array,
  ) {}

  /** Scans the row at `pos`; returns the start of the next row or INCOMPLETE. `final`: no bytes follow `end`. */
  scan(buf: Uint8Array, pos: number, end: number, final: boolean): number {
    this.spans.reset();
    this.problem = null;
    this.openQuote = false;
    this.highBits = 0;
    this.p = pos;
    let column = 0;
    for (;;) {
      const done =
        this.p < end && buf[this.p] === QUOTE
          ? this.quoted(buf, end, final, column)
          : this.bare(buf, end, column);
      if (!done) return INCOMPLETE;
      const p = this.p;
      column++;
      if (p < end && buf[p] === this.delimiter) {
        this.p++;
        continue;
      }
      if (p >= end && !final) return INCOMPLETE;
      const lineEnd = p < end && buf[p] === CR ? p + 1 : p;
      if (lineEnd >= end && !final) return INCOMPLETE;
      this.columns = column;
      if (this.highBits > 127 && !isValidUtf8(buf, pos, p)) this.problem = 'invalid_utf8';
      return lineEnd < end ? lineEnd + 1 : end;
    }
  }

  private quoted(buf: Uint8Array, end: number, final: boolean, column: number): boolean {
    const start = this.p + 1;
    let q = start;
    let kind: number = KIND.plain;
    for (;;) {
      let bits = 0;
      while (q < end && buf[q] !== QUOTE) bits |= buf[q++];
      this.highBits |= bits;
      if (q >= end) {
        this.openQuote = true;
        return false;
      }
      if (q + 1 >= end && !final) return false;
      if (q + 1 >= end || buf[q + 1] !== QUOTE) break;
      kind = KIND.doubled;
      q += 2;
    }
    this.store(column, kind, start, q);
    this.p = q + 1;
    if (this.p < end && buf[this.p] !== this.delimiter && !this.atLineEnd(buf, end)) {
      this.problem = 'invalid_quoting';
      this.skipBare(buf, end);
    }
    return true;
  }

  private bare(buf: Uint8Array, end: number, column: number): boolean {
    const start = this.p;
    this.skipBare(buf, end);
    // An empty field without quotes is how databases write NULL.
    if (this.p > start) this.store(column, KIND.plain, start, this.p);
    return true;
  }

  private skipBare(buf: Uint8Array, end: number): void {
    const { delimiter } = this;
    let p = this.p;
    let bits = 0;
    while (p < end) {
      const c = buf[p];
      if (c === delimiter || c === LF || (c === CR && (p + 1 >= end || buf[p + 1] === LF))) break;
      bits |= c;
      p++;
    }
    this.highBits |= bits;
    this.p = p;
  }

  private atLineEnd(buf: Uint8Array, end: number): boolean {
    const c = buf[this.p];
    return c === LF || (c === CR && (this.p + 1 >= end || buf[this.p + 1] === LF));
  }

  private store(column: number, kind: number, start: number, end: number): void {
    const slot = column < this.slots.length ? this.slots[column] : -1;
    if (slot >= 0) this.spans.set(slot, kind, start, end);
  }
}
