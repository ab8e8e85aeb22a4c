import { hashSeed } from '../../../shared/rng.js';
import type { Detector, DetectorFit, DetectorModel } from './detector.js';
import { fastMcd } from './fast-mcd.js';
import { rowsOfGroup } from './group-rows.js';

export interface CovarianceModel {
  /** groups x columns. */
  readonly location: Float64Array;
  /** groups x columns x columns: inverse of the covariance. */
  readonly precision: Float64Array;
}

/** Keeps these draws apart from the trees' and the samples'. */
const STREAM = 0x6d636430;

/**
 * Squared Mahalanobis distance from a location and covariance that outliers cannot move (see fast-mcd.ts); one of each a
 * group. A column that never changes in a group is taken as independent with the variance 1 of scaled columns, so that
 * a change of it counts. Golden numbers: scikit-learn's `MinCovDet.mahalanobis`, `-EllipticEnvelope.score_samples`.
 */
export const robustCovariance: Detector = {
  type: 'robust_covariance',
  comparable: false,

  fit: (input) => {
    const { columns: d, groupCount, rows, tools } = input;
    const location = new Float64Array(groupCount * d);
    const precision = new Float64Array(groupCount * d * d);
    for (let group = 0; group < groupCount; group++) {
      const fitted = fitGroup(input, group);
      location.set(fitted.location, group * d);
      precision.set(fitted.precision, group * d * d);
    }
    const model = { location, precision };
    const raw = new Float64Array(rows);
    robustCovariance.score(model, input, raw, tools);
    return { model, raw };
  },

  score: (model, { x, rows, columns: d, groups }, out) => {
    const { location, precision } = asCovariance(model);
    const z = new Float64Array(d);
    for (let row = 0; row < rows; row++) {
      const group = groups[row];
      for (let j = 0; j < d; j++) z[j] = x[row * d + j] - location[group * d + j];
      let total = 0;
      for (let i = 0, at = group * d * d; i < d; i++) {
        let sum = 0;
        for (let j = 0; j < d; j++, at++) sum += precision[at] * z[j];
        total += z[i] * sum;
      }
      out[row] = Math.max(0, total);
    }
  },

  /** z_i x (precision z)_i: adds up to the squared distance; below 0 where a column makes the others less surprising. */
  explain: (model, { x, columns: d, groups }) => {
    const { location, precision } = asCovariance(model);
    const z = Float64Array.from(x.subarray(0, d), (value, j) => value - location[groups[0] * d + j]);
    return z.map((deviation, i) => {
      let sum = 0;
      for (let j = 0; j < d; j++) sum += precision[(groups[0] * d + i) * d + j] * z[j];
      return deviation * sum;
    });
  },

  findDamage: (model, { columns, groupCount }) => {
    const { location, precision } = asCovariance(model);
    const sized =
      location instanceof Float64Array &&
      precision instanceof Float64Array &&
      location.length === groupCount * columns &&
      precision.length === groupCount * columns * columns;
    if (!sized) return 'its covariances do not have their sizes';
    return location.every(Number.isFinite) && precision.every(Number.isFinite)
      ? undefined
      : 'a covariance is not a number';
  },
};

const asCovariance = (model: DetectorModel): CovarianceModel => model as unknown as CovarianceModel;

function fitGroup(input: DetectorFit, group: number): CovarianceModel {
  const { x, columns: d, params, seed } = input;
  const picked = rowsOfGroup(input, group);
  const moving: number[] = [];
  for (let j = 0; j < d; j++) {
    if (picked.some((row) => x[row * d + j] !== x[picked[0] * d + j])) moving.push(j);
  }
  const location = Float64Array.from({ length: d }, (_, j) => x[picked[0] * d + j]);
  const precision = new Float64Array(d * d);
  for (let j = 0; j < d; j++) precision[j * d + j] = 1;
  const columns = moving.length;
  // Fewer rows than it takes to span the columns: distance from the first row in scaled columns, nothing better is known.
  if (columns === 0 || picked.length <= columns + 1) return { location, precision };
  const values = new Float64Array(picked.length * columns);
  picked.forEach((row, i) => {
    moving.forEach((j, c) => {
      values[i * columns + c] = x[row * d + j];
    });
  });
  const seedOfGroup = hashSeed(hashSeed(seed, STREAM), group);
  const fitted = fastMcd({ values, rows: picked.length, columns }, params.supportFraction, seedOfGroup);
  moving.forEach((j, c) => {
    location[j] = fitted.location[c];
    moving.forEach((k, b) => {
      precision[j * d + k] = fitted.precision[c * columns + b];
    });
  });
  return { location, precision };
}
