import type { EvidenceGroup, FeatureKind } from './feature-catalogue.js';
import type { FeaturePolicy } from './preprocessing.js';

export interface FeatureSpecEntry {
  readonly name: string;
  readonly kind: FeatureKind;
  readonly unit: string;
  readonly definition: string;
  readonly missing: 'zero' | 'nan';
  readonly rare_event: boolean;
  readonly clock: boolean;
  /** What was done to this feature; files of the first format do not tell, and the policy of all features held. */
  readonly impute?: FeaturePolicy['impute'];
  readonly clip?: FeaturePolicy['clip'];
  /** Group of feature-catalogue.ts; absent = none. */
  readonly evidence?: EvidenceGroup;
  /** Codes of a categorical feature. */
  readonly categories?: Readonly<Record<string, number>>;
}

/** `feature_spec.json`: everything needed to compute a model's input again, and to prove that it is the same. */
export interface FeatureSpec {
  readonly feature_set: string;
  readonly catalogue_version: string;
  /** All devices together, as the device "*"; `window.group_by` is "all" then. */
  readonly pooled: boolean;
  /** In column order. */
  readonly features: readonly FeatureSpecEntry[];
  readonly window: {
    readonly length_seconds: number;
    readonly stride_seconds: number;
    readonly context_seconds: number;
    readonly group_by: 'device' | 'all';
    readonly timezone: string;
  };
  /** SHA-256 of `feature_state.json`; absent when the values depend on the records alone. */
  readonly state_sha256?: string;
  readonly preprocessing: {
    /** "identity": the model takes raw values; the numbers below change nothing. */
    readonly kind: 'standard' | 'identity';
    /** The policy of the features that have none of their own. */
    readonly impute: FeaturePolicy['impute'];
    readonly clip: FeaturePolicy['clip'];
    /** One number a feature; null = a missing value is an error. */
    readonly impute_values: readonly (number | null)[];
    /** One number a feature; null = unbounded. */
    readonly clip_low: readonly (number | null)[];
    readonly clip_high: readonly (number | null)[];
    readonly scaler: {
      readonly mean: readonly number[];
      readonly variance: readonly number[];
      readonly scale: readonly number[];
      readonly samples_seen: number;
    };
  };
  /** SHA-256 of the canonical JSON of everything else. */
  readonly hash: string;
}
