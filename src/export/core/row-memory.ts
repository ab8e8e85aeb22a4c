import type { RecordBatch } from './record-batch.js';

/** A row that outlives its batch. Plain data: it may be sent to another thread. */
export interface RememberedRow {
  readonly timeMs: number;
  readonly device: number;
  readonly program: number;
  readonly recordIndex: number;
  readonly byteOffset: number;
  readonly message: Uint8Array;
}

/** Copy of one row, written over again and again without allocating. */
export class RowMemory {
  /** NaN = no row yet: compares as neither earlier, later nor equal. */
  timeMs = NaN;
  device = -1;
  program = -1;
  recordIndex = 0;
  byteOffset = 0;
  /** Bytes of the message. */
  length = 0;
  private message = new Uint8Array(1024);

  get isEmpty(): boolean {
    return Number.isNaN(this.timeMs);
  }

  remember(batch: RecordBatch, row: number): void {
    this.timeMs = batch.timeMs[row];
    this.device = batch.device[row];
    this.program = batch.program[row];
    this.recordIndex = batch.recordIndex[row];
    this.byteOffset = batch.byteOffset[row];
    this.setMessage(batch.bytes, batch.messageStart[row], batch.messageEnd[row]);
  }

  /** Whether the row of the batch has the same content; the times are the caller's to compare. */
  sameContent(batch: RecordBatch, row: number): boolean {
    if (batch.device[row] !== this.device || batch.program[row] !== this.program) return false;
    const start = batch.messageStart[row];
    return (
      batch.messageEnd[row] - start === this.length &&
      sameBytes(batch.bytes, start, this.message, 0, this.length)
    );
  }

  exportState(): RememberedRow | null {
    if (this.isEmpty) return null;
    const { timeMs, device, program, recordIndex, byteOffset } = this;
    return {
      timeMs,
      device,
      program,
      recordIndex,
      byteOffset,
      message: this.message.slice(0, this.length),
    };
  }

  set(row: RememberedRow): void {
    this.timeMs = row.timeMs;
    this.device = row.device;
    this.program = row.program;
    this.recordIndex = row.recordIndex;
    this.byteOffset = row.byteOffset;
    this.setMessage(row.message, 0, row.message.length);
  }

  /** {@link sameContent} for a row of another thread, its names already being ours. */
  sameRow(row: RememberedRow): boolean {
    return (
      row.device === this.device &&
      row.program === this.program &&
      row.message.length === this.length &&
      sameBytes(row.message, 0, this.message, 0, this.length)
    );
  }

  private setMessage(bytes: Uint8Array, start: number, end: number): void {
    this.length = end - start;
    if (this.length > this.message.length) this.message = new Uint8Array(this.length * 2);
    this.message.set(bytes.subarray(start, end));
  }
}

/** Log messages that are equally long mostly differ in an address or number in their middle. */
const SAMPLE_STEP = 7;

/** Whether `length` bytes of `a` from `aStart` on equal those of `b` from `bStart` on. */
export function sameBytes(
  a: Uint8Array,
  aStart: number,
  b: Uint8Array,
  bStart: number,
  length: number,
): boolean {
  // A few bytes from all over tell most texts apart that begin (and end) alike.
  for (let i = length - 1; i >= 0; i -= SAMPLE_STEP) {
    if (a[aStart + i] !== b[bStart + i]) return false;
  }
  for (let i = 0; i < length; i++) {
    if (a[aStart + i] !== b[bStart + i]) return false;
  }
  return true;
}

const HEAD_BYTES = 360;

/** The beginning of a text of well-formed UTF-8 as a string, cut between two characters: enough for an example. */
export function headText(bytes: Uint8Array, start: number, end: number): string {
  let stop = Math.min(end, start + HEAD_BYTES);
  if (stop < end) while (stop > start && (bytes[stop] & 0xc0) === 0x80) stop--;
  let escaped = '';
  for (let at = start; at < stop; at++) escaped += `%${bytes[at].toString(16).padStart(2, '0')}`;
  return decodeURIComponent(escaped);
}
