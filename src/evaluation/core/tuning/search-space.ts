import { namedRng, randomRowNumbers } from '../shuffle.js';

/** What a trial changes, under the names of `model.*`. */
export interface TrialSettings {
  readonly n_estimators: number;
  readonly max_samples: 'auto' | number;
  readonly max_features: number;
  readonly bootstrap: boolean;
}

/**
 * What can change the ranking of an Isolation Forest. Contamination only moves the threshold, and a tree does not see
 * how its features are scaled: neither is here.
 */
const SPACE = {
  n_estimators: [100, 50, 200, 400],
  max_samples: ['auto', 128, 512, 1024, 2048],
  max_features: [1, 0.5],
  bootstrap: [false, true],
} as const;

/** Every combination, the first value of each setting first. */
export function gridOfSettings(): TrialSettings[] {
  return SPACE.n_estimators.flatMap((trees) =>
    SPACE.max_samples.flatMap((samples) =>
      SPACE.max_features.flatMap((share) =>
        SPACE.bootstrap.map((bootstrap) => ({
          n_estimators: trees,
          max_samples: samples,
          max_features: share,
          bootstrap,
        })),
      ),
    ),
  );
}

export const settingsKey = ({ n_estimators, max_samples, max_features, bootstrap }: TrialSettings): string =>
  [n_estimators, max_samples, max_features, bootstrap].join(' ');

/** The trials in the order they are made: the settings in use first, then the grid in its order or shuffled. */
export function trialOrder(current: TrialSettings, search: 'grid' | 'random', seed: number): TrialSettings[] {
  const grid = gridOfSettings();
  const order =
    search === 'grid'
      ? grid
      : Array.from(randomRowNumbers(grid.length, grid.length, namedRng(seed, 'tune')), (i) => grid[i]);
  return [current, ...order.filter((settings) => settingsKey(settings) !== settingsKey(current))];
}
