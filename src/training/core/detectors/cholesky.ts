import { CholeskyDecomposition, inverse, Matrix } from 'ml-matrix';

/** A pivot below this share of its variance: the column is a mix of the others. */
const SINGULAR = 1e-9;

/** L with L L' = the symmetric matrix (d x d, row-major), or null when it is singular. */
export function cholesky(matrix: Float64Array, d: number): Float64Array | null {
  const { lowerTriangularMatrix } = new CholeskyDecomposition(Matrix.from1DArray(d, d, matrix));
  const lower = Float64Array.from(lowerTriangularMatrix.to1DArray());
  for (let at = 0; at < d * d; at += d + 1) {
    // A pivot that is not a number is one after a pivot of 0.
    if (!(lower[at] ** 2 > SINGULAR * matrix[at])) return null;
  }
  return lower;
}

export function logDeterminant(lower: Float64Array, d: number): number {
  let sum = 0;
  for (let i = 0; i < d; i++) sum += 2 * Math.log(lower[i * d + i]);
  return sum;
}

/** |L^-1 z|^2, the squared Mahalanobis distance of a deviation z; changes z. */
export function squaredDistance(lower: Float64Array, d: number, z: Float64Array): number {
  let total = 0;
  for (let i = 0; i < d; i++) {
    let sum = z[i];
    for (let k = 0; k < i; k++) sum -= lower[i * d + k] * z[k];
    z[i] = sum / lower[i * d + i];
    total += z[i] * z[i];
  }
  return total;
}

/** (L L')^-1, symmetric, row-major. */
export function inverseOf(lower: Float64Array, d: number): Float64Array {
  const half = inverse(Matrix.from1DArray(d, d, lower));
  return Float64Array.from(half.transpose().mmul(half).to1DArray());
}
