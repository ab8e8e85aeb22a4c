import type { RowExplanation } from '../../evaluation/core/explanation/explain-flagged.js';
import { formatTimestamp } from '../../export/core/timestamp.js';
import type { FeatureTable } from '../../features/core/feature-table.js';
import type { WindowLine } from '../../features/core/window-lines.js';
import type { WindowTable } from '../../features/core/window-table.js';

/** One window as people see it: times UTC with Z, score in 0..1, higher = more anomalous. */
export interface ScoredWindow {
  /** Only of a feature table: rows count from 1, without the header. */
  readonly row?: number;
  readonly device: string;
  /** null: a row of a feature table without times. */
  readonly start: string | null;
  readonly end: string | null;
  /** -score_samples. */
  readonly score: number;
  readonly is_anomaly: boolean;
  /**
   * Of a model with a detector of its own: share of the training windows of its device below the score (conformal).
   * Of a plain forest: see `confidence`.
   */
  readonly confidence: number;
  /** null: a row of a feature table has no lines. */
  readonly log_count: number | null;
  /** Only of a flagged window that was explained. */
  readonly explanation?: RowExplanation;
  /** The first lines in time order; with an explanation, unless none were asked for or there are none to read. */
  readonly lines?: readonly WindowLine[];
  /** All lines of the window. */
  readonly line_count?: number;
}

export interface ScoringContext {
  /** scikit-learn's offset_: score_samples below it is an anomaly. */
  readonly offset: number;
  /** Confidence of a score (0..1) in a row; default: {@link confidence}. */
  readonly confidence?: (score: number, row: number) => number;
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
  context: ScoringContext,
): ScoredWindow[] {
  const lengthMs = table.windowSeconds * 1000;
  return Array.from(scores, (sample, row) => ({
    device: table.devices[table.deviceIndex[row]],
    start: formatTimestamp(table.startMs[row]),
    end: formatTimestamp(table.startMs[row] + lengthMs),
    ...verdict(sample, row, context),
    log_count: table.logCount[row],
  }));
}

function verdict(
  sample: number,
  row: number,
  { offset, confidence: calibrated }: ScoringContext,
): Pick<ScoredWindow, 'score' | 'is_anomaly' | 'confidence'> {
  return {
    score: -sample,
    is_anomaly: sample - offset < 0,
    confidence: calibrated?.(-sample, row) ?? confidence(-sample, -offset),
  };
}

/**
 * The rows of a feature table, in its order.
 *
 * @param scores score_samples, one value a row
 * @param windowSeconds how long a row with a time lasts
 */
export function scoredRows(
  { devices, deviceIndex, startMs }: FeatureTable,
  scores: Float64Array,
  context: ScoringContext & { readonly windowSeconds: number },
): ScoredWindow[] {
  const { windowSeconds } = context;
  // A model whose table had no times does not tell how long a row lasts.
  const end = (row: number): string | null =>
    startMs === null || windowSeconds === 0 ? null : formatTimestamp(startMs[row] + windowSeconds * 1000);
  return Array.from(scores, (sample, row) => ({
    row: row + 1,
    device: devices[deviceIndex[row]],
    start: startMs && formatTimestamp(startMs[row]),
    end: end(row),
    ...verdict(sample, row, context),
    log_count: null,
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
