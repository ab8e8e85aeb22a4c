import type { ForestEngine } from '../forest/forest-engine.js';
import type { Forest } from '../forest/forest.js';

/** Names as the configuration has them. */
export const DETECTOR_TYPES = [
  'isolation_forest',
  'tail_probability',
  'robust_covariance',
  'local_outlier_factor',
  'ensemble',
] as const;

export type DetectorType = (typeof DETECTOR_TYPES)[number];

/** Rows as a detector sees them: imputed, clipped, scaled, rounded to float32; what the forest is grown on. */
export interface DetectorRows {
  /** rows x columns, row-major, finite. */
  readonly x: Float32Array;
  readonly rows: number;
  readonly columns: number;
  /** Row -> calibration group: 0 = shared, 1.. = a device with a distribution of its own. */
  readonly groups: Int32Array;
}

/** Settings of all detectors (`model.*` of the configuration); each reads its own. */
export interface DetectorParams {
  /** Number of tail probabilities that are added up, the smallest ones. */
  readonly tailLargest: number;
  /** Share of the rows that the robust covariance rests on; null = (n + d + 1) / 2, the most robust. */
  readonly supportFraction: number | null;
  readonly neighbours: number;
  /** Rows the local outlier factor compares with, at most. */
  readonly referenceRows: number;
  readonly members: readonly DetectorType[];
}

/** What every detector may lean on: the forest that each version has, and the engine that scores it. */
export interface DetectorTools {
  readonly forest: Forest;
  readonly engine: ForestEngine;
}

export interface DetectorFit extends DetectorRows {
  /** Groups 0 .. groupCount - 1. Group 0 is fitted on ALL rows, another one on the rows that carry its number. */
  readonly groupCount: number;
  readonly params: DetectorParams;
  /** Names of the columns. */
  readonly featureNames: readonly string[];
  readonly seed: number;
  readonly tools: DetectorTools;
}

/** Plain data (numbers, lists, typed arrays): crosses to a thread and into a file as it is. */
export type DetectorModel = Readonly<Record<string, unknown>>;

/** Sizes a model must fit. */
export interface DetectorShape {
  readonly columns: number;
  readonly groupCount: number;
}

/**
 * One way to tell unusual rows. Raw scores are >= 0, higher = more anomalous, without an upper bound; calibration
 * and the final score are the same for all (see fitted-detector.ts).
 */
export interface Detector {
  readonly type: DetectorType;
  /** Raw scores mean the same for every group: they need no calibration of their own. */
  readonly comparable: boolean;
  /** Deterministic for the seed. `raw` holds the score of every training row (none is its own neighbour). */
  fit(input: DetectorFit): { readonly model: DetectorModel; readonly raw: Float64Array };
  /** Writes raw scores to `out[0 .. rows)`. A row's score does not depend on the other rows. */
  score(model: DetectorModel, rows: DetectorRows, out: Float64Array, tools: DetectorTools): void;
  /** Per-column contributions of one row (length columns, group of the row); they add up to its raw score. */
  explain(model: DetectorModel, row: Float32Array, group: number, tools: DetectorTools): Float64Array;
  /** What is wrong with a model that was read from a file; undefined = it can be scored without an access out of range. */
  findDamage(model: DetectorModel, shape: DetectorShape): string | undefined;
}
