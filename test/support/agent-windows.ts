import type { LogRecord } from '../../src/export/core/log-record.js';
import { featureSet } from '../../src/features/core/feature-sets.js';
import type { WindowConfig, WindowTable } from '../../src/features/core/window-table.js';
import { decodeText, RecordBatches } from './record-batches.js';

/** Monday 2025-06-02 10:00:00 UTC, a multiple of 300 s. */
export const T0 = Date.UTC(2025, 5, 2, 10, 0, 0);
export const FIVE_MINUTES: WindowConfig = {
  lengthSeconds: 300,
  strideSeconds: 300,
  contextSeconds: 1800,
  groupBy: 'all',
  timezone: 'UTC',
  maxWindows: 10_000,
};

export type AgentLine = readonly [program: string, message: string, device?: string];

export const logRecord = (
  timestampMs: number,
  [program, message, device = 'ap-1']: AgentLine,
): LogRecord => ({
  ...{ recordIndex: 0, byteOffset: 0, level: 6 },
  timestampMs,
  device,
  program,
  message,
});

export function aggregate(
  set: string,
  records: readonly LogRecord[],
  config: WindowConfig = FIVE_MINUTES,
): WindowTable {
  const batches = new RecordBatches();
  const options = { names: batches.names, decode: decodeText, keepAll: false };
  const aggregator = featureSet(set).createAggregator(config, () => 0, options);
  batches.feed(aggregator, records);
  return aggregator.finish();
}

/** One full window of the set that holds these lines: its features that are not 0, by name, and the lines it saw. */
export function oneWindow(set: string, lines: readonly AgentLine[]): Record<string, number> {
  const edges = [T0, T0 + 300_000].map((ms) => logRecord(ms, ['cron', '']));
  const table = aggregate(set, [...edges, ...lines.map((line, i) => logRecord(T0 + 1000 + i, line))]);
  const found = table.featureNames.map((name, column) => [name, table.values[column]] as const);
  return Object.fromEntries([
    ['lines', table.logCount[0]],
    ...found.filter(([, value]) => !Object.is(value, 0)),
  ]);
}
