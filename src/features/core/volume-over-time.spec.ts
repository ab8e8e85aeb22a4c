import { describe, expect, it } from 'vitest';
import { volumeOverTime } from './volume-over-time.js';

const HOUR = 3_600_000;
const T0 = Date.UTC(2025, 5, 1);
const LIMITS = { maxBuckets: 400, maxDevices: 10 };

function table(rows: readonly (readonly [device: number, ms: number, logs: number])[], devices = ['a', 'b']) {
  return {
    devices,
    deviceIndex: Int32Array.from(rows, ([device]) => device),
    startMs: Float64Array.from(rows, ([, ms]) => ms),
    logCount: Int32Array.from(rows, ([, , logs]) => logs),
  };
}

describe('log volume over time', () => {
  it('counts the lines of each device by hour, with its silent hours', () => {
    const rows = [
      [0, T0 + 5 * 60_000, 3],
      [0, T0 + 55 * 60_000, 4],
      [1, T0 + HOUR, 20],
      [0, T0 + 2 * HOUR, 1],
    ] as const;
    expect(volumeOverTime(table(rows), LIMITS)).toEqual({
      bucketSeconds: 3600,
      startMs: T0,
      devices: [
        { device: 'b', logs: 20, counts: [0, 20, 0] },
        { device: 'a', logs: 8, counts: [7, 0, 1] },
      ],
      otherDevices: 0,
    });
  });

  it('takes wider buckets for a longer time, and loses no line', () => {
    const rows = Array.from({ length: 365 * 24 }, (_, i) => [0, T0 + i * HOUR, 2] as const);
    const { bucketSeconds, devices } = volumeOverTime(table(rows), LIMITS);
    expect(bucketSeconds).toBe(24 * 3600);
    expect(devices[0].counts).toHaveLength(365);
    expect(devices[0].counts.every((n) => n === 48)).toBe(true);
  });

  it('keeps the devices with the most lines and says how many others there are', () => {
    const names = Array.from({ length: 30 }, (_, i) => `d${i}`);
    const rows = names.map((_, i) => [i, T0, i + 1] as const);
    const { devices, otherDevices } = volumeOverTime(table(rows, names), LIMITS);
    expect(devices[0]).toMatchObject({ device: 'd29', logs: 30 });
    expect([devices.length, otherDevices]).toEqual([10, 20]);
  });

  it('is empty without windows', () => {
    expect(volumeOverTime(table([]), LIMITS)).toMatchObject({ startMs: null, devices: [] });
  });
});
