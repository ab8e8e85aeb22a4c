import type { RecordBatch } from './record-batch.js';

/** What a parser reports about one file. Records that are valid are rows of the batch; the rest goes through here. */
export interface RecordTracker {
  /** Records seen, valid or not; also the index of the record at hand. The parser counts the valid ones. */
  recordCount: number;
  /** Counts the record at hand as invalid. */
  invalid(reason: string, byteOffset: number, detail: string): void;
  /** Notes something about a valid record. */
  note(code: string, recordIndex: number, byteOffset: number, detail: string): void;
  /** Compares the clock in the header of a raw line with the row's time, for the records isClockSample() names. */
  checkClock(batch: RecordBatch, row: number, rawHead: string): void;
  /** Bits for the flags of a row whose own level field is written like this (cleaned, before it is normalised). */
  levelBits(text: string): number;
  /** Notes something about the file as a whole. */
  noteFile(code: string, byteOffset: number, detail: string): void;
  /** Takes the record count the metadata claims, whatever its type. */
  declare(count: unknown, byteOffset: number): void;
  /** Ends the file. */
  close(): void;
}
