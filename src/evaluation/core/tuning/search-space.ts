import type { DetectorType } from '../../../training/core/detectors/detector.js';
import { namedRng, randomRowNumbers } from '../shuffle.js';

export type SettingValue = string | number | boolean | null | readonly string[];

/** What a trial changes, under the names of `model.*` (`tail.trim` for `model.tail.trim`). */
export type TrialSettings = Readonly<Record<string, SettingValue>>;

type Space = Readonly<Record<string, readonly SettingValue[]>>;

/**
 * What can change the ranking of an Isolation Forest. Contamination only moves the threshold, and a tree does not see
 * how its features are scaled: neither is here.
 */
const FOREST_SPACE: Space = {
  n_estimators: [100, 50, 200, 400],
  max_samples: ['auto', 128, 512, 1024, 2048],
  max_features: [1, 0.5],
  bootstrap: [false, true],
};

const MEMBERS: readonly DetectorType[] = [
  'isolation_forest',
  'tail_probability',
  'robust_covariance',
  'local_outlier_factor',
];

/** Two members or more, few before many. */
const MEMBER_SETS = Array.from({ length: 2 ** MEMBERS.length }, (_, bits) =>
  MEMBERS.filter((__, i) => (bits >> i) % 2 === 1),
)
  .filter(({ length }) => length >= 2)
  .sort((a, b) => a.length - b.length);

const CALIBRATION = ['device', 'none'] as const;

/** The same for the other detectors. `model.tail.margin` only moves the alert line. */
const SPACES: Readonly<Record<DetectorType, Space>> = {
  isolation_forest: FOREST_SPACE,
  tail_probability: {
    'tail.tau_nats': [2, 1, 1.5, 2.5, 3],
    'tail.trim': [0.02, 0, 0.01, 0.05],
    calibration: CALIBRATION,
  },
  robust_covariance: {
    'robust_covariance.support_fraction': [null, 0.6, 0.75, 0.9],
    calibration: CALIBRATION,
  },
  local_outlier_factor: {
    'local_outlier_factor.neighbours': [20, 10, 40, 80],
    'local_outlier_factor.reference_windows': [2048, 1024, 4096],
    calibration: CALIBRATION,
  },
  ensemble: { 'ensemble.members': MEMBER_SETS, calibration: CALIBRATION },
};

/** Names of the settings that trials of a detector change, in the order they are told. */
export const settingNames = (type: DetectorType): string[] => Object.keys(SPACES[type]);

/** Every combination, the first value of each setting first. */
export function gridOfSettings(type: DetectorType): TrialSettings[] {
  return Object.entries(SPACES[type]).reduce<TrialSettings[]>(
    (grid, [name, values]) =>
      grid.flatMap((settings) => values.map((value) => ({ ...settings, [name]: value }))),
    [{}],
  );
}

/** The same for the same settings, in whatever order they or the members of a list are named. */
export function settingsKey(settings: TrialSettings): string {
  const names = Object.keys(settings).sort();
  const value = (one: SettingValue): SettingValue => (one instanceof Array ? [...one].sort() : one);
  return JSON.stringify(names.map((name) => [name, value(settings[name])]));
}

/** The trials in the order they are made: the settings in use first, then the grid in its order or shuffled. */
export function trialOrder(
  type: DetectorType,
  current: TrialSettings,
  search: 'grid' | 'random',
  seed: number,
): TrialSettings[] {
  const grid = gridOfSettings(type);
  const order =
    search === 'grid'
      ? grid
      : Array.from(randomRowNumbers(grid.length, grid.length, namedRng(seed, 'tune')), (i) => grid[i]);
  return [current, ...order.filter((settings) => settingsKey(settings) !== settingsKey(current))];
}
