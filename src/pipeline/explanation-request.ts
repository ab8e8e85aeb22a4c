import type { ScoredWindow } from '../monitoring/core/scored-windows.js';

/** What is told about each flagged window. */
export interface ExplanationRequest {
  /** Features a window, at most. */
  readonly top: number;
  /** Log lines a window, at most; 0 = the input is not read again. */
  readonly lines: number;
  /** Windows, at most: those with the highest scores. */
  readonly maxWindows: number;
}

/** Bounds of the request, for the command line and the API alike. */
export const EXPLANATION_LIMITS = {
  top: { least: 1, most: 50, usual: 5 },
  lines: { least: 0, most: 200, usual: 20 },
  maxWindows: { least: 1, most: 1000, usual: 1000 },
} as const;

/** Rows of the flagged windows to explain, the highest score first; of equal ones the earlier row. */
export function flaggedRows(windows: readonly ScoredWindow[], most: number): number[] {
  return Array.from(windows.keys())
    .filter((row) => windows[row].is_anomaly)
    .sort((a, b) => windows[b].score - windows[a].score || a - b)
    .slice(0, most);
}
