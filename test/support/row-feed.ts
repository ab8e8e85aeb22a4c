import type { FileTracker } from '../../src/export/core/file-tracker.js';
import { plainMemory } from '../../src/export/core/ingest-memory.js';
import { recordNames } from '../../src/export/core/name-table.js';
import { RecordBatch } from '../../src/export/core/record-batch.js';
import { ValidationCollector } from '../../src/export/core/validation-collector.js';
import type { ValidationReport } from '../../src/export/core/validation-report.js';

/** A valid record as a test writes it down; what is left out is plain. */
export interface PlainRow {
  readonly timeMs: number;
  readonly device?: string;
  readonly program?: string;
  readonly message?: string;
  readonly level?: number;
  readonly flags?: number;
  /** Spelling of the level. */
  readonly spelling?: string;
  /** Beginning of the raw line: its clock is compared. */
  readonly raw?: string;
}

/** One for all: a batch is read before the next one is written. */
const MEMORY = plainMemory();
const ENCODER = new TextEncoder();

/** Hands records to a file tracker in batches, the way a parser does. Each record is 100 bytes long. */
export class RowFeed {
  readonly names = recordNames();
  private readonly batch = new RecordBatch(MEMORY, this.names);

  /** @param firstByte position of the next record in the file */
  add(tracker: FileTracker, row: PlainRow, firstByte = tracker.recordCount * 100): void {
    const { batch, names } = this;
    const text = ENCODER.encode(row.message ?? 'm');
    if (batch.isFull) this.flush(tracker);
    let start = batch.reserveText(text.length);
    if (start < 0) {
      this.flush(tracker);
      start = batch.reserveText(text.length);
    }
    batch.bytes.set(text, start);
    const at = batch.count;
    batch.timeMs[at] = row.timeMs;
    batch.byteOffset[at] = firstByte;
    batch.recordIndex[at] = tracker.recordCount;
    batch.device[at] = names.devices.id(row.device ?? 'd');
    batch.program[at] = names.programs.id(row.program ?? 'hostapd');
    batch.level[at] = row.level ?? 5;
    batch.messageStart[at] = start;
    batch.messageEnd[at] = start + text.length;
    batch.flags[at] = (row.flags ?? 0) | tracker.levelBits(row.spelling ?? '');
    if (row.raw !== undefined) tracker.checkClock(batch, at, row.raw);
    batch.count++;
    tracker.recordCount++;
  }

  flush(tracker: FileTracker): void {
    if (this.batch.count > 0) tracker.take(this.batch);
    this.batch.clear();
  }
}

/** The report over files named 0.json, 1.json, ... whose records the functions add. */
export function collectRows(
  files: readonly ((feed: RowFeed, tracker: FileTracker) => void)[],
  windowSeconds = 300,
): ValidationReport {
  const feed = new RowFeed();
  const collector = new ValidationCollector({ windowSeconds, wifiRequired: true, names: feed.names });
  for (const [i, addRows] of files.entries()) {
    const tracker = collector.openFile(`${i}.json`);
    addRows(feed, tracker);
    feed.flush(tracker);
    tracker.close();
  }
  return collector.finish([]);
}
