import { AppError } from '../../../shared/errors.js';
import { NumpyPickler } from './numpy-pickle.js';
import { PickleWriter } from './pickle-writer.js';
import { sklearnLayout } from './sklearn-version.js';

/** A fitted StandardScaler; the arrays have one entry a feature. */
export interface ScalerState {
  readonly mean: Float64Array;
  /** Population variance. */
  readonly variance: Float64Array;
  /** Divisor: the standard deviation, 1 for a constant column. */
  readonly scale: Float64Array;
  readonly samplesSeen: number;
}

/**
 * `scaler.joblib`: a plain pickle of `sklearn.preprocessing.StandardScaler` (joblib loads plain pickles). The same
 * input gives the same bytes.
 *
 * @throws AppError `internal` when lengths differ or a number is not finite or a scale is not positive;
 *   `config_invalid` for an unusable version.
 */
export function encodeStandardScaler(scaler: ScalerState, sklearnVersion: string): Uint8Array {
  assertScaler(scaler);
  const { version } = sklearnLayout(sklearnVersion);
  const pickle = new PickleWriter(1024 + 24 * scaler.mean.length);
  const numpy = new NumpyPickler(pickle);
  pickle.newObject('sklearn.preprocessing._data', 'StandardScaler');
  pickle.openDict();
  for (const name of ['with_mean', 'with_std', 'copy']) {
    pickle.string(name);
    pickle.boolean(true);
  }
  pickle.string('n_features_in_');
  pickle.int(scaler.mean.length);
  pickle.string('n_samples_seen_');
  pickle.int(scaler.samplesSeen);
  pickle.string('mean_');
  numpy.float64(scaler.mean);
  pickle.string('var_');
  numpy.float64(scaler.variance);
  pickle.string('scale_');
  numpy.float64(scaler.scale);
  pickle.string('_sklearn_version');
  pickle.string(version);
  pickle.op('setItems');
  pickle.op('build');
  return pickle.finish();
}

function assertScaler({ mean, variance, scale, samplesSeen }: ScalerState): void {
  if (mean.length === 0 || variance.length !== mean.length || scale.length !== mean.length) {
    throw new AppError(
      'internal',
      `The scaler has ${mean.length} means, ${variance.length} variances and ${scale.length} scales.`,
    );
  }
  if (!Number.isSafeInteger(samplesSeen) || samplesSeen < 1) {
    throw new AppError('internal', `The scaler was fitted on ${samplesSeen} rows.`);
  }
  for (let i = 0; i < mean.length; i++) {
    const finite = Number.isFinite(mean[i]) && Number.isFinite(variance[i]) && Number.isFinite(scale[i]);
    if (finite && variance[i] >= 0 && scale[i] > 0) continue;
    throw new AppError(
      'internal',
      `The scaler's column ${i} has mean ${mean[i]}, variance ${variance[i]} and scale ${scale[i]}.`,
    );
  }
}
