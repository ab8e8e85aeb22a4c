import { describe, expect, it } from 'vitest';
import type { Schedule } from '../../api/service-types.js';
import { formOf, newForm, problemAt, requestOf } from './schedule-form-state.js';
import { deletionText } from './schedule-words.js';

const SCHEDULE: Schedule = {
  schedule_id: 'f388f193-1782-48db-9a77-4454a8452345',
  name: 'weekly',
  cron: '0 4 * * sun',
  timezone: 'Europe/Berlin',
  source: { kind: 'log_entries', days: 14, programs: ['hostapd', 'wpa_supplicant'] },
  model_name: 'site-a',
  config_overrides: { model: { n_estimators: 200 } },
  deploy: true,
  condition: 'new_data',
  min_new_records: 500,
  min_new_windows: null,
  catch_up: 'skip',
  paused: true,
  next_ticks: [],
  last_tick: null,
};

describe('form of a schedule', () => {
  it('sends a schedule back as it was when nothing is touched', () => {
    const request = requestOf(formOf(SCHEDULE));
    expect({ ...SCHEDULE, ...request }).toEqual(SCHEDULE);
    expect(Object.keys(request)).toHaveLength(12);
  });

  it('leaves out what another source or condition would need', () => {
    const form = { ...newForm('UTC'), minRecords: '10', minWindows: '5', days: '7', path: 'site-a' };
    expect(requestOf(form)).toMatchObject({
      source: { kind: 'newest_export' },
      min_new_records: null,
      min_new_windows: null,
      config_overrides: null,
    });
    expect(requestOf({ ...form, kind: 'log_entries', condition: 'new_data' })).toMatchObject({
      source: { kind: 'log_entries', days: 7, programs: null },
      min_new_records: 10,
      min_new_windows: null,
    });
  });

  it('sends what is no number or no JSON as it was typed', () => {
    const form = { ...newForm('UTC'), kind: 'log_entries' as const, days: 'many', overrides: '{"model"' };
    expect(requestOf(form)).toMatchObject({ source: { days: 'many' }, config_overrides: '{"model"' });
  });

  it('finds the problems of a field by its pointer, and of its settings by their member', () => {
    const errors = [
      { pointer: '/source/days', code: 'min', message: 'days must not be less than 1' },
      {
        pointer: 'model.n_estimators',
        code: 'wrong_value',
        message: 'config_overrides: model.n_estimators must be an integer from 1 to 5000 (got -1)',
      },
    ];
    expect(problemAt(errors, '/source/days')).toBe('days must not be less than 1');
    expect(problemAt(errors, '/config_overrides')).toContain('from 1 to 5000');
    expect(problemAt(errors, '/cron')).toBeUndefined();
  });
});

describe('what deleting a schedule says', () => {
  it('names the first training that will not take place', () => {
    const text = deletionText({ ...SCHEDULE, paused: false, next_ticks: ['2026-11-22T02:00:00.000Z'] });
    expect(text).toMatch(/training of site-a on 22 Nov 2026/);
    expect(text).toMatch(/models they made stay/);
  });

  it('says that nothing is lost with a paused one', () => {
    expect(deletionText(SCHEDULE)).toMatch(/It is paused: no training of site-a is lost/);
  });
});
