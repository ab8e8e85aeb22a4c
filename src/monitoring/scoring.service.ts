import { Inject, Injectable } from '@nestjs/common';
import type { FeatureTable } from '../features/core/feature-table.js';
import type { WindowTable } from '../features/core/window-table.js';
import type { FeatureValues } from '../features/core/preprocessing.js';
import type { FeatureSpec } from '../features/core/feature-spec-json.js';
import { CLOCK, type Clock } from '../platform/clock.js';
import { Observations } from '../platform/metrics/observations.js';
import {
  confidence,
  scoredRows,
  scoredWindows,
  summariseDevices,
  type DeviceSummary,
  type ScoredWindow,
  type ScoringContext,
} from './core/scored-windows.js';

/** What scoring needs of a loaded model. */
export interface Scorer {
  readonly version: string;
  readonly spec: FeatureSpec;
  readonly offset: number;
  scoreValues(values: FeatureValues, rows: number, devices: Int32Array | null): Float64Array;
  /** Rows of an input -> devices of the model, -1 = unknown; null: the model knows none. */
  deviceNumbers(devices: readonly string[], deviceIndex: Int32Array): Int32Array | null;
  /** Calibrated; null: the model has none. */
  confidence(score: number, device: number): number | null;
}

export interface ScoreReport {
  readonly version: string;
  /** A window is an alert when its score is above this. */
  readonly threshold: number;
  readonly window_count: number;
  readonly anomaly_count: number;
  /** Only when explanations were asked for: flagged windows with one, and those beyond the limit. */
  readonly explained?: number;
  readonly not_explained?: number;
  readonly devices: readonly DeviceSummary[];
  readonly windows: readonly ScoredWindow[];
  /** Only of a feature table: what was found in it. */
  readonly warnings?: readonly string[];
}

/** Scores extracted windows with a loaded model; the one path for CLI and API. */
@Injectable()
export class ScoringService {
  constructor(
    private readonly observations: Observations,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  score(model: Scorer, table: WindowTable): ScoreReport {
    const begun = this.clock.monotonicMs();
    const devices = model.deviceNumbers(table.devices, table.deviceIndex);
    const scores = model.scoreValues(table.values, table.startMs.length, devices);
    return this.noted(begun, report(model, scoredWindows(table, scores, scoringContext(model, devices))));
  }

  scoreTable(model: Scorer, table: FeatureTable, warnings: readonly string[]): ScoreReport {
    const begun = this.clock.monotonicMs();
    const devices = model.deviceNumbers(table.devices, table.deviceIndex);
    const scores = model.scoreValues(table.values, table.rowCount, devices);
    const windowSeconds = model.spec.window.length_seconds;
    const context = { ...scoringContext(model, devices), windowSeconds };
    return this.noted(begun, { ...report(model, scoredRows(table, scores, context)), warnings });
  }

  private noted(begun: number, scored: ScoreReport): ScoreReport {
    this.observations.note({
      kind: 'scored',
      rows: scored.window_count,
      anomalies: scored.anomaly_count,
      seconds: (this.clock.monotonicMs() - begun) / 1000,
    });
    return scored;
  }
}

function scoringContext(model: Scorer, devices: Int32Array | null): ScoringContext {
  const { offset } = model;
  return {
    offset,
    confidence: (score, row) => model.confidence(score, devices?.[row] ?? -1) ?? confidence(score, -offset),
  };
}

function report(model: Scorer, windows: ScoredWindow[]): ScoreReport {
  return {
    version: model.version,
    threshold: -model.offset,
    window_count: windows.length,
    anomaly_count: windows.reduce((sum, window) => sum + (window.is_anomaly ? 1 : 0), 0),
    devices: summariseDevices(windows),
    windows,
  };
}
