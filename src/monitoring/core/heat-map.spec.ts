import { describe, expect, it } from 'vitest';
import { heatMap } from './heat-map.js';

const window = (device: string, start: string | null, score: number) => ({
  ...{ device, start, end: null, score, is_anomaly: score > 0.5, confidence: 0, log_count: 1 },
});
const device = (name: string, anomalies: number) => ({ device: name, windows: 1, anomalies, max_score: 0.4 });
const LIMITS = { maxColumns: 350, maxDevices: 10 };

describe('the heat map of a report', () => {
  it('holds the highest score of the windows in a cell, and nothing where there are none', () => {
    // Three days: too many columns of five minutes, so a quarter of an hour is one.
    const windows = [
      window('a', '2025-06-01T00:00:00Z', 0.3),
      window('a', '2025-06-01T00:05:00Z', 0.7),
      window('a', '2025-06-03T23:55:00Z', 0.4),
    ];
    const map = heatMap({ devices: [device('a', 1)], windows }, LIMITS);
    expect(map).toMatchObject({ bucket_seconds: 900, start: '2025-06-01T00:00:00Z', columns: 288 });
    const [{ scores }] = map.rows;
    expect([scores[0], scores[1], scores[287]]).toEqual([700, null, 400]);
  });

  it('has the devices with the most flagged windows when there are too many', () => {
    const devices = Array.from({ length: 1000 }, (_, i) => device(`d${i}`, i));
    const windows = devices.map(({ device: name }) => window(name, '2025-06-01T00:00:00Z', 0.6));
    const map = heatMap({ devices, windows }, LIMITS);
    expect(map.rows.map((row) => row.device).slice(0, 2)).toEqual(['d999', 'd998']);
    expect([map.rows.length, map.other_devices]).toEqual([10, 990]);
  });

  it('has no column without times', () => {
    const windows = [window('a', null, 0.3)];
    expect(heatMap({ devices: [device('a', 0)], windows }, LIMITS)).toMatchObject({
      start: null,
      columns: 0,
    });
  });
});
