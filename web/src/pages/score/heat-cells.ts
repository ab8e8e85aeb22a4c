import type { HeatMapData, ScoredWindow, ScoreReport } from '../../api/score-types.js';

export interface HeatCells {
  readonly devices: readonly string[];
  /** Start of each column, ms. */
  readonly times: readonly number[];
  readonly stepMs: number;
  /** Column, row, highest score. A cell is above the threshold exactly when a window in it is flagged. */
  readonly cells: readonly (readonly [column: number, row: number, score: number])[];
  /** The highest window of a cell: with its reasons when it is flagged, else only what the picture knows. */
  readonly windowAt: (column: number, row: number) => ScoredWindow | undefined;
}

type Pictured = Pick<ScoreReport, 'threshold' | 'windows' | 'heat_map'>;

/** A part of the devices of a report as cells of a picture. */
export function heatCells(
  { threshold, windows, heat_map: map }: Pictured,
  rows: HeatMapData['rows'],
): HeatCells {
  const stepMs = map.bucket_seconds * 1000;
  const start = map.start === null ? 0 : Date.parse(map.start);
  const flagged = highestFlagged(windows, start, stepMs);
  const keyOf = (column: number, row: number): string => `${rows[row].device} ${column}`;
  const scoreAt = (column: number, row: number): number | null => {
    const score = flagged.get(keyOf(column, row))?.score;
    if (score !== undefined) return score;
    const thousandths = rows[row].scores[column];
    // Rounded: on which side of the threshold it is, is known.
    return thousandths === null ? null : Math.min(thousandths / 1000, threshold);
  };
  return {
    devices: rows.map(({ device }) => device),
    stepMs,
    times: Array.from({ length: map.columns }, (_, i) => start + i * stepMs),
    cells: rows.flatMap(({ scores }, row) =>
      scores.flatMap((_, column) => {
        const score = scoreAt(column, row);
        return score === null ? [] : [[column, row, score] as const];
      }),
    ),
    windowAt: (column, row) => {
      const score = scoreAt(column, row);
      if (score === null) return undefined;
      const at = start + column * stepMs;
      return flagged.get(keyOf(column, row)) ?? quietWindow(rows[row].device, at, stepMs, score);
    },
  };
}

function highestFlagged(
  windows: readonly ScoredWindow[],
  start: number,
  stepMs: number,
): ReadonlyMap<string, ScoredWindow> {
  const highest = new Map<string, ScoredWindow>();
  for (const window of windows) {
    if (window.start === null) continue;
    const key = `${window.device} ${Math.floor((Date.parse(window.start) - start) / stepMs)}`;
    const before = highest.get(key);
    if (before === undefined || window.score > before.score) highest.set(key, window);
  }
  return highest;
}

function quietWindow(device: string, at: number, stepMs: number, score: number): ScoredWindow {
  const [start, end] = [at, at + stepMs].map((ms) => new Date(ms).toISOString());
  return { device, start, end, score, is_anomaly: false, confidence: null, log_count: null };
}
