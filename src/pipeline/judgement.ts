import type { EvaluationInput } from '../evaluation/core/evaluation-report.js';
import type { Matrix } from '../evaluation/core/gate/gate-check.js';
import { assertNothingMissing } from '../features/core/feature-policy.js';
import { imputeAndClip } from '../features/core/preprocess.js';
import type { Baseline } from '../registry/core/baseline.js';
import type { LoadedModel } from '../registry/loaded-model.js';
import type { DetectorType } from '../training/core/detectors/detector.js';
import { membersOf } from '../training/core/detectors/ensemble.js';
import type { EvaluateTask } from '../workers/evaluate.worker.js';
import { featureColumns } from './evaluation-task.js';
import type { HoldoutEvidence } from './holdout-evidence.js';
import type { ModelRows } from './model-input.service.js';
import type { RunConfig } from './run-config.js';

const MISSING = { code: 'export_invalid', windows: 'windows' } as const;

/** What a registered version is judged with. Nothing is fitted here. */
export interface JudgementParts {
  readonly model: LoadedModel;
  /** The operating point; that of the version unless another one is tried. */
  readonly offset: number;
  readonly rows: ModelRows;
  /** Rows to judge on. */
  readonly judged: Int32Array;
  readonly evidence: HoldoutEvidence;
  /** Rows that stand for the training rows, which are not kept; null = what needs them is skipped. */
  readonly past: Int32Array | null;
  readonly baseline: Baseline;
  readonly config: RunConfig;
}

export function rowsOf({ values, featureNames }: ModelRows, rows: Int32Array): Float32Array {
  const columns = featureNames.length;
  const out = new Float32Array(rows.length * columns);
  rows.forEach((row, i) => {
    out.set(values.subarray(row * columns, (row + 1) * columns), i * columns);
  });
  return out;
}

/** As the model sees them: imputed and clipped with what was fitted in its training. */
function cleanedRows({ model, rows }: JudgementParts, values: Float32Array, count: number): Matrix {
  const columns = rows.featureNames.length;
  const out = new Float32Array(values.length);
  imputeAndClip(values, count, columns, model.preprocessing, out);
  assertNothingMissing(out, count, rows.featureNames, model.preprocessing, MISSING);
  return { values: out, rows: count, columns };
}

/** Column -> the value it always had in training, from the drift baseline; NaN = it varied. */
export function constantsOf({ features }: Baseline, { preprocessing }: LoadedModel): Float64Array {
  return Float64Array.from(features, ({ min, max }, column) => {
    if (min === null) return preprocessing.imputeValue[column];
    return min === max ? min : Number.NaN;
  });
}

function detectorsOf({ detector }: LoadedModel): readonly DetectorType[] {
  if (detector === null) return ['isolation_forest'];
  return detector.type === 'ensemble' ? membersOf(detector).map(({ type }) => type) : [detector.type];
}

export function judgementTask(parts: JudgementParts): EvaluateTask {
  const { model, rows, judged, evidence, past, config } = parts;
  const { evaluation, training, model: settings } = config.values;
  const names = model.spec.features.map(({ name }) => name);
  const extracted = rowsOf(rows, judged);
  const input: Omit<EvaluationInput, 'score'> = {
    features: featureColumns(rows.set, detectorsOf(model)),
    expected: { featureNames: rows.featureNames, featureHash: model.spec.hash },
    actual: { featureNames: names, featureHash: model.spec.hash },
    train: past && cleanedRows(parts, rowsOf(rows, past), past.length),
    trainConstants: constantsOf(parts.baseline, model),
    holdout: cleanedRows(parts, extracted, judged.length),
    holdoutExtracted: extracted,
    data: evidence.extent,
    seed: training.random_state,
    offset: parts.offset,
    // The threshold came with the version, whatever policy is configured here.
    contamination: null,
    holdoutWindows: evidence.windows,
    holdoutDevices: parts.rows.deviceNumbers(model, judged),
    labels: evidence.labels,
    alertsPerDayPerDevice: settings.threshold.alerts_per_day,
    // A forest of another seed would have to be fitted on rows that are not kept.
    forestParams: null,
    thresholds: evaluation.thresholds,
    enforceThresholds: evaluation.enforce_thresholds,
    episodeThresholds: {
      recall: evaluation.episode_thresholds.recall,
      alertPrecision: evaluation.episode_thresholds.precision,
    },
  };
  return { input, forest: model.forest, detector: model.detector, preprocessing: model.preprocessing };
}

/** 0, 1, ..., count - 1. */
export const allRows = (count: number): Int32Array => Int32Array.from({ length: count }, (_, row) => row);
