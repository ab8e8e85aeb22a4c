import { AppError } from '../../shared/errors.js';
import { CsvReader } from './csv-reader.js';
import { bomLength, detectFormat, refuseForeign, type DetectedFormat } from './format-detection.js';
import { INPUT_BYTES, MEMORY_LAYOUT, SENTINEL_BYTES } from './ingest-memory.js';
import { JsonReader } from './json-reader.js';
import { skipSpace } from './json-scanner.js';
import type { DecodeText } from './log-record.js';
import { NdjsonReader } from './ndjson-reader.js';
import {
  DEFAULT_EXPORT_LIMITS,
  type ExportLimits,
  type FormatReader,
  type ParserContext,
  type PartFormat,
} from './parser-context.js';
import { RecordAssembler } from './record-assembler.js';
import type { RecordBatch } from './record-batch.js';
import type { RecordTracker } from './record-tracker.js';
import type { ScanKernel } from './scan-kernel.js';
import type { InputFile } from './validation-report.js';

export type { ExportLimits } from './parser-context.js';

export type InputFormat = InputFile['format'];

/**
 * A stretch of a file that one thread reads. Rows carry byte offsets of the whole file, but record numbers of the part.
 * When a part that begins further on throws, the file is to be read again in one piece: its message counts the records
 * of the part only.
 */
export interface ReadPart {
  /** null: the part begins with the file. */
  readonly from: { readonly byteOffset: number; readonly format: PartFormat } | null;
  /** Byte offset at which the next part begins; null: the part ends with the file. */
  readonly stopAt: number | null;
}

/**
 * How a part came to its end: `hit` = a record begins exactly at its `stopAt`, so that the next part takes over from
 * there; `passed` = none does, so that this part goes on to the end of the file and the next ones are of no use.
 */
export type PartStop = 'reading' | 'hit' | 'passed';

export interface ExportParserOptions {
  /** Name for messages; the parser opens nothing. */
  readonly fileName: string;
  /** UTF-8 decoder that keeps a byte order mark inside the text (TextDecoder: `ignoreBOM: true`). */
  readonly decode: DecodeText;
  readonly tracker: RecordTracker;
  /** Where the rows go. Its memory also holds the bytes that are being read. */
  readonly batch: RecordBatch;
  /** Takes the rows of the batch and clears it; called when it is full, before the input moves, and at the end. */
  readonly onBatch: () => void;
  /** The compiled scanner for this batch; without it all records are read in TypeScript, with the same result. */
  readonly kernel?: ScanKernel | null;
  /** UTF-8 name of a field that holds labels (see record-label.ts); its rows get `ROW.labelled`. Needs `kernel` null. */
  readonly labelField?: Uint8Array | null;
  readonly limits?: Partial<ExportLimits>;
  readonly part?: ReadPart;
}

const INPUT_START = MEMORY_LAYOUT.input;
const INPUT_END = MEMORY_LAYOUT.input + INPUT_BYTES;
/** What is read at a time, always to the front of the input: with the rows of it, it stays in the second-level cache. */
const READ_BYTES = 1 << 19;
/** A record and as many bytes behind it must fit into the input. */
const MAX_RECORD_BYTES = INPUT_BYTES / 2;

/**
 * Streaming parser of one export file: bytes in, rows out, everything else into the tracker. The format is recognised
 * from the bytes. Memory is fixed: the input region of the batch's memory.
 *
 * Bytes come in by `inputSpace` and `advance` (read straight into the memory) or by `push` (copied).
 *
 * A bad record never throws: it is counted with its reason. All methods throw AppError `export_invalid` for a file that
 * cannot be read on; the parser is of no use after that.
 */
export class ExportParser {
  private readonly context: ParserContext;
  private readonly memory: Uint8Array;
  private reader: FormatReader | null = null;
  private detected: DetectedFormat = 'object';
  private started = false;

  // Bytes at hand: [start, filled) of the memory. Those before `start` are done with, but rows may point at them.
  private start: number = INPUT_START;
  private filled: number = INPUT_START;
  // Scanning the beginning of a record again for each small chunk would be quadratic: wait until the bytes have doubled.
  private retryBytes = 0;
  private stopAt: number | null;
  private stopped: PartStop = 'reading';

  constructor(private readonly options: ExportParserOptions) {
    const {
      fileName,
      decode,
      tracker,
      batch,
      onBatch,
      kernel = null,
      labelField = null,
      limits = {},
    } = options;
    const { maxRecordBytes = DEFAULT_EXPORT_LIMITS.maxRecordBytes } = limits;
    this.memory = batch.bytes;
    this.context = {
      fileName,
      limits: {
        ...DEFAULT_EXPORT_LIMITS,
        ...limits,
        maxRecordBytes: Math.min(maxRecordBytes, MAX_RECORD_BYTES),
      },
      tracker,
      assembler: new RecordAssembler({ decode, tracker, batch, onBatch, labelled: labelField !== null }),
      labelField,
      kernel,
      // Positions are positions in the memory; the file begins where the input does.
      base: -INPUT_START,
    };
    kernel?.open(this.context, onBatch);
    const { from = null, stopAt = null } = options.part ?? {};
    this.stopAt = stopAt;
    if (from !== null) this.openPart(from.byteOffset, from.format);
  }

  /** Free space for the next bytes of the file, at least one. Rows that point at the input may be handed on. */
  inputSpace(): Uint8Array {
    if (this.filled - INPUT_START >= READ_BYTES) this.makeRoom();
    return this.memory.subarray(this.filled, Math.min(this.filled + READ_BYTES, INPUT_END));
  }

  /** Takes the first `bytes` bytes of {@link inputSpace} as the next ones of the file. */
  advance(bytes: number): void {
    this.filled += bytes;
    if (this.stopAt !== null && this.context.base + this.filled >= this.stopAt) this.reachStop();
    if (this.stopped === 'hit') return;
    if (this.filled - this.start < this.retryBytes && this.filled < INPUT_END) return;
    this.start = this.consume(this.filled, false);
    this.retryBytes = 2 * (this.filled - this.start);
  }

  /** Takes the next bytes of the file, any number of them. The chunk may be reused by the caller afterwards. */
  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length && this.stopped !== 'hit';) {
      const space = this.inputSpace();
      const part = chunk.subarray(at, at + space.length);
      space.set(part);
      this.advance(part.length);
      at += part.length;
    }
  }

  /** How the part came to its end. After `hit` nothing more is read: call {@link endPart}. */
  get partStop(): PartStop {
    return this.stopped;
  }

  /** What another parser needs to begin at a record further on; null when the records have not been reached. */
  partFormat(): PartFormat | null {
    return this.reader?.partFormat() ?? null;
  }

  /** Ends a part that was `hit`, with a part behind it. */
  endPart(): void {
    this.flush();
  }

  /** Ends the file and tells its format. */
  end(): InputFormat {
    this.start = this.consume(this.filled, true);
    const { context } = this;
    if (this.reader === null) {
      throw new AppError('export_invalid', `${context.fileName}: the file is empty.`, {
        hint: 'Export the logs again; an interrupted export leaves an empty file behind.',
        details: {
          file: context.fileName,
          byte_offset: context.base + this.start,
          record_index: 0,
          reason: 'empty',
        },
      });
    }
    this.flush();
    context.tracker.close();
    return this.format();
  }

  private format(): InputFormat {
    if (this.detected === 'array') return 'json-array';
    if (this.detected !== 'object') return this.detected;
    return this.reader instanceof JsonReader && this.reader.recordsKey === 'logs'
      ? 'json-logs'
      : 'json-exporter';
  }

  private flush(): void {
    if (this.options.batch.count > 0) this.options.onBatch();
  }

  /**
   * The bytes up to the end of the part are here. They are read as if no more were: when nothing of them is left, the
   * next part begins where this one ends.
   */
  private reachStop(): void {
    const stop = this.stopAt! - this.context.base;
    this.stopAt = null;
    // The compiled scanner writes behind what it reads.
    const behind = this.memory.slice(stop, stop + SENTINEL_BYTES);
    this.start = this.consume(stop, false);
    this.memory.set(behind, stop);
    const isHit = this.start === stop && this.reader !== null && this.reader.isBetweenRecords;
    this.stopped = isHit ? 'hit' : 'passed';
    this.retryBytes = 0;
  }

  private openPart(byteOffset: number, part: PartFormat): void {
    this.context.base += byteOffset;
    this.started = true;
    this.detected = part.format;
    this.reader = this.open(part.format);
    if (this.reader instanceof JsonReader) this.reader.openPart(part);
    if (this.reader instanceof CsvReader && part.format === 'csv') {
      this.reader.openRows(part.delimiter, Int8Array.from(part.slots));
    }
  }

  /** Moves the bytes at hand to the front. */
  private makeRoom(): void {
    if (this.start === INPUT_START) return;
    this.flush();
    this.memory.copyWithin(INPUT_START, this.start, this.filled);
    this.context.base += this.start - INPUT_START;
    this.filled -= this.start - INPUT_START;
    this.start = INPUT_START;
  }

  /** Reads what is complete; returns the position of the first byte that is still needed. */
  private consume(filled: number, final: boolean): number {
    const { context, memory } = this;
    let pos = this.start;
    if (!this.started) {
      if (filled - pos < 4 && !final) return pos;
      refuseForeign(context, memory, pos, filled);
      pos += bomLength(memory, pos, filled);
      this.started = true;
    }
    if (this.reader === null) {
      pos = skipSpace(memory, pos, filled);
      const format = pos < filled ? detectFormat(context, memory, pos, filled, final) : null;
      if (format === null) return pos;
      this.detected = format;
      this.reader = this.open(format);
    }
    return this.reader.consume(memory, pos, filled, final);
  }

  private open(format: DetectedFormat): FormatReader {
    const { context } = this;
    switch (format) {
      case 'object':
      case 'array':
        return new JsonReader(context, this.options.decode, format);
      case 'ndjson':
        return new NdjsonReader(context);
      case 'csv':
        return new CsvReader(context, this.options.decode);
    }
  }
}
