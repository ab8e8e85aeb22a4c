import type { ThresholdChoice } from '../training/core/threshold-policy.js';
import type { RunConfig } from './run-config.js';

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
