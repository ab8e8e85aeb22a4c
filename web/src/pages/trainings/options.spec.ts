import { describe, expect, it } from 'vitest';
import type { Setting } from '../../api/service-types.js';
import { OFFERED, optionsOf, overridesOf, problemFor } from './options.js';

const setting = (key: string, value: unknown, expected = 'a value'): Setting => ({
  key,
  value,
  source: 'default',
  meaning: '',
  expected,
});

const OPTIONS = optionsOf([
  setting('model.contamination', 0.05),
  setting('model.n_estimators', 100),
  setting('model.random_state', 42),
  setting('features.window.length', 300),
  setting('features.window.group_by', 'device', 'one of device, all'),
]);

describe('settings of a training', () => {
  it('sends what was changed, and nothing that is as usual', () => {
    expect(
      overridesOf(OPTIONS, {
        'model.contamination': '0.02',
        'model.n_estimators': '100',
        'features.window.length': '600',
        'features.window.group_by': 'all',
        'model.random_state': '',
      }),
    ).toEqual({ model: { contamination: 0.02 }, features: { window: { length: 600, group_by: 'all' } } });
  });

  it('sends what is no number as it was typed: the service says what is wrong with it', () => {
    expect(overridesOf(OPTIONS, { 'model.n_estimators': 'many' })).toEqual({
      model: { n_estimators: 'many' },
    });
  });

  it('offers what this service has, with its values and choices', () => {
    const windowsOf = OPTIONS.find(({ label }) => label === 'Windows of');
    expect(windowsOf).toMatchObject({ usual: 'device', choices: ['device', 'all'] });
    expect(OPTIONS.find(({ label }) => label === 'Contamination')?.usual).toBe('0.05');
    expect(OPTIONS.length).toBeLessThan(OFFERED.length);
    expect(overridesOf(OPTIONS, { 'model.contamination': '0.05' })).toEqual({});
  });

  it('finds the problem of a field by its pointer or its name', () => {
    const trees = OPTIONS.find(({ label }) => label === 'Trees')!;
    const seed = OPTIONS.find(({ label }) => label === 'Seed')!;
    const errors = [{ pointer: '/config_overrides/model/n_estimators', message: 'must be 1 to 10000' }];
    expect(problemFor(trees, errors)).toBe('must be 1 to 10000');
    expect(problemFor(seed, errors)).toBeUndefined();
  });
});
