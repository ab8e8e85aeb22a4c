const LF = 10;
const CR = 13;
const QUOTE = 34;
/** Comma, semicolon and tab: all of them until the header has told which one it is. */
const DELIMITERS = [44, 59, 9] as const;
const BOM = [0xef, 0xbb, 0xbf] as const;

const FIRST_BYTES = 1 << 18;
/** A thousand cells of a thousand characters fit. */
const MAX_ROW_BYTES = 4 << 20;

/** Where the cell stands that the scan is in. */
const AT = { start: 0, bare: 1, quoted: 2, behindQuote: 3 } as const;

/** @param isAscii no byte of the row is above 127 */
export type OnRow = (bytes: Uint8Array, from: number, to: number, isAscii: boolean) => void;

/** Finds the rows of CSV bytes that come in pieces of any size; empty lines and a byte order mark are left out. */
export class TableRowFinder {
  private bytes = new Uint8Array(FIRST_BYTES);
  /** The row under scan begins at `from`, the scan stands at `at`, the bytes end at `end`. */
  private from = 0;
  private at = 0;
  private endAt = 0;
  private place: number = AT.start;
  private high = 0;
  private markChecked = false;
  /** Byte -> 1 = a cell begins behind it. */
  private readonly delimits = new Uint8Array(256);

  constructor(private readonly onRow: OnRow) {
    for (const byte of DELIMITERS) this.delimits[byte] = 1;
  }

  /** The one delimiter of the file, known once its header is. */
  setDelimiter(delimiter: string): void {
    this.delimits.fill(0);
    this.delimits[delimiter.charCodeAt(0)] = 1;
  }

  /** null: a row is too long. */
  inputSpace(): Uint8Array | null {
    if (this.from > 0) {
      this.bytes.copyWithin(0, this.from, this.endAt);
      this.at -= this.from;
      this.endAt -= this.from;
      this.from = 0;
    }
    if (this.endAt === this.bytes.length) {
      if (this.endAt >= MAX_ROW_BYTES) return null;
      const larger = new Uint8Array(this.endAt * 2);
      larger.set(this.bytes);
      this.bytes = larger;
    }
    return this.bytes.subarray(this.endAt);
  }

  advance(count: number): void {
    this.endAt += count;
    if (!this.markChecked) {
      // A mark of three bytes can come in pieces too.
      if (this.endAt < BOM.length && BOM.slice(0, this.endAt).every((byte, i) => this.bytes[i] === byte))
        return;
      this.skipMark();
    }
    this.scan();
  }

  /** The rest of the bytes is the last row. @returns whether it ends inside a quoted cell */
  end(): boolean {
    if (!this.markChecked) {
      this.skipMark();
      this.scan();
    }
    if (this.place === AT.quoted) return true;
    this.finishRow(this.endAt);
    return false;
  }

  private skipMark(): void {
    this.markChecked = true;
    if (this.endAt >= BOM.length && BOM.every((byte, i) => this.bytes[i] === byte)) {
      this.from = BOM.length;
      this.at = BOM.length;
    }
  }

  private scan(): void {
    const { bytes, endAt, delimits } = this;
    let { at, place, high } = this;
    for (; at < endAt; at++) {
      const byte = bytes[at];
      high |= byte;
      if (place === AT.quoted) {
        if (byte === QUOTE) place = AT.behindQuote;
      } else if (byte === LF || byte === CR) {
        this.high = high;
        this.finishRow(at);
        this.from = at + 1;
        place = AT.start;
        high = 0;
      } else if (byte === QUOTE) {
        // Behind a quote it is a doubled one; in the middle of a bare cell it is a character like any other.
        if (place !== AT.bare) place = AT.quoted;
      } else {
        place = delimits[byte] === 1 ? AT.start : AT.bare;
      }
    }
    this.at = at;
    this.place = place;
    this.high = high;
  }

  private finishRow(end: number): void {
    if (end > this.from) this.onRow(this.bytes, this.from, end, this.high < 128);
  }
}
