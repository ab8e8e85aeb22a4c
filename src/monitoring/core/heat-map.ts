import { formatTimestamp } from '../../export/core/timestamp.js';
import type { DeviceSummary, ScoredWindow } from './scored-windows.js';

/** Device by time, as a picture shows it: each cell is the highest score of the windows in it. */
export interface HeatMap {
  readonly bucket_seconds: number;
  /** Start of the first column; null = no window has a time. */
  readonly start: string | null;
  readonly columns: number;
  /** Devices with the most flagged windows first. */
  readonly rows: readonly HeatMapRow[];
  /** Devices beyond the limit. */
  readonly other_devices: number;
}

export interface HeatMapRow {
  readonly device: string;
  /** By column, in thousandths; null = no window. */
  readonly scores: readonly (number | null)[];
}

const MINUTE_MS = 60_000;
const STEPS_MS = [5, 15, 30, 60, 120, 180, 360, 720, 1440, 7 * 1440].map((minutes) => minutes * MINUTE_MS);

/** Fine enough for a colour. Which cell is flagged is said by the flagged windows, not by this. */
const thousandths = (score: number): number => Math.round(score * 1000);

export function heatMap(
  {
    devices,
    windows,
  }: { readonly devices: readonly DeviceSummary[]; readonly windows: readonly ScoredWindow[] },
  { maxColumns, maxDevices }: { readonly maxColumns: number; readonly maxDevices: number },
): HeatMap {
  const shown = [...devices]
    .sort((a, b) => b.anomalies - a.anomalies || b.max_score - a.max_score)
    .slice(0, maxDevices);
  const timed = windows.flatMap(({ device, start, score }) =>
    start === null ? [] : [{ device, score, at: Date.parse(start) }],
  );
  const otherDevices = devices.length - shown.length;
  if (timed.length === 0)
    return {
      bucket_seconds: STEPS_MS[0] / 1000,
      start: null,
      columns: 0,
      rows: [],
      other_devices: otherDevices,
    };
  const from = timed.reduce((least, { at }) => Math.min(least, at), Infinity);
  const to = timed.reduce((most, { at }) => Math.max(most, at), -Infinity);
  const stepMs = STEPS_MS.find((step) => (to - from) / step < maxColumns) ?? STEPS_MS[STEPS_MS.length - 1];
  const startMs = Math.floor(from / stepMs) * stepMs;
  const columns = Math.floor((to - startMs) / stepMs) + 1;
  const rows = new Map(shown.map(({ device }) => [device, new Array<number | null>(columns).fill(null)]));
  for (const { device, score, at } of timed) {
    const row = rows.get(device);
    const column = Math.floor((at - startMs) / stepMs);
    if (row !== undefined) row[column] = Math.max(row[column] ?? 0, score);
  }
  return {
    bucket_seconds: stepMs / 1000,
    start: formatTimestamp(startMs),
    columns,
    rows: [...rows].map(([device, scores]) => ({
      device,
      scores: scores.map((score) => (score === null ? null : thousandths(score))),
    })),
    other_devices: otherDevices,
  };
}
