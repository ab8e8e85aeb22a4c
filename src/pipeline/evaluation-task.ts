import type { EvaluationInput } from '../evaluation/core/evaluation-report.js';
import type { FeatureColumn } from '../evaluation/core/gate/gate-check.js';
import type { FeatureSpec } from '../features/core/feature-spec-json.js';
import { readColumns } from '../training/core/detectors/column-families.js';
import type { DetectorType } from '../training/core/detectors/detector.js';
import { configuredDetectors } from './detector-settings.js';
import type { ColumnSet } from '../features/core/table-set.js';
import type { ResolvedForestParams } from '../training/core/forest/forest-params.js';
import type { PreparedDataset } from '../training/core/prepare-dataset.js';
import type { HoldoutEvidence } from './holdout-evidence.js';
import type { RunSections } from './run-config.js';

export interface EvaluationParts {
  readonly data: PreparedDataset;
  readonly evidence: HoldoutEvidence;
  readonly set: ColumnSet;
  /** Feature spec of the configured set, and of the trained model: they must agree (gate check D). */
  readonly expectedSpec: FeatureSpec;
  readonly spec: FeatureSpec;
  /** Held-out row -> device of the model; -1 = unknown. */
  readonly devices?: Int32Array;
  /** null: the model is not a forest. */
  readonly params: ResolvedForestParams | null;
  readonly offset: number;
  readonly config: RunSections;
}

/**
 * What the evaluation needs to know about the columns of a set.
 *
 * @param detectors what the model is made of: its type, or the members of an ensemble
 */
export function featureColumns(
  { features }: Pick<ColumnSet, 'features'>,
  detectors: readonly DetectorType[],
): FeatureColumn[] {
  const read = readColumns(detectors, features);
  return features.map(({ name, rareEvent, clock, kind }, column) => ({
    name,
    rareEvent,
    clock,
    categorical: kind === 'categorical',
    unread: !read[column],
  }));
}

/** Gathers what the evaluation needs from the parts of a run. */
export function evaluationInput(parts: EvaluationParts): Omit<EvaluationInput, 'score'> {
  const { data, evidence, config } = parts;
  const { evaluation, model } = config;
  const identity = (spec: FeatureSpec): { featureNames: string[]; featureHash: string } => ({
    featureNames: spec.features.map(({ name }) => name),
    featureHash: spec.hash,
  });
  return {
    features: featureColumns(parts.set, configuredDetectors(model)),
    expected: identity(parts.expectedSpec),
    actual: identity(parts.spec),
    train: { values: data.judgedRaw, rows: data.judgedRows.length, columns: data.columns },
    holdout: { values: data.holdoutRaw, rows: data.holdoutRows, columns: data.columns },
    holdoutExtracted: data.holdoutValues,
    holdoutDevices: parts.devices ?? null,
    data: evidence.extent,
    seed: config.training.random_state,
    offset: parts.offset,
    contamination:
      model.threshold.policy === 'contamination' && model.contamination !== 'auto'
        ? model.contamination
        : null,
    holdoutWindows: evidence.windows,
    labels: evidence.labels,
    alertsPerDayPerDevice: model.threshold.alerts_per_day,
    forestParams: parts.params,
    thresholds: evaluation.thresholds,
    enforceThresholds: evaluation.enforce_thresholds,
    episodeThresholds: {
      recall: evaluation.episode_thresholds.recall,
      alertPrecision: evaluation.episode_thresholds.precision,
    },
  };
}
