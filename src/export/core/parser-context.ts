import { AppError } from '../../shared/errors.js';
import type { RecordAssembler } from './record-assembler.js';
import type { RecordTracker } from './record-tracker.js';
import type { ScanKernel } from './scan-kernel.js';

export interface ExportLimits {
  /** Largest record, and largest value outside records, in bytes. */
  readonly maxRecordBytes: number;
  /** Deepest nesting, the record itself included. */
  readonly maxDepth: number;
  /** Most keys the top-level object may have. */
  readonly maxKeys: number;
  /** Most columns a CSV row may have. */
  readonly maxColumns: number;
}

export const DEFAULT_EXPORT_LIMITS: ExportLimits = {
  maxRecordBytes: 1_048_576,
  maxDepth: 64,
  maxKeys: 1000,
  maxColumns: 1000,
};

/** What the reader of one file shares with its helpers. */
export interface ParserContext {
  readonly fileName: string;
  readonly limits: ExportLimits;
  readonly assembler: RecordAssembler;
  readonly tracker: RecordTracker;
  /** The compiled scanner, asked before each record; null where there is none. */
  readonly kernel: ScanKernel | null;
  /** UTF-8 name of the field that holds labels; null = none is read. */
  readonly labelField: Uint8Array | null;
  /** Offset in the file of index 0 of the buffer in use. */
  base: number;
}

/** What is known of a file in the middle of its records. Can be sent to another thread. */
export type PartFormat =
  | {
      readonly format: 'object';
      readonly recordsKey: 'logs' | 'data';
      /** What stood before the records. */
      readonly hasMetadata: boolean;
      readonly keys: readonly string[];
      /** First key of the first record as written, '' when it is not plain. */
      readonly firstKey: string;
    }
  | { readonly format: 'array'; readonly firstKey: string }
  | { readonly format: 'ndjson' }
  | { readonly format: 'csv'; readonly delimiter: number; readonly slots: readonly number[] };

/**
 * One file format. `consume` takes bytes [pos, end), hands out the complete records in them and returns the position
 * of the first byte it wants to see again, together with more. `final` means no more will come.
 */
export interface FormatReader {
  /** Whether a record may begin at the position that {@link consume} returned. */
  readonly isBetweenRecords: boolean;
  /** What a reader needs to know to begin at a record further on; null before the records have been reached. */
  partFormat(): PartFormat | null;
  consume(buf: Uint8Array, pos: number, end: number, final: boolean): number;
}

/** A number with thousands separated, as byte offsets and record numbers are long. */
export function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** The error for a file that cannot be read on: names the file, the byte and the record. */
export function fatal(
  context: ParserContext,
  at: number,
  message: string,
  hint: string,
  reason: string,
): AppError {
  const byteOffset = context.base + at;
  const record = context.tracker.recordCount;
  return new AppError(
    'export_invalid',
    `${context.fileName}: ${message} (byte ${grouped(byteOffset)}, record index ${grouped(record)}).`,
    { hint, details: { file: context.fileName, byte_offset: byteOffset, record_index: record, reason } },
  );
}

/** The same for a file that ends too early. */
export function truncated(context: ParserContext, at: number, what: string): AppError {
  const complete = context.tracker.recordCount;
  return fatal(
    context,
    at,
    `the file is cut off: it ends ${what}; ${complete === 1 ? '1 record was' : `${grouped(complete)} records were`} read before that`,
    'Export or copy the file again and compare its size with the original.',
    'truncated',
  );
}

/** Refuses a record (or another value) that is larger than the limit, before it is held in memory. */
export function assertWithinLimit(context: ParserContext, start: number, end: number, what: string): void {
  if (end - start <= context.limits.maxRecordBytes) return;
  throw fatal(
    context,
    start,
    `${what} is longer than ${grouped(context.limits.maxRecordBytes)} bytes`,
    'A log record is a few hundred bytes: check for a missing line end or quote, or a file that is no log export.',
    'record_too_large',
  );
}
