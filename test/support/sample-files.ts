import { generateSample, type SampleRecord } from '../../src/export/core/sample-export.js';
import { LOG_LEVELS } from '../../src/export/core/log-record.js';
import { formatTimestamp } from '../../src/export/core/timestamp.js';

const COLUMNS = ['device_id', 'device_ip', 'timestamp', 'log_level', 'process_name', 'message'] as const;

type Row = Readonly<Record<(typeof COLUMNS)[number], string | number>>;

/** A small export, the same each time: three days of two devices. */
export function sampleRows(entries = 6000): Row[] {
  const options = { entries, days: 3, devices: 2, seed: 5, startMs: Date.UTC(2024, 0, 1), anomalies: false };
  return [...generateSample(options)].map(toRow);
}

function toRow({ device, timestampMs, level, program, message }: SampleRecord): Row {
  return {
    device_id: device.id,
    device_ip: device.deviceIp,
    timestamp: formatTimestamp(timestampMs),
    log_level: LOG_LEVELS[level],
    process_name: program,
    message,
  };
}

export function asJson(rows: readonly Row[]): string {
  return JSON.stringify({ logs: rows, metadata: { total_records: rows.length } });
}

export function asCsv(rows: readonly Row[]): string {
  const quote = (value: string | number): string => `"${String(value).replaceAll('"', '""')}"`;
  return [COLUMNS.join(','), ...rows.map((row) => COLUMNS.map((name) => quote(row[name])).join(','))].join(
    '\n',
  );
}
