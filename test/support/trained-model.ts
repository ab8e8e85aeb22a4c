import { randomUUID } from 'node:crypto';
import type { EvaluationReport } from '../../src/evaluation/core/evaluation-report.js';
import type { ValidationReport } from '../../src/export/core/validation-report.js';
import { featureSet } from '../../src/features/core/feature-sets.js';
import { buildFeatureSpec } from '../../src/features/core/feature-spec.js';
import { fitPreprocessing, imputeAndClip, scaleToFloat32 } from '../../src/features/core/preprocess.js';
import type { PreprocessingOptions } from '../../src/features/core/preprocessing.js';
import type { TrainedModel } from '../../src/registry/trained-model.js';
import { createRng, nextFloat } from '../../src/shared/rng.js';
import { parseForestParams, resolveForestParams } from '../../src/training/core/forest/forest-params.js';
import { growTrees } from '../../src/training/core/forest/grow.js';
import { scoreSamples } from '../../src/training/core/forest/score.js';
import { contaminationOffset } from '../../src/training/core/threshold.js';

const ROWS = 200;
const OPTIONS: PreprocessingOptions = { impute: 'median', clip: 'quantiles' };

const HYPERPARAMETERS = {
  n_estimators: 10,
  max_samples: 'auto',
  contamination: 0.05,
  max_features: 1,
  bootstrap: false,
  random_state: 42,
} as const;

const BASIC_METRICS = {
  label_source: 'injected',
  roc_auc: 0.9,
  average_precision: 0.8,
  accuracy: 0.9,
  precision: 0.7,
  recall: 0.6,
  f1_score: 0.65,
  prevalence: 0.1,
  threshold_value: 0.6,
  anomaly_ratio: 0.01,
};

/** A small forest on the columns of the set `system`, trained for real; only the evaluation is made up. */
export function buildTrainedModel(
  change: Partial<TrainedModel> & { gatePassed?: boolean; seed?: number } = {},
): TrainedModel {
  const { gatePassed = true, seed = 1, ...rest } = change;
  const set = featureSet('system');
  const columns = set.features.length;
  const rng = createRng(seed, 7);
  const trainValues = Float64Array.from({ length: ROWS * columns }, () => Math.floor(nextFloat(rng) * 100));
  const preprocessing = fitPreprocessing(trainValues, ROWS, columns, OPTIONS, set.features);
  const goldenRows = new Float64Array(trainValues.length);
  imputeAndClip(trainValues, ROWS, columns, preprocessing, goldenRows);
  const scaled = new Float32Array(trainValues.length);
  scaleToFloat32(goldenRows, ROWS, columns, preprocessing, scaled);
  const params = resolveForestParams(parseForestParams(HYPERPARAMETERS), ROWS, columns);
  const forest = growTrees(scaled, ROWS, columns, params, 0, params.nEstimators);
  const goldenScores = new Float64Array(ROWS);
  scoreSamples(forest, scaled, ROWS, goldenScores);
  const spec = buildFeatureSpec({
    set,
    window: {
      lengthSeconds: 300,
      strideSeconds: 300,
      contextSeconds: 3600,
      groupBy: 'device',
      timezone: 'UTC',
      maxWindows: 1000,
    },
    preprocessing,
    options: OPTIONS,
  });
  return {
    trainingId: randomUUID(),
    modelName: 'wifi',
    parentVersion: null,
    featureSet: 'system',
    spec,
    forest,
    detector: null,
    preprocessing,
    hyperparameters: HYPERPARAMETERS,
    offset: contaminationOffset(goldenScores, HYPERPARAMETERS.contamination),
    thresholdPolicy: 'contamination',
    trainValues,
    trainRows: ROWS,
    validationRows: 0,
    testRows: 20,
    goldenRows,
    goldenScores,
    evaluation: evaluation(gatePassed),
    validation: { stats: { log_count: 1240, valid_logs: 1235, filtered_logs: 1 } } as ValidationReport,
    logCount: 1234,
    inputFiles: [
      {
        name: 'export.json',
        bytes: 10,
        uncompressed_bytes: 10,
        sha256: 'ab'.repeat(32),
        format: 'json-logs',
        compression: 'none',
      },
    ],
    config: { model: { n_estimators: 10 } },
    configHash: 'cafe',
    codeVersion: '0.1.0',
    sklearnVersion: '1.3.0',
    drift: { enabled: true, threshold: 0.25 },
    selection: {},
    durationSeconds: 1.5,
    peakMemoryBytes: 1000,
    ...rest,
  };
}

function evaluation(passed: boolean): EvaluationReport {
  const gate = { passed, not_enough_data: false, checks: [] };
  return { label_source: 'injected', basic_metrics: BASIC_METRICS, gate } as unknown as EvaluationReport;
}
