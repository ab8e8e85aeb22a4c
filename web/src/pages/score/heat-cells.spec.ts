import { describe, expect, it } from 'vitest';
import { heatCells } from './heat-cells.js';

const window = (device: string, start: string, score: number) => ({
  device,
  start,
  end: null,
  score,
  is_anomaly: score > 0.5,
  confidence: 0,
  log_count: 1,
});
const device = (name: string, anomalies: number) => ({ device: name, windows: 1, anomalies, max_score: 0.4 });

describe('cells of the heat map', () => {
  it('hold the highest score of the windows in them, and find that window again', () => {
    // Three days: too many columns of five minutes, so a quarter of an hour is one.
    const windows = [
      window('a', '2025-06-01T00:00:00Z', 0.3),
      window('a', '2025-06-01T00:05:00Z', 0.7),
      window('a', '2025-06-03T23:55:00Z', 0.4),
    ];
    const { stepMs, cells, windowAt, times } = heatCells({ devices: [device('a', 1)], windows }, 10);
    expect(stepMs).toBe(15 * 60_000);
    expect(cells).toEqual([
      [0, 0, 0.7],
      [287, 0, 0.4],
    ]);
    expect(times).toHaveLength(288);
    expect(windowAt(0, 0)).toBe(windows[1]);
  });

  it('show the devices with the most flagged windows when there are too many', () => {
    const devices = Array.from({ length: 1000 }, (_, i) => device(`d${i}`, i));
    const windows = devices.map(({ device: name }) => window(name, '2025-06-01T00:00:00Z', 0.6));
    const heat = heatCells({ devices, windows }, 40);
    expect(heat.devices.slice(0, 2)).toEqual(['d999', 'd998']);
    expect(heat.cells).toHaveLength(40);
  });

  it('are none without times', () => {
    expect(heatCells({ devices: [], windows: [] }, 10).cells).toEqual([]);
  });
});
