import { describe, expect, it } from 'vitest';
import { parseExport } from '../../../test/support/export-fixtures.js';
import { generateSample, sampleLabels, type SampleOptions, type SampleRecord } from './sample-export.js';
import { renderSample, type SampleFormat } from './sample-writer.js';

const OPTIONS: SampleOptions = {
  entries: 20_000,
  days: 14,
  devices: 4,
  seed: 42,
  startMs: Date.UTC(2025, 5, 2),
  anomalies: true,
};

const render = (format: SampleFormat, options = OPTIONS): string =>
  [
    ...renderSample(generateSample(options), {
      format,
      totalRecords: options.entries,
      createdAt: '2025-06-16T00:00:00Z',
    }),
  ].join('');

const linesIn = (
  records: readonly SampleRecord[],
  label: ReturnType<typeof sampleLabels>[number],
): SampleRecord[] =>
  records.filter(
    ({ timestampMs, device }) =>
      device.id === label.device_id &&
      timestampMs >= Date.parse(label.start) &&
      timestampMs < Date.parse(label.end),
  );

describe('the sample export', () => {
  const records = [...generateSample(OPTIONS)];
  const labels = sampleLabels(OPTIONS);

  it('has exactly the lines asked for, in time order, within its days', () => {
    expect(records).toHaveLength(OPTIONS.entries);
    expect(records.every((record, i) => i === 0 || record.timestampMs >= records[i - 1].timestampMs)).toBe(
      true,
    );
    expect(records[0].timestampMs).toBeGreaterThanOrEqual(OPTIONS.startMs);
    expect(records[records.length - 1].timestampMs).toBeLessThan(OPTIONS.startMs + 14 * 86_400_000);
  });

  it('is the same for the same seed and another for another', () => {
    const small = { ...OPTIONS, entries: 2000, days: 2 };
    expect(render('ndjson', small)).toBe(render('ndjson', small));
    expect(render('ndjson', { ...small, seed: 43 })).not.toBe(render('ndjson', small));
  });

  it.each(['json-logs', 'json-exporter', 'ndjson', 'csv'] as const)('is a valid export as %s', (format) => {
    const { report, format: detected, records: parsed } = parseExport(render(format));
    expect(detected).toBe(format);
    expect(report.errors).toEqual([]);
    expect(report.stats).toMatchObject({
      valid_logs: 20_000,
      invalid_logs: 0,
      order: 'ascending',
      device_count: 4,
    });
    expect(report.stats.wifi_ratio).toBeGreaterThan(0.4);
    expect(parsed.slice(0, 100).map(({ message, program, level }) => [message, program, level])).toEqual(
      records.slice(0, 100).map(({ message, program, level }) => [message, program, level]),
    );
    expect(report.warnings.map(({ code }) => code)).not.toContain('clock_skew');
  });

  it('plants each kind of anomaly with lines of its own, and labels when and where', () => {
    const kinds = new Set(labels.filter(({ is_anomaly }) => is_anomaly === 1).map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual([
      'deauth_flood',
      'log_silence',
      'psk_bruteforce',
      'reboot_loop',
      'reconnect_storm',
      'signal_degradation',
    ]);
    const marks: Record<string, RegExp> = {
      deauth_flood: /deauthenticated$|Deauth_ind/,
      psk_bruteforce: /PSK-MISMATCH|4-Way Handshake timeout/,
      reboot_loop: /Linux version/,
      reconnect_storm: /AP-STA-CONNECTED|Assoc/,
      signal_degradation: /signal=-(8[2-9]|90)|BEACON-LOSS/,
      scheduled_reboot: /Linux version/,
    };
    for (const label of labels) {
      const inside = linesIn(records, label);
      if (label.kind === 'log_silence') expect(inside).toEqual([]);
      else
        expect(
          inside.some(({ message }) => marks[label.kind].test(message)),
          label.kind,
        ).toBe(true);
    }
  });

  it('is busier in the evening than at night', () => {
    const hour = (from: number, to: number): number =>
      records.filter(({ timestampMs }) => {
        const ofDay = (timestampMs / 3_600_000) % 24;
        return ofDay >= from && ofDay < to;
      }).length;
    expect(hour(19, 21)).toBeGreaterThan(3 * hour(2, 4));
  });

  it('has neither episodes nor labels when none are wanted', () => {
    const calm = { ...OPTIONS, anomalies: false };
    expect(sampleLabels(calm)).toEqual([]);
    expect([...generateSample(calm)].some(({ message }) => message.includes('Linux version'))).toBe(false);
  });
});
