import type { FeatureSetDefinition } from '../../features/core/feature-set.js';
import {
  fitPreprocessing,
  identityPreprocessing,
  imputeAndClip,
  scaleToFloat32,
} from '../../features/core/preprocess.js';
import type { Preprocessing, PreprocessingOptions } from '../../features/core/preprocessing.js';
import type { WindowTable } from '../../features/core/window-table.js';

/** The matrices of one training, each row-major with one row a window, in time order. */
export interface PreparedDataset {
  readonly preprocessing: Preprocessing;
  readonly columns: number;
  readonly trainRows: number;
  /** Training rows after imputation, clipping and scaling; on a SharedArrayBuffer, the forest is grown on it. */
  readonly trainScaled: Float32Array;
  /** Training rows as extracted (NaN = missing), for the drift baseline. */
  readonly trainValues: Float64Array;
  /** Training rows after imputation and clipping, before scaling. */
  readonly trainRaw: Float64Array;
  readonly holdoutRows: number;
  /** Held-out rows as extracted (NaN = missing). */
  readonly holdoutValues: Float64Array;
  /** Held-out rows after imputation and clipping, before scaling. */
  readonly holdoutRaw: Float64Array;
}

function gather(values: Float64Array, columns: number, rows: Int32Array): Float64Array {
  const out = new Float64Array(rows.length * columns);
  for (let i = 0; i < rows.length; i++) {
    out.set(values.subarray(rows[i] * columns, (rows[i] + 1) * columns), i * columns);
  }
  return out;
}

/**
 * Fits imputation, clipping and scaling on the training rows only, then applies them to both parts. A set with identity
 * preprocessing keeps its raw values, whatever the options.
 */
export function prepareDataset(
  table: WindowTable,
  set: Pick<FeatureSetDefinition, 'features' | 'preprocessing'>,
  split: { readonly train: Int32Array; readonly test: Int32Array },
  options: PreprocessingOptions,
): PreparedDataset {
  const columns = table.featureNames.length;
  const trainRows = split.train.length;
  const trainValues = gather(table.values, columns, split.train);
  const preprocessing =
    set.preprocessing === 'identity'
      ? identityPreprocessing(trainRows, columns)
      : fitPreprocessing(trainValues, trainRows, columns, options, set.features);
  const trainRaw = new Float64Array(trainRows * columns);
  imputeAndClip(trainValues, trainRows, columns, preprocessing, trainRaw);
  const trainScaled = new Float32Array(
    new SharedArrayBuffer(trainRows * columns * Float32Array.BYTES_PER_ELEMENT),
  );
  scaleToFloat32(trainRaw, trainRows, columns, preprocessing, trainScaled);
  const holdoutRows = split.test.length;
  const holdoutValues = gather(table.values, columns, split.test);
  const holdoutRaw = new Float64Array(holdoutRows * columns);
  imputeAndClip(holdoutValues, holdoutRows, columns, preprocessing, holdoutRaw);
  return {
    preprocessing,
    columns,
    trainRows,
    trainScaled,
    trainValues,
    trainRaw,
    holdoutRows,
    holdoutValues,
    holdoutRaw,
  };
}
