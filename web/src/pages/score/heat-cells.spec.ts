import { describe, expect, it } from 'vitest';
import { heatCells } from './heat-cells.js';

const flagged = (device: string, start: string, score: number) => ({
  ...{ device, start, end: null, score, is_anomaly: true, confidence: 0.9, log_count: 1 },
});
const map = {
  bucket_seconds: 900,
  start: '2025-06-01T00:00:00.000Z',
  columns: 3,
  other_devices: 0,
  rows: [{ device: 'a', scores: [588, null, 588] }],
};

describe('cells of the heat map', () => {
  it('are flagged when a window in them is, however the picture rounds', () => {
    const windows = [
      flagged('a', '2025-06-01T00:05:00Z', 0.5876),
      flagged('a', '2025-06-01T00:10:00Z', 0.5877),
    ];
    const { cells, windowAt, times } = heatCells({ threshold: 0.5875, windows, heat_map: map }, map.rows);
    expect(cells).toEqual([
      [0, 0, 0.5877],
      [2, 0, 0.5875],
    ]);
    expect(times).toHaveLength(3);
    expect(windowAt(0, 0)).toBe(windows[1]);
    expect(windowAt(1, 0)).toBeUndefined();
    expect(windowAt(2, 0)).toMatchObject({ start: '2025-06-01T00:30:00.000Z', is_anomaly: false });
  });

  it('are none without times', () => {
    const none = { ...map, start: null, columns: 0, rows: [] };
    expect(heatCells({ threshold: 0.5, windows: [], heat_map: none }, []).cells).toEqual([]);
  });
});
