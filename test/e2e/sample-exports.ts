import { createWriteStream, writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { generateSample, type SampleOptions } from '../../src/export/core/sample-export.js';
import { renderSample, type SampleFormat } from '../../src/export/core/sample-writer.js';

export interface ExportOptions extends Partial<SampleOptions> {
  readonly format?: SampleFormat;
}

/** Enough for a model that passes its gate, small enough to train in two seconds: 2 devices over 4 days of June. */
const SMALL: SampleOptions = {
  entries: 12_000,
  days: 4,
  devices: 2,
  seed: 7,
  startMs: Date.UTC(2025, 5, 1),
  anomalies: true,
};

export const JULY = { startMs: Date.UTC(2025, 6, 1), seed: 8 } as const;

export async function writeSampleExport(file: string, options: ExportOptions = {}): Promise<string> {
  const { format = 'json-logs', ...sample } = options;
  const complete = { ...SMALL, ...sample };
  const lines = renderSample(generateSample(complete), {
    format,
    totalRecords: complete.entries,
    createdAt: '2025-08-01T00:00:00Z',
  });
  await pipeline(Readable.from(lines), createWriteStream(file));
  return file;
}

/** One valid record, `minute` minutes after the first of June. */
export function record(minute: number, overrides: Readonly<Record<string, unknown>> = {}): object {
  return {
    device_id: 1,
    timestamp: new Date(Date.UTC(2025, 5, 1, 0, minute)).toISOString(),
    log_level: 'info',
    process_name: 'hostapd',
    message: 'phy0-ap0: AP-STA-CONNECTED 02:00:00:aa:bb:01 auth_alg=open',
    ...overrides,
  };
}

/**
 * Five days of which the last one is another network: one station before, ninety after, more programs, more errors. A
 * model trained on the first days cannot stand for the last, so its gate must say no.
 */
export function writeBrokenNetwork(file: string): string {
  const logs: object[] = [];
  for (let window = 0; window < 5 * 288; window++) {
    const late = window > 4 * 288;
    const lines = late ? 25 + (window % 40) : 1 + (window % 3);
    for (let i = 0; i < lines; i++) {
      const station = String(late ? (i % 90) + 10 : 10);
      logs.push(
        record(0, {
          timestamp: new Date(Date.UTC(2025, 5, 1) + window * 300_000 + i * 4000).toISOString(),
          message: `phy0-ap0: ${late && i % 2 === 1 ? 'AP-STA-DISCONNECTED' : 'AP-STA-CONNECTED'} 02:00:00:aa:${station}:01`,
          process_name: late ? ['hostapd', 'kernel', 'dnsmasq'][i % 3] : 'hostapd',
          log_level: late && i % 4 === 0 ? 'error' : 'info',
        }),
      );
    }
  }
  writeFileSync(file, JSON.stringify({ logs }));
  return file;
}
