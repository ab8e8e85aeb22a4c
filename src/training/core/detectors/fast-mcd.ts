import { createRng, nextBelow, type RngState } from '../../../shared/rng.js';
import { median } from '../../../shared/stats.js';
import { chiSquaredQuantile } from './chi-squared.js';
import { cholesky, inverseOf, logDeterminant, squaredDistance } from './cholesky.js';

/** Rows x columns, row-major. */
export interface Points {
  readonly values: Float64Array;
  readonly rows: number;
  readonly columns: number;
}

export interface LocationAndCovariance {
  readonly location: Float64Array;
  readonly covariance: Float64Array;
  /** Inverse of the covariance. */
  readonly precision: Float64Array;
  /** Rows of the raw estimate, and of the one after reweighting. */
  readonly rawSupport: number;
  /** Of the raw estimate's covariance, before the correction: what the search makes small. */
  readonly rawLogDeterminant: number;
  readonly support: number;
}

interface Estimate {
  readonly location: Float64Array;
  readonly covariance: Float64Array;
  readonly lower: Float64Array;
  readonly logDeterminant: number;
}

/** Random starts, on the rows themselves or, of more rows than this, on so many drawn from them. */
const STARTS = 100;
const START_ROWS = 1500;
const STARTING_STEPS = 2;
/** Of the starts, the best go on until their determinant stays. */
const CANDIDATES = 4;
const MAX_STEPS = 50;
/** Added to a singular covariance: this share of each column's variance over all rows (as in MRCD, Boudt et al. 2020). */
const RIDGE = 0.01;
const INLIER_SHARE = 0.975;

/**
 * Minimum covariance determinant (Rousseeuw and Van Driessen 1999, FAST-MCD): location and covariance of the h rows whose
 * covariance has the smallest determinant, made consistent for normal data and reweighted with the rows inside its 97.5 %
 * ellipsoid. Corrections as in scikit-learn's `MinCovDet`. Deterministic for the seed.
 *
 * @param points at least columns + 1 rows, no constant column
 * @param supportFraction h / rows; null = (rows + columns + 1) / 2, the most robust
 */
export function fastMcd(points: Points, supportFraction: number | null, seed: number): LocationAndCovariance {
  const { rows, columns } = points;
  const all = Int32Array.from({ length: rows }, (_, row) => row);
  const ridge = variances(points).map((variance) => RIDGE * variance);
  const sizeOf = (n: number): number =>
    supportFraction === null
      ? Math.min(n, Math.ceil((n + columns + 1) / 2))
      : Math.max(Math.min(n, columns + 1), Math.floor(supportFraction * n));
  const rng = createRng(seed);
  const sample = rows > START_ROWS ? sampleOf(rows, START_ROWS, rng) : all;
  const starts: Estimate[] = [];
  for (let start = 0; start < STARTS; start++) {
    const first = estimate(points, pickSome(sample, columns + 1, rng), ridge);
    starts.push(concentrate(points, sample, first, sizeOf(sample.length), ridge, STARTING_STEPS));
  }
  starts.sort((a, b) => a.logDeterminant - b.logDeterminant);
  const h = sizeOf(rows);
  const raw = starts
    .slice(0, CANDIDATES)
    .map((candidate) => concentrate(points, all, candidate, h, ridge, MAX_STEPS))
    .reduce((best, next) => (next.logDeterminant < best.logDeterminant ? next : best));
  return reweighted(points, raw, h, ridge);
}

function reweighted(points: Points, raw: Estimate, h: number, ridge: Float64Array): LocationAndCovariance {
  const { rows, columns } = points;
  const distances = distancesOf(
    points,
    Int32Array.from({ length: rows }, (_, row) => row),
    raw,
  );
  // Half of normal rows lie within the median of chi-squared: that makes the raw covariance consistent.
  const correction = median(distances) / chiSquaredQuantile(0.5, columns);
  const limit = chiSquaredQuantile(INLIER_SHARE, columns) * correction;
  const inliers = Int32Array.from([...distances.keys()].filter((row) => distances[row] < limit));
  const usable = inliers.length > columns;
  const final = usable ? estimate(points, inliers, ridge) : raw;
  return {
    location: final.location,
    covariance: final.covariance,
    precision: inverseOf(final.lower, columns),
    rawSupport: h,
    rawLogDeterminant: raw.logDeterminant,
    support: usable ? inliers.length : h,
  };
}

/** C-steps: the h rows nearest to an estimate give the next one, whose determinant is never larger. */
function concentrate(
  points: Points,
  from: Int32Array,
  first: Estimate,
  h: number,
  ridge: Float64Array,
  steps: number,
): Estimate {
  let best = first;
  for (let step = 0; step < steps; step++) {
    const distances = distancesOf(points, from, best);
    const order = Int32Array.from(from.keys()).sort((a, b) => distances[a] - distances[b] || a - b);
    const next = estimate(
      points,
      order
        .subarray(0, h)
        .map((i) => from[i])
        .sort(),
      ridge,
    );
    // The first step comes from a handful of rows, whose determinant says nothing yet.
    if (step > 0 && !(next.logDeterminant < best.logDeterminant)) return best;
    best = next;
  }
  return best;
}

function estimate({ values, columns: d }: Points, rows: Int32Array, ridge: Float64Array): Estimate {
  const location = new Float64Array(d);
  for (const row of rows) for (let j = 0; j < d; j++) location[j] += values[row * d + j];
  for (let j = 0; j < d; j++) location[j] /= rows.length;
  const covariance = new Float64Array(d * d);
  const z = new Float64Array(d);
  for (const row of rows) {
    for (let j = 0; j < d; j++) z[j] = values[row * d + j] - location[j];
    for (let i = 0; i < d; i++) for (let j = 0; j <= i; j++) covariance[i * d + j] += z[i] * z[j];
  }
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      covariance[i * d + j] /= rows.length;
      covariance[j * d + i] = covariance[i * d + j];
    }
  }
  let lower = cholesky(covariance, d);
  if (lower === null) {
    for (let j = 0; j < d; j++) covariance[j * d + j] += ridge[j];
    lower = cholesky(covariance, d)!;
  }
  return { location, covariance, lower, logDeterminant: logDeterminant(lower, d) };
}

function distancesOf(
  { values, columns: d }: Points,
  rows: Int32Array,
  { location, lower }: Estimate,
): Float64Array {
  const z = new Float64Array(d);
  return Float64Array.from(rows, (row) => {
    for (let j = 0; j < d; j++) z[j] = values[row * d + j] - location[j];
    return squaredDistance(lower, d, z);
  });
}

function variances({ values, rows, columns: d }: Points): Float64Array {
  const sum = new Float64Array(d);
  const squares = new Float64Array(d);
  for (let at = 0; at < rows * d; at++) sum[at % d] += values[at];
  for (let at = 0; at < rows * d; at++) squares[at % d] += (values[at] - sum[at % d] / rows) ** 2;
  return squares.map((value) => value / rows);
}

function sampleOf(rows: number, count: number, rng: RngState): Int32Array {
  return pickSome(
    Int32Array.from({ length: rows }, (_, row) => row),
    count,
    rng,
  ).sort();
}

/** So many different entries, the first steps of a shuffle of a copy. */
function pickSome(from: Int32Array, count: number, rng: RngState): Int32Array {
  const pool = from.slice();
  for (let i = 0; i < count; i++) {
    const j = i + nextBelow(rng, pool.length - i);
    const kept = pool[i];
    pool[i] = pool[j];
    pool[j] = kept;
  }
  return pool.slice(0, count);
}
