/** What the routes answer, as far as the dashboard reads it (docs/api.md). */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next_cursor: string | null;
}

export interface FindingExample {
  readonly file: string;
  readonly record_index: number;
  readonly byte_offset: number;
  readonly detail: string;
}

export interface Finding {
  readonly code: string;
  readonly message: string;
  readonly count: number;
  readonly examples: readonly FindingExample[];
}

export interface DeviceGaps {
  readonly device: string;
  readonly count: number;
  readonly longest_seconds: number;
  readonly from: string;
  readonly to: string;
}

export interface ExportStats {
  readonly log_count: number;
  readonly valid_logs: number;
  readonly invalid_logs: number;
  readonly wifi_logs: number;
  readonly wifi_ratio: number;
  readonly time_range_days: number;
  readonly start: string | null;
  readonly end: string | null;
  readonly devices: readonly { readonly device: string; readonly logs: number }[];
  readonly device_count: number;
  readonly programs: readonly { readonly program: string; readonly logs: number }[];
  readonly program_count: number;
  readonly levels: Readonly<Record<string, number>>;
  readonly duplicates: number;
  readonly out_of_order: number;
  readonly order: string;
  readonly gaps: {
    readonly count: number;
    readonly longest_seconds: number;
    readonly devices: readonly DeviceGaps[];
  };
  readonly non_empty_windows: number;
}

export interface ValidationReport {
  readonly is_valid: boolean;
  readonly errors: readonly Finding[];
  readonly warnings: readonly Finding[];
  readonly stats: ExportStats;
  readonly files: readonly { readonly format: string; readonly compression: string }[];
}

export interface Export {
  readonly export_id: string;
  readonly file_name: string;
  readonly export_file: string;
  readonly size_bytes: number;
  readonly sha256: string;
  readonly status: string;
  readonly source: string;
  readonly validation: ValidationReport | null;
  readonly created_at: string;
}

export type RunStatus = 'queued' | 'running' | 'completed' | 'rejected' | 'failed' | 'cancelled';

export interface GateCheck {
  readonly id: string;
  readonly name: string;
  readonly passed: boolean;
  readonly skipped: boolean;
  readonly value: number | null;
  readonly limit: number | null;
  readonly message: string;
}

export interface Gate {
  readonly passed: boolean;
  readonly checks: readonly GateCheck[];
}

export interface BasicMetrics {
  readonly label_source: string;
  readonly accuracy?: number | null;
  readonly precision?: number | null;
  readonly recall?: number | null;
  readonly f1_score?: number | null;
  readonly roc_auc?: number | null;
  readonly average_precision?: number | null;
  readonly threshold_value?: number | null;
  readonly anomaly_ratio?: number | null;
}

export interface LabelFree {
  readonly flag_rate: number;
  readonly alerts: number;
  readonly alerts_per_day: number | null;
  readonly alerts_per_day_per_device: number | null;
  readonly holdout_rows: number;
}

export interface Recommendation {
  readonly code: string;
  readonly message: string;
}

export interface RunResult {
  readonly version: string;
  readonly model_status: string;
  readonly model_name: string;
  readonly log_count: number;
  readonly training_samples: number;
  readonly training_duration: number;
  readonly feature_set: string;
  readonly feature_names: readonly string[];
  readonly threshold: number;
  readonly metrics: BasicMetrics;
  readonly label_free: LabelFree;
  readonly gate: Gate;
  readonly recommendations: readonly Recommendation[];
  readonly warnings: readonly string[];
}

export interface Run {
  readonly training_id: string;
  readonly model_name: string;
  readonly status: RunStatus;
  readonly progress: number;
  readonly step: string;
  readonly error: { readonly code: string; readonly message: string; readonly hint: string | null } | null;
  readonly version: string | null;
  readonly result: RunResult | null;
  readonly origin: string;
  readonly created_at: string;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  readonly updated_at: string;
}

export type VersionStatus = 'available' | 'deployed' | 'archived' | 'rejected' | 'corrupt';

export interface ModelSummary {
  readonly version: string;
  readonly model_name: string;
  readonly status: VersionStatus;
  readonly aliases: readonly string[];
  readonly model_type: string;
  readonly feature_set: string;
  readonly training_samples: number;
  readonly gate_passed: boolean;
  readonly created_at: string;
  readonly deployed_at: string | null;
}

export interface ModelDetail extends ModelSummary {
  readonly training_id: string | null;
  readonly parent_version: string | null;
  readonly metrics: BasicMetrics;
  readonly gate: Gate;
  readonly lineage: Lineage;
  readonly artifacts: Readonly<Record<string, string>>;
}

export interface Lineage {
  readonly parent?: string | null;
  readonly exports?: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
  readonly config_hash?: string;
  readonly code_version?: string;
  readonly model_sha256?: string;
  readonly feature_spec_hash?: string;
}

export interface RocPoint {
  readonly false_positive_rate: number;
  readonly recall: number;
  readonly threshold: number;
}

export interface PrecisionRecallPoint {
  readonly recall: number;
  readonly precision: number;
  readonly threshold: number;
}

export interface ThresholdPoint {
  readonly threshold: number;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1_score: number | null;
  readonly flag_rate: number;
  readonly alerts_per_day: number | null;
  readonly operating_point: boolean;
}

export interface AdvancedMetrics {
  readonly label_source: string;
  readonly confusion_matrix: {
    readonly true_negatives: number;
    readonly false_positives: number;
    readonly false_negatives: number;
    readonly true_positives: number;
  };
  readonly roc_curve: readonly RocPoint[];
  readonly precision_recall_curve: readonly PrecisionRecallPoint[];
  readonly threshold_analysis: readonly ThresholdPoint[];
  readonly injected_kinds?: Readonly<Record<string, { readonly recall: number; readonly roc_auc: number }>>;
  readonly score_distribution: {
    readonly min: number;
    readonly max: number;
    readonly percentiles: Readonly<Record<string, number>>;
  };
}

export interface Evaluation {
  readonly label_source?: string;
  readonly basic_metrics?: BasicMetrics | null;
  readonly advanced_metrics?: AdvancedMetrics | null;
  readonly label_free?: LabelFree | null;
  readonly feature_importance?: {
    readonly label_source: string;
    readonly method: string;
    readonly features: readonly { readonly feature: string; readonly importance: number }[];
  } | null;
  readonly recommendations?: readonly Recommendation[];
}

export interface ModelReport {
  readonly version: string;
  /** null: the version came from elsewhere and was never judged. */
  readonly evaluation: Evaluation | null;
}

export interface ExportVolume {
  readonly bucket_seconds: number;
  readonly start: string | null;
  readonly devices: readonly {
    readonly device: string;
    readonly logs: number;
    readonly counts: readonly number[];
  }[];
  readonly other_devices: number;
}

export interface Interval {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

export interface Comparison {
  readonly a: string;
  readonly b: string;
  readonly same_features: boolean;
  readonly recorded: {
    readonly same_inputs: boolean;
    readonly metrics: readonly {
      readonly label_source: string;
      readonly metric: string;
      readonly a: number | null;
      readonly b: number | null;
      readonly delta: number | null;
    }[];
  };
  readonly on_export: {
    readonly blast_radius: {
      readonly windows: number;
      readonly days: number;
      readonly alerts_a: number;
      readonly alerts_b: number;
      readonly kept_alerts: number;
      readonly new_alerts: number;
      readonly lost_alerts: number;
      readonly alerts_per_day_a: number;
      readonly alerts_per_day_b: number;
      readonly devices: readonly {
        readonly device: string;
        readonly alerts_a: number;
        readonly alerts_b: number;
        readonly new_alerts: number;
        readonly lost_alerts: number;
      }[];
    };
    readonly agreement: { readonly spearman: number | null; readonly alert_jaccard: number | null };
    readonly metrics: readonly {
      readonly label_source: string;
      readonly metric: string;
      readonly a: number;
      readonly b: number;
      readonly delta: Interval | null;
      readonly verdict: string;
    }[];
  } | null;
  readonly warnings: readonly string[];
}

export interface DeployOutcome {
  readonly model_name: string;
  readonly version: string;
  readonly previous_version: string | null;
  readonly target: string;
  readonly layout: string;
  readonly status: string;
}

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
  readonly confidence: number;
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
  readonly windows: readonly ScoredWindow[];
}

export interface AuditEvent {
  readonly sequence: number;
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly entity: string;
  readonly entity_id: string;
  readonly from: unknown;
  readonly to: unknown;
  readonly reason: string | null;
}
