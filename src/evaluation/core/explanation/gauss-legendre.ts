/** Points and weights of a quadrature rule on [0, 1]. */
export interface QuadratureRule {
  /** Inside (0, 1), ascending. */
  readonly points: Float64Array;
  /** Positive, sum 1. */
  readonly weights: Float64Array;
}

/**
 * The Gauss-Legendre rule with `count` points on [0, 1], exact for polynomials of degree 2 x count - 1: the roots of the
 * Legendre polynomial by Newton's method (Press et al., Numerical Recipes, section 4.6 `gauleg`).
 *
 * @param count points, at least 1
 */
export function gaussLegendre(count: number): QuadratureRule {
  const points = new Float64Array(count);
  const weights = new Float64Array(count);
  for (let i = 0; i < (count + 1) >> 1; i++) {
    let root = Math.cos((Math.PI * (i + 0.75)) / (count + 0.5));
    let slope = 1;
    // Converges quadratically from this guess; a fixed number of steps gives the same bits everywhere.
    for (let step = 0; step < 10; step++) {
      const [value, derivative] = legendre(count, root);
      slope = derivative;
      root -= value / derivative;
    }
    const weight = 1 / ((1 - root * root) * slope * slope);
    points[i] = (1 - root) / 2;
    points[count - 1 - i] = (1 + root) / 2;
    weights[i] = weight;
    weights[count - 1 - i] = weight;
  }
  return { points, weights };
}

/** Value and derivative of the Legendre polynomial of a degree of at least 1 at x inside (-1, 1). */
function legendre(degree: number, x: number): [value: number, derivative: number] {
  let before = 1;
  let value = x;
  for (let n = 2; n <= degree; n++) {
    const next = ((2 * n - 1) * x * value - (n - 1) * before) / n;
    before = value;
    value = next;
  }
  return [value, (degree * (x * value - before)) / (x * x - 1)];
}
