import { plainMemory } from '../../src/export/core/ingest-memory.js';
import type { LogRecord } from '../../src/export/core/log-record.js';
import { NameTable, recordNames } from '../../src/export/core/name-table.js';
import { RecordBatch, ROW } from '../../src/export/core/record-batch.js';
import { TextClassifier } from '../../src/features/core/batch-classifier.js';
import { EventColumns } from '../../src/features/core/event-columns.js';
import type { RowAggregator } from '../../src/features/core/feature-set.js';

/** One for all specs of a file: a batch is read before the next one is written. */
const MEMORY = plainMemory();
const ENCODER = new TextEncoder();
const DECODER = new TextDecoder('utf-8', { ignoreBOM: true });

export const decodeText = (bytes: Uint8Array, start: number, end: number): string =>
  DECODER.decode(bytes.subarray(start, end));

/** Turns records into batches as the readers would, with names of its own. */
export class RecordBatches {
  readonly names = recordNames();
  readonly batch = new RecordBatch(MEMORY, this.names);
  readonly events: EventColumns;
  private readonly classifier: TextClassifier;

  constructor() {
    this.events = new EventColumns(
      MEMORY,
      new NameTable({ what: 'networks', field: 'message', maxNames: 100_000 }),
    );
    this.classifier = new TextClassifier(this.events, decodeText);
  }

  /** @param rows records in a batch */
  feed(aggregator: RowAggregator, records: readonly LogRecord[], rows = 4096): void {
    for (let from = 0; from < records.length; from += rows) {
      this.batch.clear();
      for (const record of records.slice(from, from + rows)) this.append(record);
      if (aggregator.needsEvents) this.classifier.classify(this.batch);
      aggregator.add(this.batch, aggregator.needsEvents ? this.events : null);
    }
  }

  append(record: LogRecord, flags: number = ROW.kept): void {
    const { batch, names } = this;
    const text = ENCODER.encode(record.message);
    const at = batch.reserveText(text.length);
    if (at < 0 || batch.isFull) throw new RangeError('The batch is full.');
    batch.bytes.set(text, at);
    const row = batch.count++;
    batch.timeMs[row] = record.timestampMs;
    batch.byteOffset[row] = record.byteOffset;
    batch.recordIndex[row] = record.recordIndex;
    batch.device[row] = names.devices.id(record.device);
    batch.program[row] = names.programs.id(record.program);
    batch.level[row] = record.level;
    batch.messageStart[row] = at;
    batch.messageEnd[row] = at + text.length;
    batch.flags[row] = flags;
  }
}
