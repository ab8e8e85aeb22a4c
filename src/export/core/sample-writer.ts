import { LOG_LEVELS } from './log-record.js';
import type { SampleRecord } from './sample-export.js';
import { civilFromDays, DAY_MS, formatTimestamp } from './timestamp.js';
import type { InputFile } from './validation-report.js';

export type SampleFormat = Exclude<InputFile['format'], 'json-array'>;

export interface SampleRenderOptions {
  readonly format: SampleFormat;
  /** Number of records, for the metadata (a stream cannot know it beforehand). */
  readonly totalRecords: number;
  /** RFC 3339 time for the metadata. */
  readonly createdAt: string;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const PIECE_CHARS = 65_536;
const CSV_COLUMNS = ['device_id', 'message', 'raw_message', 'timestamp'] as const;

/** The line as the device sent it: `<pri>Mon dd hh:mm:ss host program[pid]: message`. */
function rawMessage({ timestampMs, device, program, pid, facility, level, message }: SampleRecord): string {
  const { month, day } = civilFromDays(Math.floor(timestampMs / DAY_MS));
  const clock = formatTimestamp(timestampMs).slice(11, 19);
  const tag = pid === 0 ? program : `${program}[${pid}]`;
  return `<${facility + level}>${MONTHS[month - 1]} ${String(day).padStart(2)} ${clock} ${device.host} ${tag}: ${message}\n`;
}

/** The fields of the real exporter. */
function toJson(record: SampleRecord): string {
  const { id, timestampMs, device, program, facility, level, message } = record;
  const structured = { priority: facility + level, facility: facility / 8, severity_code: level };
  return JSON.stringify({
    id,
    device_id: device.id,
    device_ip: device.deviceIp,
    timestamp: formatTimestamp(timestampMs),
    log_level: LOG_LEVELS[level],
    process_name: program,
    message,
    raw_message: rawMessage(record),
    structured_data: JSON.stringify(structured),
    pushed_to_ai: false,
    pushed_at: null,
    push_attempts: 0,
    last_push_error: null,
  });
}

const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;

function toCsv(record: SampleRecord): string {
  const { device, message, timestampMs } = record;
  return [device.id, quote(message), quote(rawMessage(record)), formatTimestamp(timestampMs)].join(',');
}

interface Frame {
  readonly head: string;
  readonly separator: string;
  readonly tail: string;
}

function frame({ format, totalRecords, createdAt }: SampleRenderOptions): Frame {
  const metadata = JSON.stringify({ created_at: createdAt, total_records: totalRecords, format: 'json' });
  switch (format) {
    case 'json-logs':
      return { head: '{"logs": [\n', separator: ',\n', tail: `\n], "metadata": ${metadata}}\n` };
    case 'json-exporter':
      return { head: `{"export_metadata": ${metadata}, "data": [\n`, separator: ',\n', tail: '\n]}\n' };
    case 'ndjson':
      return { head: '', separator: '\n', tail: '\n' };
    case 'csv':
      return { head: `${CSV_COLUMNS.join(',')}\n`, separator: '\n', tail: '\n' };
  }
}

/** Text of a sample export in pieces of about 64 KiB, ready to be written one after the other. */
export function* renderSample(
  records: Iterable<SampleRecord>,
  options: SampleRenderOptions,
): Generator<string> {
  const { head, separator, tail } = frame(options);
  const write = options.format === 'csv' ? toCsv : toJson;
  let piece = head;
  let first = true;
  for (const record of records) {
    piece += first ? write(record) : separator + write(record);
    first = false;
    if (piece.length >= PIECE_CHARS) {
      yield piece;
      piece = '';
    }
  }
  yield piece + tail;
}
