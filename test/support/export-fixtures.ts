import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  ExportParser,
  type ExportParserOptions,
  type InputFormat,
} from '../../src/export/core/export-parser.js';
import type { DecodeText, LogRecord } from '../../src/export/core/log-record.js';
import { ValidationCollector, type CollectorOptions } from '../../src/export/core/validation-collector.js';
import type { ValidationReport } from '../../src/export/core/validation-report.js';

/** UTF-8 decoding the way the entry points do it. */
export const decodeText: DecodeText = (bytes, start, end) =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');

export interface ParsedExport {
  readonly format: InputFormat;
  readonly records: LogRecord[];
  readonly report: ValidationReport;
}

export interface ParseSettings {
  /** Bytes per push; the whole input when left out. */
  readonly chunkBytes?: number;
  readonly collector?: Partial<CollectorOptions>;
  readonly parser?: Partial<ExportParserOptions>;
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Parses one export held in memory; throws what the parser throws. */
export function parseExport(input: string | Uint8Array, settings: ParseSettings = {}): ParsedExport {
  const bytes = typeof input === 'string' ? utf8(input) : input;
  const collector = new ValidationCollector({
    windowSeconds: 300,
    wifiRequired: true,
    ...settings.collector,
  });
  const records: LogRecord[] = [];
  const fileName = settings.parser?.fileName ?? 'export.json';
  const parser = new ExportParser({
    decode: decodeText,
    onRecord: (record) => records.push({ ...record }),
    ...settings.parser,
    fileName,
    collector,
  });
  const step = Math.max(1, settings.chunkBytes ?? bytes.length);
  for (let at = 0; at < bytes.length; at += step) parser.push(bytes.subarray(at, at + step));
  const format = parser.end();
  const report = collector.finish([{ name: fileName, bytes: bytes.length, sha256: '', format }]);
  return { format, records, report };
}

/** One record as an exporter writes it; override what a test is about. */
export function logEntry(overrides: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    id: 1,
    device_id: 3,
    device_ip: '192.168.10.3',
    timestamp: '2025-06-09T08:03:57Z',
    log_level: 'notice',
    process_name: 'hostapd',
    message: 'phy0-ap0: AP-STA-CONNECTED 02:00:00:aa:bb:01 auth_alg=open',
    raw_message:
      '<29>Jun  9 08:03:57 OpenWrt hostapd: phy0-ap0: AP-STA-CONNECTED 02:00:00:aa:bb:01 auth_alg=open\n',
    pushed_to_ai: false,
    pushed_at: null,
    ...overrides,
  };
}

const SHARED_DATA = fileURLToPath(new URL('../../../shared/data/', import.meta.url));

/** Path of a file of the shared data folder, or null (said loudly) where the folder is not checked out. */
export function sharedData(relativePath: string): string | null {
  const path = `${SHARED_DATA}${relativePath}`;
  if (existsSync(path)) return path;
  console.warn(`SKIPPED: ../shared/data/${relativePath} is not here`);
  return null;
}
