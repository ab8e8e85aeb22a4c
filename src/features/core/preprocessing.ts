/**
 * Feature values, rows x columns, row-major. Extracted values are float32 by definition (window-table.ts), so float32
 * holds them exactly; float64 is for rows that come from outside (a request, another tool's golden file).
 */
export type FeatureValues = Float32Array | Float64Array;

/** What was fitted on the training rows; applied unchanged to every later row. Arrays have one entry a feature. */
export interface Preprocessing {
  /** Replaces a missing value (NaN); NaN itself where the policy is `impute: none`. */
  readonly imputeValue: Float64Array;
  readonly clipLow: Float64Array;
  readonly clipHigh: Float64Array;
  /** StandardScaler (scikit-learn): z = (x - mean) / scale; scale is 1 for a constant column. */
  readonly mean: Float64Array;
  readonly variance: Float64Array;
  readonly scale: Float64Array;
  /** Rows the scaler was fitted on (`n_samples_seen_`). */
  readonly samplesSeen: number;
}

/** How missing values and outliers of a feature are treated. */
export interface FeaturePolicy {
  /** What replaces a missing value, computed from the training rows; with 'none' a missing value is an error. */
  readonly impute: 'median' | 'mean' | 'none';
  /** 'quantiles' clips to the 0.1 % / 99.9 % training quantiles (numpy 'linear'); 'none' leaves values alone. */
  readonly clip: 'quantiles' | 'none';
}

/** The policy of all features, and by name what differs; null = as for all. */
export interface PreprocessingOptions extends FeaturePolicy {
  readonly overrides?: Readonly<
    Record<string, { readonly [Key in keyof FeaturePolicy]: FeaturePolicy[Key] | null }>
  >;
}
