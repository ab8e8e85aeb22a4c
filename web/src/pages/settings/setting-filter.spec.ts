import { describe, expect, it } from 'vitest';
import type { Setting } from '../../api/service-types.js';
import { grouped, matching, valueText } from './setting-filter.js';

const setting = (key: string, value: unknown, source: string): Setting => ({
  key,
  value,
  source,
  meaning: `Meaning of ${key}.`,
  expected: 'a value',
});

const TREES = setting('model.n_estimators', 100, 'config/model_config.yaml');
const URL = setting('database.url', '***', 'DATABASE_URL');
const PORT = setting('api.port', 8001, 'default');

describe('filter of the settings', () => {
  it('finds every word, in the name, the value or the origin', () => {
    expect(matching([TREES, URL, PORT], 'model 100', false)).toEqual([TREES]);
    expect(matching([TREES, URL, PORT], 'database_url', false)).toEqual([URL]);
    expect(matching([TREES, URL, PORT], 'model 8001', false)).toEqual([]);
  });

  it('leaves out what nobody set', () => {
    expect(matching([TREES, URL, PORT], '', true)).toEqual([TREES, URL]);
  });

  it('groups by the first part of the name and keeps the order', () => {
    const version = setting('version', '2.0.0', 'default');
    expect(grouped([version, TREES, PORT]).map(({ name }) => name)).toEqual(['general', 'model', 'api']);
  });

  it('says what is not set, and lists as words', () => {
    expect([null, '', [], ['a', 'b'], false, { a: 1 }].map(valueText)).toEqual([
      'not set',
      '""',
      'empty',
      'a, b',
      'false',
      '{"a":1}',
    ]);
  });
});
