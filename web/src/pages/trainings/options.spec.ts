import { describe, expect, it } from 'vitest';
import { OPTIONS, overridesOf, problemFor } from './options.js';

describe('settings of a training', () => {
  it('sends what was changed, and nothing that is as usual', () => {
    expect(
      overridesOf({
        'model.contamination': '0.02',
        'model.n_estimators': '100',
        'features.window.length': '600',
        'features.window.group_by': 'all',
        'model.random_state': '',
      }),
    ).toEqual({ model: { contamination: 0.02 }, features: { window: { length: 600, group_by: 'all' } } });
  });

  it('sends what is no number as it was typed: the service says what is wrong with it', () => {
    expect(overridesOf({ 'model.n_estimators': 'many' })).toEqual({ model: { n_estimators: 'many' } });
  });

  it('finds the problem of a field by its pointer or its name', () => {
    const trees = OPTIONS.find(({ label }) => label === 'Trees')!;
    const seed = OPTIONS.find(({ label }) => label === 'Seed')!;
    const errors = [{ pointer: '/config_overrides/model/n_estimators', message: 'must be 1 to 10000' }];
    expect(problemFor(trees, errors)).toBe('must be 1 to 10000');
    expect(problemFor(seed, errors)).toBeUndefined();
  });
});
