import type { WindowTable } from './window-table.js';

export interface DeviceVolume {
  readonly device: string;
  readonly logs: number;
  /** Lines by bucket. */
  readonly counts: readonly number[];
}

export interface VolumeOverTime {
  readonly bucketSeconds: number;
  /** Start of the first bucket, ms since the epoch; null = no window at all. */
  readonly startMs: number | null;
  /** Most lines first. */
  readonly devices: readonly DeviceVolume[];
  /** Devices beyond the limit. */
  readonly otherDevices: number;
}

const HOUR_S = 3600;
/** Wide enough that a picture of a year has as many columns as a screen. */
const WIDTHS_S = [HOUR_S, 2 * HOUR_S, 3 * HOUR_S, 6 * HOUR_S, 12 * HOUR_S, 24 * HOUR_S, 7 * 24 * HOUR_S];

/**
 * Lines of each device by hour, or by a wider bucket when there would be too many. Windows must not overlap, because a
 * line counts once.
 */
export function volumeOverTime(
  table: Pick<WindowTable, 'devices' | 'deviceIndex' | 'startMs' | 'logCount'>,
  { maxBuckets, maxDevices }: { readonly maxBuckets: number; readonly maxDevices: number },
): VolumeOverTime {
  if (table.startMs.length === 0)
    return { bucketSeconds: HOUR_S, startMs: null, devices: [], otherDevices: 0 };
  const [from, to] = range(table.startMs);
  const bucketSeconds =
    WIDTHS_S.find((seconds) => bucketsOf(from, to, seconds) <= maxBuckets) ?? WIDTHS_S[WIDTHS_S.length - 1];
  const widthMs = bucketSeconds * 1000;
  const startMs = Math.floor(from / widthMs) * widthMs;
  const buckets = Math.floor((to - startMs) / widthMs) + 1;
  const counts = table.devices.map(() => new Array<number>(buckets).fill(0));
  for (let row = 0; row < table.startMs.length; row++) {
    const bucket = Math.floor((table.startMs[row] - startMs) / widthMs);
    counts[table.deviceIndex[row]][bucket] += table.logCount[row];
  }
  const devices = table.devices
    .map((device, i) => ({ device, logs: counts[i].reduce((sum, n) => sum + n, 0), counts: counts[i] }))
    .sort((a, b) => b.logs - a.logs || (a.device < b.device ? -1 : 1));
  return {
    bucketSeconds,
    startMs,
    devices: devices.slice(0, maxDevices),
    otherDevices: Math.max(0, devices.length - maxDevices),
  };
}

const bucketsOf = (from: number, to: number, seconds: number): number => (to - from) / (seconds * 1000) + 1;

function range(values: Float64Array): [number, number] {
  let [least, most] = [values[0], values[0]];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return [least, most];
}
