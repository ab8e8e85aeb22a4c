import type { Curves } from './curves.js';
import type { ClassificationReport, ConfusionMatrix, SweepPoint, ThresholdedMetrics } from './metrics.js';

/**
 * Where the labels behind a metric come from. Without this word a precision means nothing: the model's own
 * predictions as labels give 1.000 for a forest trained on noise.
 *
 * - ground_truth: a labels file, a labelled export or a label column
 * - feedback: marks an operator set on alerts
 * - injected: synthetic anomalies planted into held-out windows
 * - none: no labels; only label-free figures may say so
 */
export const LABEL_SOURCES = ['ground_truth', 'feedback', 'injected', 'none'] as const;

export type LabelSource = (typeof LABEL_SOURCES)[number];

/** A source that really has labels. */
export type KnownLabelSource = Exclude<LabelSource, 'none'>;

/** Any figures that needed labels: they cannot be written down without naming the source. */
export type Labelled<T extends object> = T & { readonly label_source: KnownLabelSource };

/** Figures that needed no labels. */
export type LabelFree<T extends object> = T & { readonly label_source: 'none' };

export interface RankingMetrics {
  /** Null: not defined (one class only). */
  readonly roc_auc: number | null;
  readonly average_precision: number | null;
}

/** The seeds' metric names. `prevalence` stands beside them because precision and accuracy depend on it. */
export interface DetectionMetrics extends ThresholdedMetrics, RankingMetrics {
  /** Share of the labelled rows that are anomalies. */
  readonly prevalence: number;
  readonly normal_rows: number;
  readonly anomalous_rows: number;
}

export type LabelledMetrics = Labelled<DetectionMetrics>;

export interface ThresholdPoint extends SweepPoint {
  /** Share of the held-out windows above the threshold; planted rows are not counted. */
  readonly flag_rate: number;
  /** Null when the rows have no times. */
  readonly alerts_per_day: number | null;
  readonly operating_point: boolean;
}

export interface DetectionDetail extends Curves {
  readonly confusion_matrix: ConfusionMatrix;
  readonly classification_report: ClassificationReport;
  /** Ascending flag rate; the operating point is among them. */
  readonly threshold_analysis: readonly ThresholdPoint[];
}

export type LabelledDetail = Labelled<DetectionDetail>;
