/**
 * One log line after parsing, aliases and the syslog header have been resolved.
 *
 * The parser hands out ONE instance again and again (no allocation per record): a consumer that keeps anything
 * copies it.
 */
export interface LogRecord {
  /** 0-based position of the record in its file (CSV: data row, header not counted). */
  recordIndex: number;
  /** Byte offset of the record's first byte in the (decompressed) file. */
  byteOffset: number;
  /** Arrival time, milliseconds since the epoch, UTC. */
  timestampMs: number;
  /** Device identity: `device_id` as text, else `device_ip` / host, else the header's host. Never empty. */
  device: string;
  /** Program as written, without `[pid]` (`process_name` | `program` | `source` | syslog header); '' if nowhere given. */
  program: string;
  /** Syslog severity 0 (emergency) .. 7 (debug); -1 = unknown. */
  level: number;
  message: string;
}

/** RFC 5424 severity names by number. */
export const LOG_LEVELS = [
  'emergency',
  'alert',
  'critical',
  'error',
  'warning',
  'notice',
  'info',
  'debug',
] as const;

export type RecordSink = (record: LogRecord) => void;

/** Turns UTF-8 bytes [start, end) into text; passed in, because core/ must not know Buffer. */
export type DecodeText = (bytes: Uint8Array, start: number, end: number) => string;
