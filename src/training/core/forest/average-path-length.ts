/** Euler-Mascheroni constant to double precision (numpy's `euler_gamma`). */
const EULER_GAMMA = 0.5772156649015329;

/**
 * c(n): the mean path length of an unsuccessful search in a binary search tree of n rows (Liu, Ting, Zhou 2008,
 * equation 1; scikit-learn's `_average_path_length`, same order of operations so that the doubles are equal).
 *
 * It stands in for the subtree that was not grown below a leaf holding n rows.
 *
 * @param n rows, a non-negative integer.
 * @returns mean number of edges; 0 for n <= 1, 1 for n = 2.
 */
export function averagePathLength(n: number): number {
  if (n <= 1) return 0;
  if (n === 2) return 1;
  return 2 * (Math.log(n - 1) + EULER_GAMMA) - (2 * (n - 1)) / n;
}
