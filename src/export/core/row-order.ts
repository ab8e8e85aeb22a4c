import { ROW, type RecordBatch } from './record-batch.js';
import { headText, RowMemory, sameBytes, type RememberedRow } from './row-memory.js';

const MAX_PLACES = 5;

export interface RowPlace {
  readonly recordIndex: number;
  readonly byteOffset: number;
}

export interface RowOrderState {
  readonly forward: number;
  readonly backward: number;
  readonly duplicates: number;
  readonly forwardPlaces: readonly RowPlace[];
  readonly backwardPlaces: readonly RowPlace[];
  /** First and last row that was kept. */
  readonly first: RememberedRow | null;
  readonly last: RememberedRow | null;
}

/** Takes the first rows that repeat the one before, with the beginning of their message. */
export interface DuplicateSink {
  /** false = enough of them are known; the rest is only counted. */
  wanted(): boolean;
  found(place: RowPlace, message: string): void;
}

/** Compares each kept row of a file with the kept row before it: direction of time, repeats. */
export class RowOrder {
  /** Steps to a later and to an earlier time. */
  forward = 0;
  backward = 0;
  duplicates = 0;

  private readonly forwardPlaces: RowPlace[] = [];
  private readonly backwardPlaces: RowPlace[] = [];
  private readonly first = new RowMemory();
  private readonly last = new RowMemory();

  constructor(private readonly sink: DuplicateSink) {}

  take(batch: RecordBatch): void {
    const { count, timeMs, flags } = batch;
    let before = -1;
    let previousMs = this.last.timeMs;
    for (let row = 0; row < count; row++) {
      if ((flags[row] & ROW.kept) === 0) continue;
      const ms = timeMs[row];
      // No comparison with the NaN of "no row before" is true.
      if (ms > previousMs) {
        if (this.forward++ < MAX_PLACES) this.forwardPlaces.push(placeOf(batch, row));
      } else if (ms < previousMs) {
        if (this.backward++ < MAX_PLACES) this.backwardPlaces.push(placeOf(batch, row));
      } else if (ms === previousMs && this.repeats(batch, row, before)) {
        this.duplicates++;
        if (this.sink.wanted()) {
          const message = headText(batch.bytes, batch.messageStart[row], batch.messageEnd[row]);
          this.sink.found(placeOf(batch, row), message);
        }
      }
      previousMs = ms;
      if (before < 0 && this.first.isEmpty) this.first.remember(batch, row);
      before = row;
    }
    if (before >= 0) this.last.remember(batch, before);
  }

  /** Places of the steps against the direction the file mostly runs in. */
  outOfOrderPlaces(): readonly RowPlace[] {
    return this.forward >= this.backward ? this.backwardPlaces : this.forwardPlaces;
  }

  exportState(): RowOrderState {
    return {
      forward: this.forward,
      backward: this.backward,
      duplicates: this.duplicates,
      forwardPlaces: [...this.forwardPlaces],
      backwardPlaces: [...this.backwardPlaces],
      first: this.first.exportState(),
      last: this.last.exportState(),
    };
  }

  /** Adds the rows that follow in the same file; names and record numbers are already ours. */
  absorb(next: RowOrderState): void {
    const { first, last } = next;
    if (first !== null) {
      if (first.timeMs > this.last.timeMs) {
        this.forward++;
        this.forwardPlaces.push(placeOfRow(first));
      } else if (first.timeMs < this.last.timeMs) {
        this.backward++;
        this.backwardPlaces.push(placeOfRow(first));
      } else if (first.timeMs === this.last.timeMs && this.last.sameRow(first)) {
        this.duplicates++;
        // Asked or not: the places of the other part come after this one.
        this.sink.found(placeOfRow(first), headText(first.message, 0, first.message.length));
      }
      if (this.first.isEmpty) this.first.set(first);
    }
    if (last !== null) this.last.set(last);
    this.forward += next.forward;
    this.backward += next.backward;
    this.duplicates += next.duplicates;
    this.forwardPlaces.push(...next.forwardPlaces);
    this.backwardPlaces.push(...next.backwardPlaces);
    this.forwardPlaces.splice(MAX_PLACES);
    this.backwardPlaces.splice(MAX_PLACES);
  }

  private repeats(batch: RecordBatch, row: number, before: number): boolean {
    if (before < 0) return this.last.sameContent(batch, row);
    const { device, program, messageStart, messageEnd, bytes } = batch;
    if (device[row] !== device[before] || program[row] !== program[before]) return false;
    const length = messageEnd[row] - messageStart[row];
    if (length !== messageEnd[before] - messageStart[before]) return false;
    return sameBytes(bytes, messageStart[row], bytes, messageStart[before], length);
  }
}

const placeOf = (batch: RecordBatch, row: number): RowPlace => ({
  recordIndex: batch.recordIndex[row],
  byteOffset: batch.byteOffset[row],
});

const placeOfRow = ({ recordIndex, byteOffset }: RememberedRow): RowPlace => ({ recordIndex, byteOffset });
