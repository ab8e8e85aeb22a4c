import type { ScoredWindow, ScoreReport } from '../../api/types.js';

export interface HeatCells {
  readonly devices: readonly string[];
  /** Start of each column, ms. */
  readonly times: readonly number[];
  readonly stepMs: number;
  /** Column, row, highest score. */
  readonly cells: readonly (readonly [column: number, row: number, score: number])[];
  readonly windowAt: (column: number, row: number) => ScoredWindow | undefined;
}

const MINUTE_MS = 60_000;
const STEPS_MS = [5, 15, 30, 60, 120, 180, 360, 720, 1440].map((minutes) => minutes * MINUTE_MS);
const MOST_COLUMNS = 350;

/** The windows of a report as cells of a picture: as many columns as a screen shows, each with its highest score. */
export function heatCells(report: Pick<ScoreReport, 'devices' | 'windows'>, mostDevices: number): HeatCells {
  const devices = [...report.devices]
    .sort((a, b) => b.anomalies - a.anomalies || b.max_score - a.max_score)
    .slice(0, mostDevices)
    .map(({ device }) => device);
  const rows = new Map(devices.map((device, row) => [device, row]));
  const timed = report.windows.flatMap((window) =>
    window.start === null || !rows.has(window.device) ? [] : [{ window, at: Date.parse(window.start) }],
  );
  const from = timed.reduce((least, { at }) => Math.min(least, at), Infinity);
  const to = timed.reduce((most, { at }) => Math.max(most, at), -Infinity);
  if (timed.length === 0)
    return { devices, times: [], stepMs: STEPS_MS[0], cells: [], windowAt: () => undefined };
  const stepMs = STEPS_MS.find((step) => (to - from) / step < MOST_COLUMNS) ?? STEPS_MS[STEPS_MS.length - 1];
  const start = Math.floor(from / stepMs) * stepMs;
  const highest = new Map<string, ScoredWindow>();
  for (const { window, at } of timed) {
    const key = `${Math.floor((at - start) / stepMs)} ${rows.get(window.device) ?? 0}`;
    const before = highest.get(key);
    if (before === undefined || window.score > before.score) highest.set(key, window);
  }
  const columns = Math.floor((to - start) / stepMs) + 1;
  return {
    devices,
    stepMs,
    times: Array.from({ length: columns }, (_, i) => start + i * stepMs),
    cells: [...highest].map(([key, { score }]) => {
      const [column, row] = key.split(' ').map(Number);
      return [column, row, score] as const;
    }),
    windowAt: (column, row) => highest.get(`${column} ${row}`),
  };
}
