import type { Hyperparameters } from '../registry/trained-model.js';
import type { ThresholdChoice } from '../training/core/threshold-policy.js';
import type { RunConfig } from './run-config.js';

/** scikit-learn's constructor parameters, as configured. */
export function forestSettings({ values: { model } }: Pick<RunConfig, 'values'>): Hyperparameters {
  return {
    n_estimators: model.n_estimators,
    max_samples: model.max_samples,
    contamination: model.contamination,
    max_features: model.max_features,
    bootstrap: model.bootstrap,
    random_state: model.random_state,
  };
}

/** @param rowsPerDay rows that one device gives in a day; null: the rows have no times, and so no alert budget */
export function thresholdChoice(
  { values: { model } }: Pick<RunConfig, 'values'>,
  rowsPerDay: number | null,
): ThresholdChoice {
  return {
    policy: model.threshold.policy,
    contamination: model.contamination,
    value: model.threshold.value,
    alertsPerDay: model.threshold.alerts_per_day,
    windowsPerDay: rowsPerDay ?? Number.NaN,
  };
}
