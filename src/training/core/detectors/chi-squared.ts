/** ln Gamma(x), x > 0 (Lanczos, g = 7, 9 terms; error below 1e-14). */
function logGamma(x: number): number {
  const terms = [
    676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
    -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
  ];
  const shifted = x - 1;
  let sum = 0.9999999999998099;
  terms.forEach((term, i) => {
    sum += term / (shifted + i + 1);
  });
  const t = shifted + terms.length - 0.5;
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(t) - t + Math.log(sum);
}

/** Regularised lower incomplete gamma function P(a, x) by its series; enough for quantiles of chi-squared. */
function lowerGamma(a: number, x: number): number {
  if (x <= 0) return 0;
  let term = 1 / a;
  let sum = term;
  for (let n = 1; n < 10_000 && term > sum * 1e-17; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return Math.min(1, sum * Math.exp(-x + a * Math.log(x) - logGamma(a)));
}

/** The value that a chi-squared variable of so many degrees of freedom stays below with probability p, 0 < p < 1. */
export function chiSquaredQuantile(p: number, freedom: number): number {
  let low = 0;
  let high = freedom + 10;
  while (lowerGamma(freedom / 2, high / 2) < p) high *= 2;
  // Halving 80 times reaches the last bit, whatever the shape.
  for (let i = 0; i < 80; i++) {
    const middle = (low + high) / 2;
    if (lowerGamma(freedom / 2, middle / 2) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
