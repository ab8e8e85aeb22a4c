import type { EvaluationReport } from '../evaluation/core/evaluation-report.js';
import type { NewModelVersion } from '../registry/model-version.js';

export interface TrainingOutcome {
  readonly model: NewModelVersion;
  readonly modelSha256: string;
  /** Lines the training used; 0 for a feature table. */
  readonly logCount: number;
  readonly warnings: readonly string[];
  readonly evaluation: EvaluationReport;
  readonly featureNames: readonly string[];
  readonly durationSeconds: number;
}
