import type { FeatureSetDefinition } from '../../features/core/feature-set.js';
import { assertNothingMissing } from '../../features/core/feature-policy.js';
import {
  cleanAndScale,
  fitPreprocessing,
  identityPreprocessing,
  imputeAndClip,
} from '../../features/core/preprocess.js';
import type {
  FeatureValues,
  Preprocessing,
  PreprocessingOptions,
} from '../../features/core/preprocessing.js';
import type { WindowTable } from '../../features/core/window-table.js';
import { rowsForJudging } from './judged-rows.js';

/**
 * The matrices of one training, each row-major with one row a window, in time order. Parts of the table are views on
 * it, and only what the forest is grown on exists as a matrix of its own: a year of windows must fit into memory.
 */
export interface PreparedDataset {
  readonly preprocessing: Preprocessing;
  readonly columns: number;
  readonly trainRows: number;
  /** Training rows after imputation, clipping and scaling; on a SharedArrayBuffer, the forest is grown on it. */
  readonly trainScaled: Float32Array;
  /** Training rows as extracted (NaN = missing), for the drift baseline. */
  readonly trainValues: Float32Array;
  /** Rows of the training part the model is judged with: all of them, or an even sample of a large part. */
  readonly judgedRows: Int32Array;
  /** Those rows after imputation and clipping, before scaling. */
  readonly judgedRaw: Float32Array;
  readonly holdoutRows: number;
  /** Held-out rows as extracted (NaN = missing). */
  readonly holdoutValues: Float32Array;
  /** Held-out rows after imputation and clipping, before scaling. */
  readonly holdoutRaw: Float32Array;
}

/** Where the threads that grow, score and judge read it in place. */
function sharedRows(rows: number, columns: number): Float32Array {
  return new Float32Array(new SharedArrayBuffer(rows * columns * Float32Array.BYTES_PER_ELEMENT));
}

/** The rows of a part: a view where they follow each other, as the parts of a split in time do. */
function rowsOf(values: Float32Array, columns: number, rows: Int32Array): Float32Array {
  if (rows.length === 0) return new Float32Array(0);
  const first = rows[0];
  if (rows[rows.length - 1] - first === rows.length - 1) {
    return values.subarray(first * columns, (first + rows.length) * columns);
  }
  const out = new Float32Array(rows.length * columns);
  for (let i = 0; i < rows.length; i++) {
    out.set(values.subarray(rows[i] * columns, (rows[i] + 1) * columns), i * columns);
  }
  return out;
}

/**
 * Fits imputation, clipping and scaling on the training rows only, then applies them to both parts. A set with identity
 * preprocessing keeps its raw values, whatever the options.
 *
 * @throws AppError `config_invalid` when a value is missing in either part where the policy is `impute: none`
 */
export function prepareDataset(
  table: Pick<WindowTable, 'featureNames' | 'values'>,
  set: Pick<FeatureSetDefinition, 'features' | 'preprocessing'>,
  split: { readonly train: Int32Array; readonly test: Int32Array },
  options: PreprocessingOptions,
): PreparedDataset {
  const columns = table.featureNames.length;
  const trainRows = split.train.length;
  const trainValues = rowsOf(table.values, columns, split.train);
  const preprocessing =
    set.preprocessing === 'identity'
      ? identityPreprocessing(trainRows, columns)
      : fitPreprocessing(trainValues, trainRows, columns, options, set.features);
  const cleaned = (values: FeatureValues, rows: number): Float32Array => {
    const out = sharedRows(rows, columns);
    imputeAndClip(values, rows, columns, preprocessing, out);
    return out;
  };
  const trainScaled = sharedRows(trainRows, columns);
  cleanAndScale(trainValues, { from: 0, rows: trainRows, columns }, preprocessing, trainScaled);
  const judgedRows = rowsForJudging(trainRows);
  const holdoutRows = split.test.length;
  const holdoutValues = rowsOf(table.values, columns, split.test);
  const holdoutRaw = cleaned(holdoutValues, holdoutRows);
  assertNothingMissing(holdoutRaw, holdoutRows, table.featureNames, preprocessing, {
    code: 'config_invalid',
    windows: 'test windows',
  });
  return {
    preprocessing,
    columns,
    trainRows,
    trainScaled,
    trainValues,
    judgedRows,
    judgedRaw: cleaned(rowsOf(trainValues, columns, judgedRows), judgedRows.length),
    holdoutRows,
    holdoutValues,
    holdoutRaw,
  };
}
