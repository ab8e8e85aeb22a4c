import { isClockSample } from './clock-check.js';
import { FieldDecoder } from './field-decoder.js';
import { KIND, LABEL_SLOT, SLOT, type FieldSpans } from './field-spans.js';
import { normaliseLevel } from './log-level.js';
import type { DecodeText } from './log-record.js';
import { BAD_NAME, deviceId, NO_NAME, programId, withoutProcessId } from './name-rules.js';
import type { RecordTracker } from './record-tracker.js';
import { recordLabel } from './record-label.js';
import { ROW, type RecordBatch } from './record-batch.js';
import { HEADER_BYTES, parseSyslogHeader, type SyslogHeader } from './syslog-header.js';
import { DAY_MS, daysFromCivil, hasZone, parseTimestampBytes, parseTimestampMs } from './timestamp.js';

export interface AssemblerOptions {
  readonly decode: DecodeText;
  readonly tracker: RecordTracker;
  readonly batch: RecordBatch;
  /** Takes the rows of the batch and clears it. */
  readonly onBatch: () => void;
  /** Whether a label field is read. */
  readonly labelled?: boolean;
}

export const MIN_MS = daysFromCivil(2000, 1, 1) * DAY_MS;
export const MAX_MS = daysFromCivil(2100, 1, 1) * DAY_MS;
const PROGRAM_SLOTS = [SLOT.processName, SLOT.program, SLOT.source] as const;
const LEVEL_SLOTS = [SLOT.logLevel, SLOT.level] as const;
const HOST_SLOTS = [SLOT.deviceIp, SLOT.hostname, SLOT.host] as const;
const PLAIN_INTEGER = /^(?:0|[1-9]\d*)$/;

/**
 * Makes a row of the fields of one record, whatever format they came from: aliases, the syslog header, time. Each
 * record ends in exactly one place: the batch, or invalid with a reason.
 */
export class RecordAssembler {
  private readonly decoder: FieldDecoder;

  // State of the record at hand. Its fields lie in the memory of the batch.
  private buf: Uint8Array = new Uint8Array(0);
  private spans!: FieldSpans;
  private byteOffset = 0;
  private timeMs = 0;
  private device = 0;
  private row = 0;
  private zoned = true;
  private header: SyslogHeader | null = null;
  private headerRead = false;

  constructor(private readonly options: AssemblerOptions) {
    this.decoder = new FieldDecoder(options.decode);
  }

  /** Takes the record whose fields lie in `buf`, the memory of the batch; it starts at `byteOffset` of the file. */
  take(buf: Uint8Array, spans: FieldSpans, byteOffset: number): void {
    const { tracker, batch, onBatch } = this.options;
    this.buf = buf;
    this.spans = spans;
    this.byteOffset = byteOffset;
    this.headerRead = false;
    if (batch.isFull) onBatch();

    const problem = this.readTimestamp() ?? this.checkMessage() ?? this.readDevice();
    if (problem !== null) {
      tracker.invalid(problem, byteOffset, this.quote(problem));
      // Half surrogate pairs of a record that does not count are of no interest.
      this.decoder.loneSurrogates = 0;
      return;
    }
    this.placeMessage();
    this.row = batch.count;
    batch.timeMs[this.row] = this.timeMs;
    batch.byteOffset[this.row] = byteOffset;
    batch.recordIndex[this.row] = tracker.recordCount;
    batch.device[this.row] = this.device;
    batch.flags[this.row] = this.zoned ? 0 : ROW.noZone;
    this.readProgram();
    this.readLevel();
    if (this.options.labelled === true) this.readLabel();
    if (isClockSample(byteOffset)) tracker.checkClock(batch, this.row, this.rawHead());
    if (this.decoder.loneSurrogates > 0) this.note('lone_surrogate', '');
    this.decoder.loneSurrogates = 0;
    batch.count++;
    tracker.recordCount++;
  }

  private readTimestamp(): string | null {
    const { spans, buf } = this;
    const kind = spans.kind[SLOT.timestamp];
    const start = spans.start[SLOT.timestamp];
    const end = spans.end[SLOT.timestamp];
    if (kind === KIND.absent || kind === KIND.null) return 'missing_timestamp';
    if (!spans.isText(SLOT.timestamp)) return 'timestamp_not_text';
    let ms = kind === KIND.plain ? parseTimestampBytes(buf, start, end) : NaN;
    this.zoned = hasZone(buf, start, end);
    if (Number.isNaN(ms)) {
      if (end - start > HEADER_BYTES) return 'timestamp_invalid';
      const text = this.decoder.text(buf, spans, SLOT.timestamp).trim();
      ms = parseTimestampMs(text);
      this.zoned = /(?:[zZ]|[+-]\d{2}(?::?\d{2})?)$/.test(text.slice(19));
    }
    if (Number.isNaN(ms)) return 'timestamp_invalid';
    if (ms < MIN_MS || ms >= MAX_MS) return 'timestamp_out_of_range';
    this.timeMs = ms;
    return null;
  }

  private checkMessage(): string | null {
    const kind = this.spans.kind[SLOT.message];
    if (kind === KIND.absent || kind === KIND.null) return 'missing_message';
    return this.spans.isText(SLOT.message) ? null : 'message_not_text';
  }

  /** The message stays where it is, in the input, unless its bytes have to be resolved first. */
  private placeMessage(): void {
    const { spans, buf } = this;
    const { batch, onBatch } = this.options;
    let start = spans.start[SLOT.message];
    let end = spans.end[SLOT.message];
    if (spans.kind[SLOT.message] !== KIND.plain) {
      let at = batch.reserveText(end - start);
      if (at === -1) {
        onBatch();
        at = batch.reserveText(end - start);
      }
      end = this.decoder.resolve(buf, spans, SLOT.message, batch.bytes, at);
      start = at;
      batch.trimText(end);
    }
    batch.messageStart[batch.count] = start;
    batch.messageEnd[batch.count] = end;
  }

  private readDevice(): string | null {
    const { spans } = this;
    const { names } = this.options.batch;
    if (spans.kind[SLOT.deviceId] === KIND.other) return 'device_invalid';
    let name = this.name(SLOT.deviceId);
    // The identity of a number is its value: 3 and 3.0 are one device. Long integers stay exact as text.
    if (spans.kind[SLOT.deviceId] === KIND.number && !PLAIN_INTEGER.test(name)) {
      const value = Number(name);
      if (!Number.isFinite(value)) return 'device_invalid';
      name = String(value === 0 ? 0 : value);
    }
    for (let i = 0; name === '' && i < HOST_SLOTS.length; i++) name = this.name(HOST_SLOTS[i]);
    if (name === '') {
      name = this.syslogHeader()?.host ?? '';
      if (name !== '') this.note('device_from_header', name);
    }
    this.device = deviceId(names, name);
    if (this.device === NO_NAME) return 'device_missing';
    return this.device === BAD_NAME ? 'device_invalid' : null;
  }

  private readProgram(): void {
    const { batch } = this.options;
    let program = '';
    for (let i = 0; program === '' && i < PROGRAM_SLOTS.length; i++) {
      if (this.spans.isText(PROGRAM_SLOTS[i])) program = this.name(PROGRAM_SLOTS[i]);
    }
    program = withoutProcessId(program);
    if (program === '') {
      program = this.syslogHeader()?.program ?? '';
      this.note(program === '' ? 'program_missing' : 'program_from_header', program);
    }
    batch.program[this.row] = programId(batch.names, program);
  }

  private readLevel(): void {
    const { tracker, batch } = this.options;
    const { level } = batch;
    let text = '';
    for (let i = 0; text === '' && i < LEVEL_SLOTS.length; i++) text = this.name(LEVEL_SLOTS[i]);
    if (text !== '') {
      level[this.row] = normaliseLevel(text);
      batch.flags[this.row] |= tracker.levelBits(text);
      if (level[this.row] === -1) this.note('level_unknown', text);
      return;
    }
    level[this.row] = this.syslogHeader()?.level ?? -1;
    this.note(level[this.row] === -1 ? 'level_missing' : 'level_from_header', '');
  }

  private readLabel(): void {
    const { buf, spans, decoder } = this;
    const kind = spans.kind[LABEL_SLOT];
    if (kind === KIND.absent || kind === KIND.null) return;
    const start = spans.start[LABEL_SLOT];
    // true and false are no text: their bytes are.
    const text =
      kind === KIND.other
        ? this.options.decode(buf, start, Math.min(spans.end[LABEL_SLOT], start + HEADER_BYTES))
        : decoder.text(buf, spans, LABEL_SLOT);
    const label = recordLabel(text);
    if (label === null) this.note('label_unknown', text.slice(0, 60));
    else if (label) this.options.batch.flags[this.row] |= ROW.labelled;
  }

  private note(code: string, detail: string): void {
    const { tracker } = this.options;
    tracker.note(code, tracker.recordCount, this.byteOffset, detail);
  }

  private syslogHeader(): SyslogHeader | null {
    if (!this.headerRead) {
      this.headerRead = true;
      const raw = this.rawHead();
      this.header = raw === '' ? null : parseSyslogHeader(raw);
    }
    return this.header;
  }

  private rawHead(): string {
    return this.decoder.head(this.buf, this.spans, SLOT.rawMessage, HEADER_BYTES);
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
