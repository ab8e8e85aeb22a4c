import { describe, expect, it } from 'vitest';
import { isTerminal, RUN_STATUSES, RUN_STEPS, STEP_TITLES } from './run-status.js';
import { chooseOffset, type ThresholdChoice } from './threshold-policy.js';

// 100 scores -0.01 .. -1.00: numpy.percentile(scores, 5) = -0.9505, the next score below is -0.96.
const scores = Float64Array.from({ length: 100 }, (_, i) => -(i + 1) / 100);

const choice = (change: Partial<ThresholdChoice>): ThresholdChoice => ({
  ...{ policy: 'contamination', contamination: 0.05, value: null, alertsPerDay: 3, windowsPerDay: 288 },
  ...change,
});
const alerts = (offset: number): number => scores.filter((score) => score - offset < 0).length;

describe('the threshold', () => {
  it('by contamination flags that share', () => {
    const offset = chooseOffset(scores, choice({}));
    expect(offset).toBeCloseTo(-0.9505, 8);
    expect(alerts(offset)).toBe(5);
    expect(chooseOffset(scores, choice({ contamination: 'auto' }))).toBe(-0.5);
  });

  it('by contamination does not care for the budget, and the other way round', () => {
    expect(chooseOffset(scores, choice({ alertsPerDay: 100 }))).toBe(chooseOffset(scores, choice({})));
    const budget = choice({ policy: 'alert_budget', alertsPerDay: 14.4 });
    // 14.4 of 288 windows a day are 5 %.
    expect(chooseOffset(scores, budget)).toBe(chooseOffset(scores, choice({})));
    expect(chooseOffset(scores, { ...budget, contamination: 0.5 })).toBe(chooseOffset(scores, budget));
  });

  it('by budget grows with the number of devices that share it', () => {
    const one = chooseOffset(scores, choice({ policy: 'alert_budget', alertsPerDay: 28.8 }));
    const four = chooseOffset(
      scores,
      choice({ policy: 'alert_budget', alertsPerDay: 28.8, windowsPerDay: 4 * 288 }),
    );
    expect(alerts(one)).toBe(10);
    expect(alerts(four)).toBe(3);
  });

  it('by budget never flags more than half', () => {
    const offset = chooseOffset(scores, choice({ policy: 'alert_budget', alertsPerDay: 1000 }));
    expect(alerts(offset)).toBe(50);
  });

  it('given explicitly is taken with the sign turned', () => {
    const offset = chooseOffset(scores, choice({ policy: 'explicit', value: 0.6 }));
    expect(offset).toBe(-0.6);
    expect(alerts(offset)).toBe(40);
    expect(chooseOffset(scores, choice({ policy: 'explicit', value: 0 }))).toBe(-0);
  });

  it('given explicitly needs its value', () => {
    expect(() => chooseOffset(scores, choice({ policy: 'explicit' }))).toThrow(/model\.threshold\.value/);
  });
});

describe('run statuses and steps', () => {
  it('end in four ways', () => {
    expect(RUN_STATUSES.filter(isTerminal)).toEqual(['completed', 'rejected', 'failed', 'cancelled']);
  });

  it('have the numbers of the product page, growing, each with a title', () => {
    expect(Object.values(RUN_STEPS)).toEqual([0, 5, 10, 30, 50, 70, 85, 95, 100]);
    expect(Object.keys(STEP_TITLES)).toEqual(Object.keys(RUN_STEPS));
  });
});
