import type { EvaluationInput } from '../evaluation/core/evaluation-report.js';
import { keptLogs, type ValidationReport } from '../export/core/validation-report.js';
import { nonEmptyWindowCount } from '../features/core/dataset.js';
import type { FeatureSetDefinition } from '../features/core/feature-set.js';
import type { FeatureSpec } from '../features/core/feature-spec-json.js';
import type { WindowTable } from '../features/core/window-table.js';
import type { ResolvedForestParams } from '../training/core/forest/forest-params.js';
import type { PreparedDataset } from '../training/core/prepare-dataset.js';
import type { TemporalSplit } from '../training/core/split.js';
import type { RunSections } from './run-config.js';

export interface EvaluationParts {
  readonly table: WindowTable;
  readonly split: TemporalSplit;
  readonly data: PreparedDataset;
  readonly report: ValidationReport;
  readonly set: FeatureSetDefinition;
  /** Feature spec of the configured set, and of the trained model: they must agree (gate check D). */
  readonly expectedSpec: FeatureSpec;
  readonly spec: FeatureSpec;
  readonly params: ResolvedForestParams;
  readonly offset: number;
  readonly config: RunSections;
}

/** Gathers what the evaluation needs from the parts of a run. */
export function evaluationInput(parts: EvaluationParts): Omit<EvaluationInput, 'score'> {
  const { table, split, data, report, config } = parts;
  const { evaluation, model } = config;
  const identity = (spec: FeatureSpec): { featureNames: string[]; featureHash: string } => ({
    featureNames: spec.features.map(({ name }) => name),
    featureHash: spec.hash,
  });
  const { stats } = report;
  return {
    features: parts.set.features.map(({ name, rareEvent, clock, kind }) => ({
      name,
      rareEvent,
      clock,
      categorical: kind === 'categorical',
    })),
    expected: identity(parts.expectedSpec),
    actual: identity(parts.spec),
    train: { values: data.judgedRaw, rows: data.judgedRows.length, columns: data.columns },
    holdout: { values: data.holdoutRaw, rows: data.holdoutRows, columns: data.columns },
    holdoutExtracted: data.holdoutValues,
    data: {
      wifiRequired: parts.set.wifiRequired,
      // The report counts the lines of every program; an agent sees only some of them.
      nonEmptyWindows: parts.set.programs === null ? stats.non_empty_windows : nonEmptyWindowCount(table),
      spanSeconds: stats.time_range_days * 86_400,
      lineCount: keptLogs(stats),
      wifiLineCount: stats.wifi_logs,
    },
    seed: config.training.random_state,
    offset: parts.offset,
    contamination:
      model.threshold.policy === 'contamination' && model.contamination !== 'auto'
        ? model.contamination
        : null,
    holdoutWindows: holdoutWindows(table, split.test),
    forestParams: parts.params,
    thresholds: evaluation.thresholds,
    enforceThresholds: evaluation.enforce_thresholds,
    episodeThresholds: {
      recall: evaluation.episode_thresholds.recall,
      alertPrecision: evaluation.episode_thresholds.precision,
    },
  };
}

function holdoutWindows(
  table: WindowTable,
  rows: Int32Array,
): NonNullable<EvaluationInput['holdoutWindows']> {
  return {
    devices: table.devices,
    deviceIndex: Int32Array.from(rows, (row) => table.deviceIndex[row]),
    startMs: Float64Array.from(rows, (row) => table.startMs[row]),
    windowSeconds: table.windowSeconds,
  };
}
