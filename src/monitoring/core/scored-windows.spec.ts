import { describe, expect, it } from 'vitest';
import type { WindowTable } from '../../features/core/window-table.js';
import { confidence, scoredRows, scoredWindows, summariseDevices } from './scored-windows.js';

const table: WindowTable = {
  featureNames: ['log_count'],
  devices: ['ap-1', 'ap-2'],
  deviceIndex: Int32Array.of(0, 1, 0),
  startMs: Float64Array.of(Date.UTC(2024, 0, 1), Date.UTC(2024, 0, 1), Date.UTC(2024, 0, 1, 23, 55)),
  logCount: Int32Array.of(3, 4, 5),
  values: Float32Array.of(3, 4, 5),
  windowSeconds: 300,
};

describe('scored windows', () => {
  const windows = scoredWindows(table, Float64Array.of(-0.4, -0.6, -0.5), { offset: -0.5 });

  it('carry device, UTC times and a score that grows with strangeness', () => {
    expect(windows.map(({ device, start, end, score }) => [device, start, end, score])).toEqual([
      ['ap-1', '2024-01-01T00:00:00Z', '2024-01-01T00:05:00Z', 0.4],
      ['ap-2', '2024-01-01T00:00:00Z', '2024-01-01T00:05:00Z', 0.6],
      ['ap-1', '2024-01-01T23:55:00Z', '2024-01-02T00:00:00Z', 0.5],
    ]);
    expect(windows.map(({ log_count: lines }) => lines)).toEqual([3, 4, 5]);
  });

  it('are anomalies strictly beyond the threshold', () => {
    expect(windows.map(({ is_anomaly: flag }) => flag)).toEqual([false, true, false]);
    expect(windows[2].confidence).toBe(0.5);
  });

  it('add up per device, most flagged first', () => {
    expect(summariseDevices(windows)).toEqual([
      { device: 'ap-2', windows: 1, anomalies: 1, max_score: 0.6 },
      { device: 'ap-1', windows: 2, anomalies: 0, max_score: 0.5 },
    ]);
    expect(summariseDevices([])).toEqual([]);
  });
});

describe('scored rows of a feature table', () => {
  const rows = {
    featureNames: ['x'],
    devices: ['*'],
    deviceIndex: new Int32Array(2),
    startMs: null,
    labels: null,
    values: Float32Array.of(1, 2),
    rowCount: 2,
  };
  const scores = Float64Array.of(-0.4, -0.6);

  it('carry their number, and no time where there is none', () => {
    expect(scoredRows(rows, scores, { offset: -0.5, windowSeconds: 0 })).toEqual([
      {
        row: 1,
        device: '*',
        start: null,
        end: null,
        score: 0.4,
        is_anomaly: false,
        confidence: 0.4,
        log_count: null,
      },
      {
        row: 2,
        device: '*',
        start: null,
        end: null,
        score: 0.6,
        is_anomaly: true,
        confidence: 0.6,
        log_count: null,
      },
    ]);
  });

  it('carry the times of the table, and an end when the model knows how long a row lasts', () => {
    const timed = { ...rows, startMs: Float64Array.of(0, 300_000) };
    const ends = (windowSeconds: number) =>
      scoredRows(timed, scores, { offset: -0.5, windowSeconds }).map(({ start, end }) => [start, end]);
    expect(ends(300)).toEqual([
      ['1970-01-01T00:00:00Z', '1970-01-01T00:05:00Z'],
      ['1970-01-01T00:05:00Z', '1970-01-01T00:10:00Z'],
    ]);
    expect(ends(0)[0]).toEqual(['1970-01-01T00:00:00Z', null]);
  });
});

describe('confidence', () => {
  it.each([
    [0, 0.6, 0],
    [0.3, 0.6, 0.25],
    [0.6, 0.6, 0.5],
    [0.8, 0.6, 0.75],
    [1, 0.6, 1],
    [1, 1, 0.5],
    [0, 0, 0.5],
  ])('of score %d at threshold %d is %d', (score, threshold, expected) => {
    expect(confidence(score, threshold)).toBeCloseTo(expected, 12);
  });
});
