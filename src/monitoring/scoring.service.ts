import { Injectable } from '@nestjs/common';
import type { FeatureTable } from '../features/core/feature-table.js';
import type { WindowTable } from '../features/core/window-table.js';
import type { FeatureValues } from '../features/core/preprocessing.js';
import type { FeatureSpec } from '../features/core/feature-spec-json.js';
import {
  scoredRows,
  scoredWindows,
  summariseDevices,
  type DeviceSummary,
  type ScoredWindow,
} from './core/scored-windows.js';

/** What scoring needs of a loaded model. */
export interface Scorer {
  readonly version: string;
  readonly spec: FeatureSpec;
  readonly offset: number;
  scoreValues(values: FeatureValues, rows: number): Float64Array;
}

export interface ScoreReport {
  readonly version: string;
  /** A window is an alert when its score is above this. */
  readonly threshold: number;
  readonly window_count: number;
  readonly anomaly_count: number;
  readonly devices: readonly DeviceSummary[];
  readonly windows: readonly ScoredWindow[];
  /** Only of a feature table: what was found in it. */
  readonly warnings?: readonly string[];
}

/** Scores extracted windows with a loaded model; the one path for CLI and API. */
@Injectable()
export class ScoringService {
  score(model: Scorer, table: WindowTable): ScoreReport {
    const scores = model.scoreValues(table.values, table.startMs.length);
    return report(model, scoredWindows(table, scores, model));
  }

  scoreTable(model: Scorer, table: FeatureTable, warnings: readonly string[]): ScoreReport {
    const scores = model.scoreValues(table.values, table.rowCount);
    const windowSeconds = model.spec.window.length_seconds;
    const { offset } = model;
    return { ...report(model, scoredRows(table, scores, { offset, windowSeconds })), warnings };
  }
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
