/** A pivot below this share of its variance: the column is a mix of the others. */
const SINGULAR = 1e-9;

/** L with L L' = the matrix (d x d, row-major, lower triangle), or null when it is singular. */
export function cholesky(matrix: Float64Array, d: number): Float64Array | null {
  const lower = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * d + j];
      for (let k = 0; k < j; k++) sum -= lower[i * d + k] * lower[j * d + k];
      if (i !== j) {
        lower[i * d + j] = sum / lower[j * d + j];
        continue;
      }
      if (!(sum > SINGULAR * matrix[i * d + i])) return null;
      lower[i * d + i] = Math.sqrt(sum);
    }
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
  const half = new Float64Array(d * d);
  const unit = new Float64Array(d);
  for (let column = 0; column < d; column++) {
    unit.fill(0);
    unit[column] = 1;
    squaredDistance(lower, d, unit);
    for (let i = 0; i < d; i++) half[i * d + column] = unit[i];
  }
  const inverse = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = i; k < d; k++) sum += half[k * d + i] * half[k * d + j];
      inverse[i * d + j] = sum;
      inverse[j * d + i] = sum;
    }
  }
  return inverse;
}
