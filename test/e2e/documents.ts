/** The JSON documents of the product contract, as far as the tests read them. */

export interface TrainResult {
  readonly training_id: string;
  readonly status: string;
  readonly version: string;
  readonly model_name: string;
  readonly model_path: string;
  readonly feature_set: string;
  readonly training_samples: number;
  readonly feature_names: string[];
  readonly log_count: number;
  readonly training_duration: number;
  readonly metrics: Record<string, unknown>;
  readonly label_source: string;
  readonly gate: { passed: boolean; checks: { name: string; passed: boolean }[] };
  readonly artifacts: Record<string, string>;
  readonly model_sha256: string;
  readonly warnings: unknown[];
}

export interface ScoreResult {
  readonly version: string;
  readonly threshold: number;
  readonly windows: {
    device: string;
    start: string;
    end: string;
    score: number;
    is_anomaly: boolean;
    confidence: number;
  }[];
}

export interface Golden {
  readonly feature_names: string[];
  readonly X: number[][];
  readonly labels: number[];
  readonly score_samples: number[];
  readonly decision_function: number[];
}
