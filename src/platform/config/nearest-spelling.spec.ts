import { describe, expect, it } from 'vitest';
import { editDistance, nearestSpelling } from './nearest-spelling.js';

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['abc', '', 3],
    ['kitten', 'sitting', 3],
    ['contamination', 'contaminaiton', 1],
    ['ca', 'abc', 3],
    ['port', 'prot', 1],
  ])('between %j and %j is %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });
});

describe('nearestSpelling', () => {
  const keys = ['n_estimators', 'max_samples', 'max_features', 'type'];

  it('finds the key that was meant, whatever the case', () => {
    expect(nearestSpelling('N_Estimator', keys)).toBe('n_estimators');
    expect(nearestSpelling('max_sample', keys)).toBe('max_samples');
  });

  it('stays silent when nothing is close', () => {
    expect(nearestSpelling('learning_rate', keys)).toBeUndefined();
    expect(nearestSpelling('xy', keys)).toBeUndefined();
  });

  it('does not spend time on a key of a megabyte', () => {
    expect(nearestSpelling('n'.repeat(1_000_000), keys)).toBeUndefined();
  });
});
