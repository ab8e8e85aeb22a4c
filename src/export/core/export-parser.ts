import { AppError } from '../../shared/errors.js';
import { CsvReader } from './csv-reader.js';
import { bomLength, detectFormat, refuseForeign, type DetectedFormat } from './format-detection.js';
import { JsonReader } from './json-reader.js';
import { skipSpace } from './json-scanner.js';
import type { DecodeText, RecordSink } from './log-record.js';
import { NdjsonReader } from './ndjson-reader.js';
import {
  DEFAULT_EXPORT_LIMITS,
  type ExportLimits,
  type FormatReader,
  type ParserContext,
} from './parser-context.js';
import { RecordAssembler } from './record-assembler.js';
import type { ValidationCollector } from './validation-collector.js';
import type { InputFile } from './validation-report.js';

export type { ExportLimits } from './parser-context.js';

export type InputFormat = InputFile['format'];

export interface ExportParserOptions {
  /** Name for messages; the parser opens nothing. */
  readonly fileName: string;
  /** UTF-8 decoder that keeps a byte order mark inside the text (TextDecoder: `ignoreBOM: true`). */
  readonly decode: DecodeText;
  readonly collector: ValidationCollector;
  readonly onRecord: RecordSink;
  /** First millisecond kept. */
  readonly startMs?: number | null;
  /** First millisecond left out again. */
  readonly endMs?: number | null;
  /** Programs to keep, in any case. */
  readonly programs?: ReadonlySet<string> | null;
  readonly limits?: Partial<ExportLimits>;
}

/**
 * Streaming parser of one export file: bytes in, records out, everything else into the collector. The format is
 * recognised from the bytes. Memory is bounded by the chunk and the record limit, not by the file.
 *
 * A bad record never throws: it is counted with its reason. `push` and `end` throw AppError `export_invalid` for a
 * file that cannot be read on; the parser is of no use after that.
 */
export class ExportParser {
  private readonly context: ParserContext;
  private reader: FormatReader | null = null;
  private detected: DetectedFormat = 'object';
  private started = false;

  // Bytes that wait for more: the beginning of a record whose end has not arrived.
  private pending = new Uint8Array(65_536);
  private pendingLength = 0;
  // Scanning the same beginning for each small chunk would be quadratic: wait until the bytes have doubled.
  private retryAt = 0;

  constructor(private readonly options: ExportParserOptions) {
    const { fileName, decode, collector, onRecord } = options;
    const tracker = collector.openFile(fileName);
    const { startMs = null, endMs = null, programs = null } = options;
    this.context = {
      fileName,
      limits: { ...DEFAULT_EXPORT_LIMITS, ...options.limits },
      tracker,
      assembler: new RecordAssembler({ decode, tracker, onRecord, startMs, endMs, programs }),
      base: 0,
    };
  }

  /** Takes the next bytes of the file. The chunk may be reused by the caller afterwards. */
  push(chunk: Uint8Array): void {
    if (this.pendingLength === 0) {
      const rest = this.consume(chunk, chunk.length, false);
      this.keep(chunk.subarray(rest), rest);
      return;
    }
    this.append(chunk);
    if (this.pendingLength < this.retryAt) return;
    const rest = this.consume(this.pending, this.pendingLength, false);
    this.keep(this.pending.subarray(rest, this.pendingLength), rest);
  }

  /** Ends the file and tells its format. */
  end(): InputFormat {
    const rest = this.consume(this.pending, this.pendingLength, true);
    this.context.base += rest;
    this.pendingLength = 0;
    if (this.reader === null) {
      throw new AppError('export_invalid', `${this.context.fileName}: the file is empty.`, {
        hint: 'Export the logs again; an interrupted export leaves an empty file behind.',
        details: {
          file: this.context.fileName,
          byte_offset: this.context.base,
          record_index: 0,
          reason: 'empty',
        },
      });
    }
    this.context.tracker.close();
    return this.format();
  }

  private format(): InputFormat {
    if (this.detected === 'array') return 'json-array';
    if (this.detected !== 'object') return this.detected;
    return this.reader instanceof JsonReader && this.reader.recordsKey === 'logs'
      ? 'json-logs'
      : 'json-exporter';
  }

  /** Returns how many bytes are done with. */
  private consume(buf: Uint8Array, end: number, final: boolean): number {
    let pos = 0;
    if (!this.started) {
      if (end < 4 && !final) return 0;
      refuseForeign(this.context, buf, 0, end);
      pos = bomLength(buf, 0, end);
      this.started = true;
    }
    if (this.reader === null) {
      pos = skipSpace(buf, pos, end);
      const format = pos < end ? detectFormat(this.context, buf, pos, end, final) : null;
      if (format === null) return pos;
      this.detected = format;
      this.reader = this.open(format);
    }
    return this.reader.consume(buf, pos, end, final);
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

  /** Keeps unread bytes (a part of the chunk or of `pending` itself) behind `consumed` finished ones. */
  private keep(rest: Uint8Array, consumed: number): void {
    this.context.base += consumed;
    this.pendingLength = rest.length;
    this.retryAt = rest.length * 2;
    if (rest.length === 0) return;
    this.reserve(rest.length);
    this.pending.set(rest);
  }

  private append(chunk: Uint8Array): void {
    this.reserve(this.pendingLength + chunk.length);
    this.pending.set(chunk, this.pendingLength);
    this.pendingLength += chunk.length;
  }

  private reserve(bytes: number): void {
    if (this.pending.length >= bytes) return;
    const larger = new Uint8Array(Math.max(bytes, this.pending.length * 2));
    larger.set(this.pending.subarray(0, this.pendingLength));
    this.pending = larger;
  }
}
