import type { DecodeText, LogRecord } from './log-record.js';
import type { RecordBatch } from './record-batch.js';

/** An empty record for {@link readRecord}. */
export function emptyRecord(): LogRecord {
  return { recordIndex: 0, byteOffset: 0, timestampMs: 0, device: '', program: '', level: -1, message: '' };
}

/** Copies a row into `record`, with its texts: for who can afford strings. */
export function readRecord(
  batch: RecordBatch,
  row: number,
  decode: DecodeText,
  record: LogRecord,
): LogRecord {
  record.recordIndex = batch.recordIndex[row];
  record.byteOffset = batch.byteOffset[row];
  record.timestampMs = batch.timeMs[row];
  record.device = batch.names.devices.name(batch.device[row]);
  record.program = batch.names.programs.name(batch.program[row]);
  record.level = batch.level[row];
  record.message = decode(batch.bytes, batch.messageStart[row], batch.messageEnd[row]);
  return record;
}

/** The rows of a batch as records of their own, whether they are kept or not. */
export function batchRecords(batch: RecordBatch, decode: DecodeText): LogRecord[] {
  return Array.from({ length: batch.count }, (_, row) => readRecord(batch, row, decode, emptyRecord()));
}
