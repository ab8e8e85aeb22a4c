import type { FeatureValues } from '../../features/core/preprocessing.js';
import { sortFloats, sortingRoom } from '../../shared/sort-floats.js';
import { percentileSorted } from '../../shared/stats.js';

/** Per-feature reference distribution of the training rows, for drift (PSI) later. JSON of `baseline.json`. */
export interface Baseline {
  readonly rows: number;
  readonly features: readonly FeatureBaseline[];
}

export interface FeatureBaseline {
  readonly name: string;
  readonly missing_ratio: number;
  readonly mean: number | null;
  readonly min: number | null;
  readonly max: number | null;
  /** Inner bin edges (deciles, duplicates removed): k edges make k + 1 bins. */
  readonly bin_edges: readonly number[];
  /** Share of the non-missing training rows in each bin: bin i holds edge[i-1] < x <= edge[i]. */
  readonly bin_shares: readonly number[];
}

const DECILES = [10, 20, 30, 40, 50, 60, 70, 80, 90];

/** @param values n x d, row-major, NaN = missing (before imputation) */
export function buildBaseline(
  values: FeatureValues,
  rows: number,
  featureNames: readonly string[],
): Baseline {
  const columns = featureNames.length;
  // One for all columns: memory of typed arrays is given back late.
  const { values: present, spare } = sortingRoom(values, rows);
  const features = featureNames.map((name, column) => {
    let count = 0;
    for (let row = 0; row < rows; row++) {
      const value = values[row * columns + column];
      if (!Number.isNaN(value)) present[count++] = value;
    }
    const sorted = present.subarray(0, count);
    sortFloats(sorted, spare);
    return featureBaseline(name, sorted, rows);
  });
  return { rows, features };
}

function featureBaseline(name: string, sorted: FeatureValues, rows: number): FeatureBaseline {
  const count = sorted.length;
  const missing = rows === 0 ? 0 : (rows - count) / rows;
  if (count === 0) {
    return { name, missing_ratio: missing, mean: null, min: null, max: null, bin_edges: [], bin_shares: [] };
  }
  const edges = [...new Set(DECILES.map((q) => percentileSorted(sorted, q)))];
  const counts = new Array<number>(edges.length + 1).fill(0);
  let sum = 0;
  let bin = 0;
  for (let i = 0; i < count; i++) {
    const value = sorted[i];
    sum += value;
    // Ascending, like the edges.
    while (bin < edges.length && value > edges[bin]) bin++;
    counts[bin]++;
  }
  return {
    name,
    missing_ratio: missing,
    mean: sum / count,
    min: sorted[0],
    max: sorted[count - 1],
    bin_edges: edges,
    bin_shares: counts.map((n) => n / count),
  };
}
