/** What scoring an export answers, as far as the dashboard reads it (docs/api.md). */
export interface SuggestedValue {
  readonly value: number;
  readonly comparison: '<=' | '>=' | '=';
  readonly score: number;
}

export interface FeatureExplanation {
  readonly feature: string;
  readonly value: number | null;
  readonly contribution: number;
  readonly nearest_normal: SuggestedValue | null;
  readonly best: SuggestedValue | null;
}

export interface ScoredWindow {
  readonly device: string;
  readonly start: string | null;
  readonly end: string | null;
  readonly score: number;
  readonly is_anomaly: boolean;
  /** null: a part of the picture, without a flagged window. */
  readonly confidence: number | null;
  readonly log_count: number | null;
  readonly explanation?: {
    readonly score: number;
    readonly base_score: number;
    readonly top: readonly FeatureExplanation[];
    readonly other_contribution: number;
  };
  readonly lines?: readonly {
    readonly timestamp: string;
    readonly program: string | null;
    readonly message: string;
    readonly truncated?: boolean;
  }[];
  readonly line_count?: number;
}

export interface HeatMapData {
  readonly bucket_seconds: number;
  readonly start: string | null;
  readonly columns: number;
  /** Scores in thousandths; null = no window. */
  readonly rows: readonly { readonly device: string; readonly scores: readonly (number | null)[] }[];
  readonly other_devices: number;
}

export interface ScoreReport {
  readonly version: string;
  readonly threshold: number;
  readonly window_count: number;
  readonly anomaly_count: number;
  readonly not_explained?: number;
  readonly devices: readonly {
    readonly device: string;
    readonly windows: number;
    readonly anomalies: number;
    readonly max_score: number;
  }[];
  /** The flagged ones. */
  readonly windows: readonly ScoredWindow[];
  readonly heat_map: HeatMapData;
}
