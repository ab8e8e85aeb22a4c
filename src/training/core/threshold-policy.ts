import { AppError } from '../../shared/errors.js';
import { contaminationOffset } from './threshold.js';

/** How the operating point is chosen. It is its own choice: another threshold is another version, same forest. */
export interface ThresholdChoice {
  readonly policy: 'contamination' | 'explicit' | 'alert_budget';
  readonly contamination: 'auto' | number;
  /** Policy `explicit`: the score (0..1, higher = more anomalous) from which a window is an alert. */
  readonly value: number | null;
  /** Policy `alert_budget`: expected alerts a day for each device ... */
  readonly alertsPerDay: number;
  /** ... out of so many windows of it a day. */
  readonly windowsPerDay: number;
}

/** scikit-learn's offset_ for the chosen policy; `trainScores` are score_samples of the training rows. */
export function chooseOffset(trainScores: Float64Array, choice: ThresholdChoice): number {
  switch (choice.policy) {
    case 'contamination':
      return contaminationOffset(trainScores, choice.contamination);
    case 'alert_budget':
      return contaminationOffset(trainScores, Math.min(0.5, choice.alertsPerDay / choice.windowsPerDay));
    case 'explicit':
      if (choice.value === null) {
        throw new AppError(
          'config_invalid',
          'model.threshold.policy is "explicit" but model.threshold.value is not set.',
          {
            hint: 'Set model.threshold.value to a score between 0 and 1, for instance 0.6.',
          },
        );
      }
      return -choice.value;
  }
}
