import type { ForestEngine } from '../../../training/core/forest/forest-engine.js';
import type { FeatureValues } from '../../../features/core/preprocessing.js';
import type { EpisodeCounts } from '../episodes.js';
import type { InjectedKind, InjectedRows } from '../injection.js';
import type { KnownLabelSource } from '../label-source.js';

/** What the catalogue says about one column of the feature set. */
export interface FeatureColumn {
  readonly name: string;
  /** May be constant for weeks and then move (deauth floods, radar): exempt from check D. */
  readonly rareEvent: boolean;
  /** Hour and weekday: they alone shift the scores of a short span. */
  readonly clock: boolean;
  readonly categorical: boolean;
  /** The model does not read it, whatever it holds; absent = it does. */
  readonly unread?: boolean;
}

/** Row-major matrix. */
export interface Matrix {
  readonly values: FeatureValues;
  readonly rows: number;
  readonly columns: number;
}

/**
 * The model under test with its whole serving path: clipping, scaling, forest. Takes `rows` imputed but unscaled
 * rows, which may lie outside the clip bounds (planted ones do), and returns scikit-learn's `score_samples`:
 * lower = more anomalous. Must not change its input.
 *
 * `devices[row]` is the index of the row's device in the MODEL's list, -1 = a device it does not know; null = none is.
 */
export type ScoreFunction = (values: FeatureValues, rows: number, devices: Int32Array | null) => Float64Array;

/** How columns are identified: by the feature set now, and by the model when it was trained. */
export interface ColumnIdentity {
  readonly featureNames: readonly string[];
  /** Hash of feature_spec.json. */
  readonly featureHash: string;
}

/** How much data the model was trained and judged on. */
export interface DataExtent {
  /** The feature set lives on WiFi lines. */
  readonly wifiRequired: boolean;
  /** Of a feature table: its rows. */
  readonly nonEmptyWindows: number;
  /** First to last record; null when the input was a feature table, whose rows need not have times. */
  readonly spanSeconds: number | null;
  /** Null when the input was a feature table, which has no lines. */
  readonly lineCount: number | null;
  readonly wifiLineCount: number | null;
}

/** Episodes counted on the hold-out, from real labels. */
export interface EpisodeEvidence {
  readonly labelSource: Exclude<KnownLabelSource, 'injected'>;
  readonly counts: EpisodeCounts;
  /** Operator marks behind it; ignored for ground truth. */
  readonly marks: number;
}

export interface EpisodeThresholds {
  readonly recall: number;
  readonly alertPrecision: number;
}

export interface GateInput {
  readonly features: readonly FeatureColumn[];
  readonly expected: ColumnIdentity;
  readonly actual: ColumnIdentity;
  /**
   * The rows the model was fitted on: imputed and clipped, unscaled. Null when a registered version is judged again:
   * its rows are not kept, and what needs them is skipped.
   */
  readonly train: Matrix | null;
  /** Instead of them: column -> the value it always had in training, NaN = it varied. */
  readonly trainConstants?: Float64Array;
  /** Held-out rows, same columns, imputed and clipped with what was fitted on the training rows. */
  readonly holdout: Matrix;
  /**
   * The same held-out rows as the extractor gave them: neither imputed (NaN = missing) nor clipped. Clipping maps
   * a column that was broken in training onto its constant, so the damage can be seen only here.
   */
  readonly holdoutExtracted: FeatureValues;
  /** Held-out row -> device, as {@link ScoreFunction} takes it. */
  readonly holdoutDevices?: Int32Array | null;
  readonly score: ScoreFunction;
  /** For the forests that serve a comparison; default: plain TypeScript. All give the same numbers. */
  readonly engine?: ForestEngine;
  readonly data: DataExtent;
  readonly seed: number;
  readonly episodes?: EpisodeEvidence | null;
  readonly episodeThresholds?: EpisodeThresholds;
}

/** What several checks need, computed once. */
export interface GateContext extends GateInput {
  /** `score_samples` of the hold-out rows. */
  readonly holdoutScores: Float64Array;
  /** Hold-out rows as planted into: imputed, not clipped. */
  readonly plantable: Float32Array;
  readonly injected: InjectedRows;
  /** Column -> 1 = anomalies were planted into it. */
  readonly plantedColumns: Uint8Array;
  /** Planted row -> device, as {@link ScoreFunction} takes it. */
  readonly injectedDevices: Int32Array | null;
  readonly injectedScores: Float64Array;
  /** AUC of the model under test, hold-out rows against each kind of planted row; null = scores not finite. */
  readonly injectedAuc: Readonly<Record<InjectedKind, number | null>>;
}

export type GateCheckId = 'A' | 'B' | 'C' | 'D' | 'E' | 'F' | 'T';

/** Goes into reports and over the API as it is. */
export interface GateCheckResult {
  readonly id: GateCheckId;
  readonly name: string;
  /** True also when skipped: a check that does not apply does not block. */
  readonly passed: boolean;
  readonly skipped: boolean;
  /** The measured number, and the border it was held against; null when there is none. */
  readonly value: number | null;
  readonly limit: number | null;
  /** What was found, what it means, what to do. */
  readonly message: string;
}

export interface GateCheck {
  readonly id: GateCheckId;
  readonly name: string;
  readonly run: (context: GateContext) => Omit<GateCheckResult, 'id' | 'name'>;
}

/** Three significant digits for messages; the exact number is in `value`. */
export function shortNumber(value: number): string {
  return String(Number(value.toPrecision(3)));
}
