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
  readonly tags: Readonly<Record<string, string>>;
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
  readonly notes: string;
  readonly metrics: BasicMetrics;
  readonly gate: Gate;
  readonly artifacts: Readonly<Record<string, string>>;
}

/** Where a model stands: versions, null = there is none. */
export interface ModelStanding {
  readonly model_name: string;
  readonly total: number;
  readonly deployed: string | null;
  readonly candidate: string | null;
  readonly rollback: string | null;
}

export interface ModelStats {
  readonly total: number;
  readonly versions: Readonly<Partial<Record<VersionStatus, number>>>;
  readonly models: readonly ModelStanding[];
}

export interface ModelAlias {
  readonly model_name: string;
  readonly alias: string;
  readonly version: string;
}

export interface TrainingOrigin {
  readonly training_id: string;
  readonly origin: string;
  readonly created_at: string;
  /** Of a run that a schedule started. */
  readonly schedule_id?: string | null;
}

export interface DeploymentRecord {
  readonly id: string;
  readonly target: string;
  readonly action: string;
  readonly status: string;
  readonly actor: string;
  readonly started_at: string;
}

export interface ModelLineage {
  readonly version: string;
  readonly exports: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
  readonly config_hash: string | null;
  readonly code_version: string | null;
  readonly model_sha256: string | null;
  /** From the parent to the first version of the line. */
  readonly ancestors: readonly string[];
  readonly children: readonly string[];
  readonly training: TrainingOrigin | null;
  readonly deployments: readonly DeploymentRecord[];
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
