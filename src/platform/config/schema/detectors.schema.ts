import { Key } from './key.js';
import { integer, listOf, number, oneOf, orNull } from './rules.js';

/** Of the detector `tail_probability`. */
export class TailConfig {
  @Key(
    number(0, 20),
    'Surprise (-ln of a tail probability) below which a feature is no evidence; 2 = a value that more than one window in seven reaches.',
  )
  tau_nats = 2;

  @Key(
    number(1, 1_000_000),
    'An alert (score 0.5) needs so many times the evidence that one value never seen in training can give.',
  )
  margin = 3;

  @Key(
    number(0, 0.5),
    'Share of the training windows of each device that is left out of the second fit: its most unusual ones.',
  )
  trim = 0.02;

  @Key(
    integer(2, 1000),
    'Stretches of the training span; each is judged by the others before the most unusual windows are left out.',
  )
  blocks = 11;
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
