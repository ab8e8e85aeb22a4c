import { AppError } from '../shared/errors.js';
import type { ThresholdChoice } from '../training/core/threshold-policy.js';

export const THRESHOLD_POLICIES = ['contamination', 'alert_budget', 'explicit'] as const;

export type ThresholdPolicyName = (typeof THRESHOLD_POLICIES)[number];

/** A threshold as a person asks for it. */
export interface NewThreshold {
  readonly policy: ThresholdPolicyName;
  /** A share of the windows, alerts a day for each device, or a score. */
  readonly value: number;
}

interface Limits {
  readonly low: number;
  readonly high: number;
  /** The lowest value itself is allowed. */
  readonly closed: boolean;
  readonly meaning: string;
}

const LIMITS: Readonly<Record<ThresholdPolicyName, Limits>> = {
  contamination: { low: 0, high: 0.5, closed: false, meaning: 'the share of the windows to flag' },
  alert_budget: { low: 0, high: 288, closed: false, meaning: 'alerts a day for each device' },
  explicit: { low: 0, high: 1, closed: true, meaning: 'the score above which a window is an alert' },
};

const SECONDS_PER_DAY = 24 * 60 * 60;

/**
 * @param strideSeconds of the model's windows; 0 = its rows have no times
 * @throws AppError `validation_failed` for a value that the policy does not allow
 */
export function newThresholdChoice({ policy, value }: NewThreshold, strideSeconds: number): ThresholdChoice {
  const { low, high, closed, meaning } = LIMITS[policy];
  if (!Number.isFinite(value) || value > high || value < low || (value === low && !closed)) {
    const from = closed ? `from ${low}` : `above ${low}`;
    throw new AppError(
      'validation_failed',
      `The value ${value} is no threshold for the policy "${policy}": expected ${meaning}, ${from} to ${high}.`,
      { problems: [{ pointer: '/value', code: 'range', message: `must be ${from} to ${high}` }] },
    );
  }
  if (policy === 'alert_budget' && strideSeconds === 0) {
    throw new AppError(
      'validation_failed',
      'The rows of this model have no times, so nobody knows how many alerts a day a threshold gives.',
      { hint: 'Use the policy "contamination" or "explicit".' },
    );
  }
  return {
    policy,
    contamination: policy === 'contamination' ? value : 'auto',
    value: policy === 'explicit' ? value : null,
    alertsPerDay: value,
    windowsPerDay: SECONDS_PER_DAY / strideSeconds,
  };
}
