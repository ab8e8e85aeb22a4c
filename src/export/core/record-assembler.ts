import { FieldDecoder } from './field-decoder.js';
import { KIND, SLOT, type FieldSpans } from './field-spans.js';
import type { FileTracker } from './file-tracker.js';
import { normaliseLevel } from './log-level.js';
import type { DecodeText, LogRecord, RecordSink } from './log-record.js';
import { HEADER_BYTES, parseSyslogHeader, type SyslogHeader } from './syslog-header.js';
import { DAY_MS, daysFromCivil, hasZone, parseTimestampBytes, parseTimestampMs } from './timestamp.js';

export interface AssemblerOptions {
  readonly decode: DecodeText;
  readonly tracker: FileTracker;
  readonly onRecord: RecordSink;
  /** First millisecond kept; null = no lower bound. */
  readonly startMs: number | null;
  /** First millisecond not kept any more; null = no upper bound. */
  readonly endMs: number | null;
  /** Programs to keep, in any case; null = all. */
  readonly programs: ReadonlySet<string> | null;
}

const MIN_MS = daysFromCivil(2000, 1, 1) * DAY_MS;
const MAX_MS = daysFromCivil(2100, 1, 1) * DAY_MS;
const MAX_DEVICE_CHARS = 256;
const MAX_PROGRAM_CHARS = 128;
const PROGRAM_SLOTS = [SLOT.processName, SLOT.program, SLOT.source] as const;
const LEVEL_SLOTS = [SLOT.logLevel, SLOT.level] as const;
const HOST_SLOTS = [SLOT.deviceIp, SLOT.hostname, SLOT.host] as const;
const PLAIN_INTEGER = /^(?:0|[1-9]\d*)$/;

/**
 * Makes a log record of the fields of one record, whatever format they came from: aliases, the syslog header, time,
 * the filters. Each record ends in exactly one count: kept, filtered, or invalid with a reason.
 */
export class RecordAssembler {
  private readonly decoder: FieldDecoder;
  private readonly record: LogRecord = {
    recordIndex: 0,
    byteOffset: 0,
    timestampMs: 0,
    device: '',
    program: '',
    level: -1,
    message: '',
  };
  private readonly programs: ReadonlySet<string> | null;

  // State of the record at hand.
  private buf: Uint8Array = new Uint8Array(0);
  private spans!: FieldSpans;
  private header: SyslogHeader | null = null;
  private headerRead = false;

  constructor(private readonly options: AssemblerOptions) {
    this.decoder = new FieldDecoder(options.decode);
    this.programs =
      options.programs === null ? null : new Set([...options.programs].map((name) => name.toLowerCase()));
  }

  /** Takes the record whose fields lie in `buf`; it starts at `byteOffset` of the file. */
  take(buf: Uint8Array, spans: FieldSpans, byteOffset: number): void {
    const { record } = this;
    const { tracker } = this.options;
    this.buf = buf;
    this.spans = spans;
    this.headerRead = false;
    record.recordIndex = tracker.recordCount;
    record.byteOffset = byteOffset;

    const problem = this.readTimestamp() ?? this.readMessage() ?? this.readDevice();
    if (problem !== null) {
      tracker.invalid(problem, byteOffset, this.quote(problem));
      return;
    }
    this.readProgram();
    this.readLevel();
    this.compareClocks();
    if (this.decoder.loneSurrogates > 0) {
      tracker.note('lone_surrogate', record, '');
      this.decoder.loneSurrogates = 0;
    }
    const kept = this.passes();
    tracker.accept(record, kept);
    if (kept) this.options.onRecord(record);
  }

  private readTimestamp(): string | null {
    const { spans, buf } = this;
    const kind = spans.kind[SLOT.timestamp];
    const start = spans.start[SLOT.timestamp];
    const end = spans.end[SLOT.timestamp];
    if (kind === KIND.absent || kind === KIND.null) return 'missing_timestamp';
    if (!spans.isText(SLOT.timestamp)) return 'timestamp_not_text';
    let ms = kind === KIND.plain ? parseTimestampBytes(buf, start, end) : NaN;
    let zoned = hasZone(buf, start, end);
    if (Number.isNaN(ms)) {
      if (end - start > HEADER_BYTES) return 'timestamp_invalid';
      const text = this.decoder.text(buf, spans, SLOT.timestamp).trim();
      ms = parseTimestampMs(text);
      zoned = /(?:[zZ]|[+-]\d{2}(?::?\d{2})?)$/.test(text.slice(19));
    }
    if (Number.isNaN(ms)) return 'timestamp_invalid';
    if (ms < MIN_MS || ms >= MAX_MS) return 'timestamp_out_of_range';
    this.record.timestampMs = ms;
    if (!zoned) this.options.tracker.note('timestamp_without_zone', this.record, '');
    return null;
  }

  private readMessage(): string | null {
    const kind = this.spans.kind[SLOT.message];
    if (kind === KIND.absent || kind === KIND.null) return 'missing_message';
    if (!this.spans.isText(SLOT.message)) return 'message_not_text';
    this.record.message = this.decoder.text(this.buf, this.spans, SLOT.message);
    return null;
  }

  private readDevice(): string | null {
    const { spans } = this;
    if (spans.kind[SLOT.deviceId] === KIND.other) return 'device_invalid';
    let device = this.name(SLOT.deviceId);
    // The identity of a number is its value: 3 and 3.0 are one device. Long integers stay exact as text.
    if (spans.kind[SLOT.deviceId] === KIND.number && !PLAIN_INTEGER.test(device)) {
      const value = Number(device);
      if (!Number.isFinite(value)) return 'device_invalid';
      device = String(value === 0 ? 0 : value);
    }
    for (let i = 0; device === '' && i < HOST_SLOTS.length; i++) device = this.name(HOST_SLOTS[i]);
    if (device === '') {
      device = this.syslogHeader()?.host ?? '';
      if (device !== '') this.options.tracker.note('device_from_header', this.record, device);
    }
    if (device === '') return 'device_missing';
    if (device.length > MAX_DEVICE_CHARS) return 'device_invalid';
    this.record.device = device;
    return null;
  }

  private readProgram(): void {
    const { record } = this;
    let program = '';
    for (let i = 0; program === '' && i < PROGRAM_SLOTS.length; i++) {
      if (this.spans.isText(PROGRAM_SLOTS[i])) program = this.name(PROGRAM_SLOTS[i]);
    }
    // "hostapd[123]" is the program hostapd: process ids would make each restart a program of its own.
    if (program.endsWith(']')) program = program.replace(/\[\d+\]$/, '');
    if (program === '') {
      program = this.syslogHeader()?.program ?? '';
      this.options.tracker.note(program === '' ? 'program_missing' : 'program_from_header', record, program);
    }
    record.program = program.length > MAX_PROGRAM_CHARS ? program.slice(0, MAX_PROGRAM_CHARS) : program;
  }

  private readLevel(): void {
    const { record } = this;
    let text = '';
    for (let i = 0; text === '' && i < LEVEL_SLOTS.length; i++) text = this.name(LEVEL_SLOTS[i]);
    if (text !== '') {
      record.level = normaliseLevel(text);
      if (record.level === -1) this.options.tracker.note('level_unknown', record, text);
      return;
    }
    record.level = this.syslogHeader()?.level ?? -1;
    this.options.tracker.note(record.level === -1 ? 'level_missing' : 'level_from_header', record, '');
  }

  /** Only where the header was needed anyway: a clock that is off is worth a warning, not a second parse of each line. */
  private compareClocks(): void {
    if (!this.headerRead || this.header === null || this.header.dayOfYear < 0) return;
    const days = Math.floor(this.record.timestampMs / DAY_MS);
    const arrival = days % 365.2425;
    const distance = Math.abs(arrival - this.header.dayOfYear) % 365.2425;
    // Two and a half days of tolerance: leap days and time zones must not look like a wrong clock.
    if (Math.min(distance, 365.2425 - distance) > 2.5)
      this.options.tracker.note('clock_skew', this.record, '');
  }

  private passes(): boolean {
    const { startMs, endMs } = this.options;
    const { timestampMs, program } = this.record;
    if (startMs !== null && timestampMs < startMs) return false;
    if (endMs !== null && timestampMs >= endMs) return false;
    return this.programs === null || this.programs.has(program) || this.programs.has(program.toLowerCase());
  }

  private syslogHeader(): SyslogHeader | null {
    if (!this.headerRead) {
      this.headerRead = true;
      const raw = this.decoder.head(this.buf, this.spans, SLOT.rawMessage, HEADER_BYTES);
      this.header = raw === '' ? null : parseSyslogHeader(raw);
    }
    return this.header;
  }

  private name(slot: number): string {
    const kind = this.spans.kind[slot];
    return kind === KIND.absent || kind === KIND.null ? '' : this.decoder.name(this.buf, this.spans, slot);
  }

  /** The offending value for the example of a finding. */
  private quote(problem: string): string {
    const slot = problem.includes('timestamp')
      ? SLOT.timestamp
      : problem.includes('message')
        ? SLOT.message
        : SLOT.deviceId;
    return this.decoder.head(this.buf, this.spans, slot, 60);
  }
}
