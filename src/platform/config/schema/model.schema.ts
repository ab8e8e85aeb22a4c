import {
  EnsembleConfig,
  LocalOutlierFactorConfig,
  RobustCovarianceConfig,
  TailConfig,
} from './detectors.schema.js';
import { Key, Section } from './key.js';
import { either, flag, integer, number, oneOf, orNull } from './rules.js';

export type ModelType =
  'isolation_forest' | 'tail_probability' | 'robust_covariance' | 'local_outlier_factor' | 'ensemble';

export type ThresholdPolicy = 'contamination' | 'explicit' | 'alert_budget';

export class ThresholdConfig {
  @Key(
    oneOf(['contamination', 'explicit', 'alert_budget']),
    'How the alert threshold is chosen: the share `model.contamination` of the training windows, a fixed score, or a number of alerts a day.',
  )
  policy: ThresholdPolicy = 'contamination';

  @Key(
    orNull(number(0, 1)),
    'Score (0..1, higher = more anomalous) from which a window is flagged. Needed by the policy `explicit`, unused by the others.',
  )
  value: number | null = null;

  @Key(
    number(0, 288, { above: true }),
    'Alerts a day for each device that the policy `alert_budget` aims at. Unused by the others.',
  )
  alerts_per_day = 3;
}

export class ModelConfig {
  @Key(
    oneOf(['isolation_forest', 'tail_probability', 'robust_covariance', 'local_outlier_factor', 'ensemble']),
    'Detector. All but an `isolation_forest` without calibration score in this service and by `model.onnx`; their `model.joblib` is an Isolation Forest to fall back on.',
    { env: ['TRAINING_DEFAULT_MODEL_TYPE'] },
  )
  type: ModelType = 'isolation_forest';

  @Key(
    oneOf(['auto', 'none', 'device']),
    '`device`: each device with `model.calibration_min_windows` training windows is compared with itself, the others with all. `none`: all with all. `auto` = `none` for `isolation_forest`, `device` for the others.',
  )
  calibration: 'auto' | 'none' | 'device' = 'auto';

  @Key(
    integer(20, 100_000_000),
    'Training windows from which a device is calibrated by itself. Unused without calibration.',
  )
  calibration_min_windows = 500;

  @Key(integer(1, 5000), 'Number of trees.')
  n_estimators = 100;

  @Key(
    either(oneOf(['auto']), number(0, 1, { above: true }), integer(2, 100_000_000)),
    'Rows for each tree: `auto` = 256 or all rows when there are fewer; a share up to 1 (1 = all rows); or a count from 2.',
  )
  max_samples: 'auto' | number = 'auto';

  @Key(
    either(oneOf(['auto']), number(0, 0.5, { above: true })),
    'Share of the training windows that lies beyond the threshold. A higher value flags **more** windows. `auto` = the score 0.5, as scikit-learn.',
  )
  contamination: 'auto' | number = 0.01;

  @Key(integer(0, 2 ** 32 - 1), 'Seed of the forest. Same seed, data and settings give the same model file.')
  random_state = 42;

  @Key(flag(), 'Draw the rows of a tree with replacement.')
  bootstrap = true;

  @Key(
    either(number(0, 1, { above: true }), integer(2, 10_000)),
    'Columns for each tree: a share up to 1 (1 = all columns), or a count from 2.',
  )
  max_features = 1;

  @Section(ThresholdConfig)
  threshold = new ThresholdConfig();

  @Section(TailConfig)
  tail = new TailConfig();

  @Section(RobustCovarianceConfig)
  robust_covariance = new RobustCovarianceConfig();

  @Section(LocalOutlierFactorConfig)
  local_outlier_factor = new LocalOutlierFactorConfig();

  @Section(EnsembleConfig)
  ensemble = new EnsembleConfig();
}
