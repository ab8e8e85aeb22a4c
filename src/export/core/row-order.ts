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

  private wantsDuplicates = true;
  private readonly forwardPlaces: RowPlace[] = [];
  private readonly backwardPlaces: RowPlace[] = [];
  private readonly first = new RowMemory();
  private readonly last = new RowMemory();

  constructor(private readonly sink: DuplicateSink) {}

  take(batch: RecordBatch): void {
    const { count, timeMs, flags, messageStart, messageEnd } = batch;
    let previousMs = this.last.timeMs;
    let previousLength = this.last.length;
    // -1 = the row that is remembered.
    let before = -1;
    let forward = 0;
    let backward = 0;
    for (let row = 0; row < count; row++) {
      if ((flags[row] & ROW.kept) === 0) continue;
      const ms = timeMs[row];
      // Added up, not branched on: whether a line comes in the same second as the one before it is a coin toss. No
      // comparison with the NaN of "no row before" is true.
      forward += Number(ms > previousMs);
      backward += Number(ms < previousMs);
      const length = messageEnd[row] - messageStart[row];
      // The length first: it is what most seldom is the same.
      if (length === previousLength && ms === previousMs && this.repeats(batch, row, before)) {
        this.foundDuplicate(batch, row);
      }
      previousMs = ms;
      previousLength = length;
      before = row;
    }
    if (forward > 0 && this.forwardPlaces.length < MAX_PLACES) this.findSteps(batch, 1, this.forwardPlaces);
    if (backward > 0 && this.backwardPlaces.length < MAX_PLACES)
      this.findSteps(batch, -1, this.backwardPlaces);
    this.forward += forward;
    this.backward += backward;
    if (before < 0) return;
    if (this.first.isEmpty) this.first.remember(batch, firstKept(batch));
    this.last.remember(batch, before);
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

  /** Whether the row has the content of the row `before` it; the lengths of their messages are the same. */
  private repeats(batch: RecordBatch, row: number, before: number): boolean {
    if (before < 0) return this.last.sameContent(batch, row);
    const { device, program, messageStart, messageEnd, bytes } = batch;
    if (device[row] !== device[before] || program[row] !== program[before]) return false;
    const length = messageEnd[row] - messageStart[row];
    return sameBytes(bytes, messageStart[row], bytes, messageStart[before], length);
  }

  private foundDuplicate(batch: RecordBatch, row: number): void {
    this.duplicates++;
    // Once enough are known, no more are ever wanted.
    this.wantsDuplicates &&= this.sink.wanted();
    if (!this.wantsDuplicates) return;
    const message = headText(batch.bytes, batch.messageStart[row], batch.messageEnd[row]);
    this.sink.found(placeOf(batch, row), message);
  }

  /** Adds places of the steps in one direction. Each call adds at least one of the few that are kept. */
  private findSteps(batch: RecordBatch, direction: 1 | -1, places: RowPlace[]): void {
    let previousMs = this.last.timeMs;
    for (let row = 0; row < batch.count && places.length < MAX_PLACES; row++) {
      if ((batch.flags[row] & ROW.kept) === 0) continue;
      if ((batch.timeMs[row] - previousMs) * direction > 0) places.push(placeOf(batch, row));
      previousMs = batch.timeMs[row];
    }
  }
}

/** A batch that has a kept row is searched for the first one. */
function firstKept({ flags }: RecordBatch): number {
  let row = 0;
  while ((flags[row] & ROW.kept) === 0) row++;
  return row;
}

const placeOf = (batch: RecordBatch, row: number): RowPlace => ({
  recordIndex: batch.recordIndex[row],
  byteOffset: batch.byteOffset[row],
});

const placeOfRow = ({ recordIndex, byteOffset }: RememberedRow): RowPlace => ({ recordIndex, byteOffset });
