import { Key } from './key.js';
import { integer, listOf, number, oneOf, orNull } from './rules.js';

export class TailProbabilityConfig {
  @Key(
    integer(1, 10_000),
    'Surprises (-log of a tail probability) that are added up to the score of a window: those of the most unusual features.',
  )
  largest = 3;
}

export class RobustCovarianceConfig {
  @Key(
    orNull(number(0.5, 1)),
    'Share of the windows that location and covariance rest on; null = the most robust, (windows + features + 1) / 2 of them.',
  )
  support_fraction: number | null = null;
}

export class LocalOutlierFactorConfig {
  @Key(integer(2, 500), 'Neighbours that the density of a window is compared with.')
  neighbours = 20;

  @Key(
    integer(100, 8192),
    'Training windows that are kept to compare with, drawn with `model.random_state`; memory and time of scoring grow with them.',
  )
  reference_windows = 2048;
}

export type EnsembleMember = (typeof ENSEMBLE_MEMBERS)[number];

const ENSEMBLE_MEMBERS = [
  'isolation_forest',
  'tail_probability',
  'robust_covariance',
  'local_outlier_factor',
] as const;

export class EnsembleConfig {
  @Key(
    listOf(oneOf(ENSEMBLE_MEMBERS), ENSEMBLE_MEMBERS.length),
    'Detectors whose calibrated ranks are averaged, each with its own settings.',
  )
  members: EnsembleMember[] = ['isolation_forest', 'tail_probability', 'robust_covariance'];
}
