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

/** Rows as a detector sees them, imputed and clipped: as they are, and scaled as the forest reads them. */
export interface DetectorRows {
  /** rows x columns, row-major, finite, scaled. */
  readonly x: Float32Array;
  /** The same rows before scaling. */
  readonly raw: Float32Array;
  readonly rows: number;
  readonly columns: number;
  /** Row -> calibration group: 0 = shared, 1.. = a device with a distribution of its own. */
  readonly groups: Int32Array;
}

/** See tail-probability.ts. */
export interface TailParams {
  /** Evidence below it counts nothing, nats. */
  readonly tau: number;
  /** How many times the evidence of one value never seen in training an alert has. */
  readonly margin: number;
  /** Share of the training rows that is left out as too unusual to learn from. */
  readonly trim: number;
  /** Stretches of time that are judged by the others before that. */
  readonly blocks: number;
}

/** Settings of all detectors (`model.*` of the configuration); each reads its own. */
export interface DetectorParams {
  readonly tail: TailParams;
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

/** Which columns tell about the same thing. */
export interface ColumnFamilies {
  /** Column -> family; -1 = not used. */
  readonly familyOfColumn: Int32Array;
  readonly familyCount: number;
  /** Low values are unusual too: nobody said what the columns mean. */
  readonly twoSided: boolean;
}

export interface DetectorFit extends DetectorRows {
  /** Groups 0 .. groupCount - 1. Group 0 is fitted on ALL rows, another one on the rows that carry its number. */
  readonly groupCount: number;
  readonly params: DetectorParams;
  readonly families: ColumnFamilies;
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

export interface RawFit {
  readonly model: DetectorModel;
  /** Training row -> raw score as if the row had not been learnt, where the detector can tell: for calibration. */
  readonly raw: Float64Array;
  /** Training row -> raw score as it is served; absent = the same. */
  readonly served?: Float64Array;
  /** Evidence at which the final score is 0.5, one a group; absent = chosen from the training scores. */
  readonly scale?: Float64Array;
}

/**
 * One way to tell unusual rows. Raw scores are >= 0, higher = more anomalous, without an upper bound; calibration
 * and the final score are the same for all (see fitted-detector.ts).
 */
export interface Detector {
  readonly type: DetectorType;
  /** Raw scores mean the same for every group: they need no calibration of their own. */
  readonly comparable: boolean;
  /** Deterministic for the seed. */
  fit(input: DetectorFit): RawFit;
  /** Writes raw scores to `out[0 .. rows)`. A row's score does not depend on the other rows. */
  score(model: DetectorModel, rows: DetectorRows, out: Float64Array, tools: DetectorTools): void;
  /** Per-column contributions of one row (`rows` is 1); they add up to its raw score. */
  explain(model: DetectorModel, row: DetectorRows, tools: DetectorTools): Float64Array;
  /** What is wrong with a model that was read from a file; undefined = it can be scored without an access out of range. */
  findDamage(model: DetectorModel, shape: DetectorShape): string | undefined;
}
