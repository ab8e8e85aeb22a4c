import { formatTimestamp } from '../../export/core/timestamp.js';
import type { WindowTable } from '../../features/core/window-table.js';

/** One window as people see it: times UTC with Z, score in 0..1, higher = more anomalous. */
export interface ScoredWindow {
  readonly device: string;
  readonly start: string;
  readonly end: string;
  /** -score_samples. */
  readonly score: number;
  readonly is_anomaly: boolean;
  /** See `confidence`. */
  readonly confidence: number;
  readonly log_count: number;
}

export interface ScoringContext {
  /** scikit-learn's offset_: score_samples below it is an anomaly. */
  readonly offset: number;
}

/**
 * How far the score is past the threshold, on a scale where 0.5 is the threshold itself, 1 the highest possible score
 * and 0 the lowest: linear on each side. It is a monotone function of the score, not a probability.
 */
export function confidence(score: number, threshold: number): number {
  if (score >= threshold) return threshold >= 1 ? 0.5 : 0.5 + (0.5 * (score - threshold)) / (1 - threshold);
  return threshold <= 0 ? 0.5 : (0.5 * score) / threshold;
}

/** @param scores score_samples, one value a row of the table */
export function scoredWindows(
  table: WindowTable,
  scores: Float64Array,
  { offset }: ScoringContext,
): ScoredWindow[] {
  const lengthMs = table.windowSeconds * 1000;
  return Array.from(scores, (sample, row) => ({
    device: table.devices[table.deviceIndex[row]],
    start: formatTimestamp(table.startMs[row]),
    end: formatTimestamp(table.startMs[row] + lengthMs),
    score: -sample,
    is_anomaly: sample - offset < 0,
    confidence: confidence(-sample, -offset),
    log_count: table.logCount[row],
  }));
}

export interface DeviceSummary {
  readonly device: string;
  readonly windows: number;
  readonly anomalies: number;
  readonly max_score: number;
}

/** Per device, most flagged first. */
export function summariseDevices(windows: readonly ScoredWindow[]): DeviceSummary[] {
  const byDevice = new Map<string, { windows: number; anomalies: number; max: number }>();
  for (const { device, score, is_anomaly: isAnomaly } of windows) {
    const entry = byDevice.get(device) ?? { windows: 0, anomalies: 0, max: 0 };
    entry.windows++;
    if (isAnomaly) entry.anomalies++;
    entry.max = Math.max(entry.max, score);
    byDevice.set(device, entry);
  }
  return [...byDevice]
    .map(([device, { windows: count, anomalies, max }]) => ({
      device,
      windows: count,
      anomalies,
      max_score: max,
    }))
    .sort((a, b) => b.anomalies - a.anomalies || (a.device < b.device ? -1 : 1));
}
