import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  ExportParser,
  type ExportParserOptions,
  type InputFormat,
} from '../../src/export/core/export-parser.js';
import { batchRecords } from '../../src/export/core/batch-records.js';
import { plainMemory } from '../../src/export/core/ingest-memory.js';
import type { DecodeText, LogRecord } from '../../src/export/core/log-record.js';
import { recordNames } from '../../src/export/core/name-table.js';
import { RecordBatch, ROW } from '../../src/export/core/record-batch.js';
import { ValidationCollector, type CollectorOptions } from '../../src/export/core/validation-collector.js';
import type { ValidationReport } from '../../src/export/core/validation-report.js';

/** UTF-8 decoding the way the entry points do it. */
export const decodeText: DecodeText = (bytes, start, end) =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');

export interface ParsedExport {
  readonly format: InputFormat;
  /** The records that neither the date range nor the program filter leaves out. */
  readonly records: LogRecord[];
  readonly report: ValidationReport;
}

export interface ParseSettings {
  readonly fileName?: string;
  /** Bytes per push; the whole input when left out. */
  readonly chunkBytes?: number;
  readonly collector?: Partial<CollectorOptions>;
  readonly parser?: Partial<Pick<ExportParserOptions, 'limits' | 'kernel'>>;
  /** Block of MEMORY_LAYOUT.end bytes, one for all calls: making it costs more than most tests. */
  readonly memory?: ArrayBuffer;
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

const sharedMemory = plainMemory();

/** Parses one export held in memory; throws what the parser throws. */
export function parseExport(input: string | Uint8Array, settings: ParseSettings = {}): ParsedExport {
  const bytes = typeof input === 'string' ? utf8(input) : input;
  const names = recordNames();
  const collector = new ValidationCollector({
    windowSeconds: 300,
    wifiRequired: true,
    names,
    ...settings.collector,
  });
  const records: LogRecord[] = [];
  const fileName = settings.fileName ?? 'export.json';
  const tracker = collector.openFile(fileName);
  const batch = new RecordBatch(settings.memory ?? sharedMemory, names);
  const parser = new ExportParser({
    ...settings.parser,
    fileName,
    decode: decodeText,
    tracker,
    batch,
    onBatch: () => {
      tracker.take(batch);
      records.push(
        ...batchRecords(batch, decodeText).filter((_, row) => (batch.flags[row] & ROW.kept) !== 0),
      );
      batch.clear();
    },
  });
  const step = Math.max(1, settings.chunkBytes ?? bytes.length);
  for (let at = 0; at < bytes.length; at += step) parser.push(bytes.subarray(at, at + step));
  const format = parser.end();
  const report = collector.finish([
    {
      name: fileName,
      bytes: bytes.length,
      uncompressed_bytes: bytes.length,
      sha256: '',
      format,
      compression: 'none',
    },
  ]);
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
