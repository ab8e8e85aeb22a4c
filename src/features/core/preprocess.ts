import { sortFloats, sortingRoom } from '../../shared/sort-floats.js';
import { percentileSorted } from '../../shared/stats.js';
import { featurePolicy, missingValue, type ColumnTraits } from './feature-policy.js';
import type { FeaturePolicy, FeatureValues, Preprocessing, PreprocessingOptions } from './preprocessing.js';

const CLIP_LOW_PERCENT = 0.1;
const CLIP_HIGH_PERCENT = 99.9;
const EPSILON = Number.EPSILON;

/**
 * Fits imputation, clipping and scaling on the training rows, each column by its own policy.
 *
 * @param values rows x columns, row-major, NaN = missing
 * @param traits one entry a column
 * @throws AppError `config_invalid` when a training value is missing where the policy is `impute: none`, or for a policy
 *   that the kind of the feature does not allow
 */
export function fitPreprocessing(
  values: FeatureValues,
  rows: number,
  columns: number,
  options: PreprocessingOptions,
  traits: readonly ColumnTraits[],
): Preprocessing {
  const prep: Preprocessing = {
    imputeValue: new Float64Array(columns),
    clipLow: new Float64Array(columns).fill(-Infinity),
    clipHigh: new Float64Array(columns).fill(Infinity),
    mean: new Float64Array(columns),
    variance: new Float64Array(columns),
    scale: new Float64Array(columns).fill(1),
    samplesSeen: rows,
  };
  // One for all columns: memory of typed arrays is given back late.
  const scratch = sortingRoom(values, rows);
  for (let column = 0; column < columns; column++) {
    const policy = featurePolicy(traits[column], options);
    const present = presentValues(values, columns, column, scratch);
    // Rounded to float32 like the values they stand for: an imputed or clipped row is a float32 row again.
    prep.imputeValue[column] = Math.fround(imputation(present, rows, policy, traits[column]));
    if (policy.clip === 'quantiles' && present.length > 0) {
      prep.clipLow[column] = Math.fround(percentileSorted(present, CLIP_LOW_PERCENT));
      prep.clipHigh[column] = Math.fround(percentileSorted(present, CLIP_HIGH_PERCENT));
    }
  }
  fitScaler(values, new Float64Array(rows), columns, prep);
  return prep;
}

/** Preprocessing that changes no value: no imputation, no clipping, a scaler with mean 0 and scale 1. */
export function identityPreprocessing(rows: number, columns: number): Preprocessing {
  return {
    imputeValue: new Float64Array(columns),
    clipLow: new Float64Array(columns).fill(-Infinity),
    clipHigh: new Float64Array(columns).fill(Infinity),
    mean: new Float64Array(columns),
    variance: new Float64Array(columns).fill(1),
    scale: new Float64Array(columns).fill(1),
    samplesSeen: rows,
  };
}

/** The column's values without the missing ones, ascending; written into `scratch` (one number a row). */
function presentValues(
  values: FeatureValues,
  columns: number,
  column: number,
  scratch: ReturnType<typeof sortingRoom>,
): FeatureValues {
  const { length: rows } = scratch.values;
  let count = 0;
  for (let row = 0, at = column; row < rows; row++, at += columns) {
    if (!Number.isNaN(values[at])) scratch.values[count++] = values[at];
  }
  const present = scratch.values.subarray(0, count);
  sortFloats(present, scratch.spare);
  return present;
}

function imputation(
  sorted: FeatureValues,
  rows: number,
  { impute }: FeaturePolicy,
  { name }: ColumnTraits,
): number {
  const count = sorted.length;
  if (impute === 'none') {
    if (count < rows) throw missingValue('config_invalid', name, rows - count, rows, 'training windows');
    return NaN;
  }
  // Nothing ever measured: by definition "no data" is 0, in training and at serving time alike.
  if (count === 0) return 0;
  if (impute !== 'mean') return percentileSorted(sorted, 50);
  let sum = 0;
  for (const value of sorted) sum += value;
  return sum / count;
}

/**
 * scikit-learn's StandardScaler, operation for operation (`_incremental_mean_and_var`, `_is_constant_feature`): sums run
 * down the rows, the variance is the population's with the mean's rounding error taken out again, and a column whose
 * variance is within rounding of zero is constant and keeps scale 1.
 *
 * @param x scratch, one number a row
 */
function fitScaler(values: FeatureValues, x: Float64Array, columns: number, prep: Preprocessing): void {
  const rows = x.length;
  if (rows === 0) return;
  // One column at a time, so that no second matrix is needed.
  for (let column = 0; column < columns; column++) {
    let sum = 0;
    for (let row = 0, at = column; row < rows; row++, at += columns) {
      x[row] = cleanValue(values[at], column, prep);
      sum += x[row];
    }
    const mean = sum / rows;
    let drift = 0;
    let squares = 0;
    for (let row = 0; row < rows; row++) {
      const deviation = x[row] - mean;
      drift += deviation;
      squares += deviation * deviation;
    }
    const variance = (squares - (drift * drift) / rows) / rows;
    const rounding = rows * EPSILON * variance + (rows * mean * EPSILON) ** 2;
    prep.mean[column] = mean;
    prep.variance[column] = variance;
    prep.scale[column] = variance <= rounding ? 1 : Math.sqrt(variance);
  }
}

function cleanValue(
  value: number,
  column: number,
  { imputeValue, clipLow, clipHigh }: Preprocessing,
): number {
  if (Number.isNaN(value)) return imputeValue[column];
  if (value < clipLow[column]) return clipLow[column];
  return value > clipHigh[column] ? clipHigh[column] : value;
}

/**
 * Replaces missing values and clips. A NaN comes out only where the policy is `impute: none`.
 *
 * @param values rows x columns, row-major, NaN = missing
 * @param out same shape and type; may be `values` itself
 */
export function imputeAndClip(
  values: FeatureValues,
  rows: number,
  columns: number,
  prep: Preprocessing,
  out: FeatureValues,
): void {
  const { imputeValue, clipLow, clipHigh } = prep;
  for (let row = 0, at = 0; row < rows; row++) {
    // As cleanValue, which is too slow for every cell.
    for (let column = 0; column < columns; column++, at++) {
      const value = values[at];
      if (value < clipLow[column]) out[at] = clipLow[column];
      else if (value > clipHigh[column]) out[at] = clipHigh[column];
      else out[at] = Number.isNaN(value) ? imputeValue[column] : value;
    }
  }
}

/**
 * `(x - mean) / scale` in float64, subtract then divide as numpy does, then rounded to float32 as scikit-learn's trees
 * read it.
 *
 * @param values rows x columns after {@link imputeAndClip}
 */
export function scaleToFloat32(
  values: FeatureValues,
  rows: number,
  columns: number,
  prep: Preprocessing,
  out: Float32Array,
): void {
  const { mean, scale } = prep;
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, at++) {
      out[at] = (values[at] - mean[column]) / scale[column];
    }
  }
}

/**
 * {@link imputeAndClip} and {@link scaleToFloat32} of some rows in one go, without a matrix in between.
 *
 * @param from first row
 * @param out its rows begin at 0
 */
export function cleanAndScale(
  values: Float32Array,
  { from, rows, columns }: { readonly from: number; readonly rows: number; readonly columns: number },
  prep: Preprocessing,
  out: Float32Array,
): void {
  const { imputeValue, clipLow, clipHigh, mean, scale } = prep;
  for (let row = 0, at = from * columns, to = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, at++, to++) {
      let value = values[at];
      if (value < clipLow[column]) value = Math.fround(clipLow[column]);
      else if (value > clipHigh[column]) value = Math.fround(clipHigh[column]);
      else if (Number.isNaN(value)) value = Math.fround(imputeValue[column]);
      out[to] = (value - mean[column]) / scale[column];
    }
  }
}

/** One value of a column as {@link imputeAndClip} and {@link scaleToFloat32} leave it. Never falls where the value rises. */
export function scaledValue(value: number, column: number, prep: Preprocessing): number {
  return Math.fround((cleanValue(value, column, prep) - prep.mean[column]) / prep.scale[column]);
}
