import { describe, expect, it } from 'vitest';
import { listKeys } from '../schema-tree.js';
import { either, flag, integer, listOf, number, oneOf, orNull, text } from './rules.js';

describe('text of an environment variable', () => {
  it.each([
    [flag(), 'Yes', true],
    [flag(), 'off', false],
    [flag(), '0', false],
    [flag(), 'maybe', 'maybe'],
    [integer(0, 9), '7', 7],
    [integer(0, 9), '7x', '7x'],
    [integer(0, 9), '0x7', '0x7'],
    [number(0, 1), '2.5e-1', 0.25],
    [number(0, 1), 'Infinity', 'Infinity'],
    [either(oneOf(['auto']), number(0, 1)), 'auto', 'auto'],
    [either(oneOf(['auto']), number(0, 1)), '0.5', 0.5],
    [listOf(text('a name'), 5), 'a, b ,,c', ['a', 'b', 'c']],
    [listOf(text('a name'), 5), ',', []],
    [orNull(text('a path')), 'null', null],
  ])('is read as the type of the key', (rule, given, expected) => {
    expect(rule.fromText(given)).toEqual(expected);
  });
});

describe('limits', () => {
  const rules = new Map(listKeys().map((key) => [key.path, key.rule]));
  const accepts = (path: string, value: unknown): boolean | undefined => rules.get(path)?.accepts(value);

  it.each([
    ['model.n_estimators', [1, 5000], [0, 5001, 1.5, '100', null, Number.NaN]],
    ['model.max_samples', ['auto', 256, 1, 0.5], [0, -1, 1.5, 'all', true]],
    ['model.max_features', [1, 0.3, 12], [0, 1.2, 'auto']],
    ['model.contamination', ['auto', 0.5, 1e-6], [0, 0.51, -0.1, Infinity]],
    ['model.random_state', [0, 4294967295], [-1, 4294967296]],
    ['features.timezone', ['UTC', 'Europe/Berlin', 'America/Argentina/Ushuaia'], ['Mars/Base', '+02:00', '']],
    ['features.window.length', [60, 300, 86400], [59, 1e-9, 86401]],
    ['features.numeric', [[], ['log_count']], [['a', 'a'], ['../x'], 'log_count', [1]]],
    ['training.n_jobs', [-1, 1, 256], [0, -2, 10000]],
    ['training.max_training_time', [1, 86400], [0, 86401]],
    ['training.max_memory_usage', [256, 4096], [255, 1e9]],
    ['storage.sklearn_version', ['1.3.0', '1.6.1'], [1.3, '1.3', '2.0.0', '1.3.0\n']],
    [
      'storage.version_format',
      ['%Y%m%d_%H%M%S', 'v%Y-%m-%d'],
      ['../%Y%m%d', '%Y', '%Y%m%d/%H', '%y%m%d', '.%Y%m%d'],
    ],
    ['database.table_name', ['log_entries'], ['log-entries', 'a;drop table b', '1a', 'x'.repeat(64)]],
    ['logging.rotation.max_size', ['100MB', '1 gb', 4096], ['100', '0MB', '-1MB', 12]],
    ['api.host', ['127.0.0.1', '::1', '0.0.0.0', 'a.example'], ['a b', 'http://x', '-x', '']],
    [
      'api.cors_origins',
      [[], ['https://a.example:8443']],
      [['*'], ['null'], ['https://a.example/'], ['ftp://a']],
    ],
    [
      'api.key',
      ['k3y-0123456789abcdef', null],
      ['short', 'changeme-changeme-1234', 'aaaaaaaaaaaaaaaaaaaaaa', ''],
    ],
  ])('%s', (path, good, bad) => {
    expect(good.filter((value) => accepts(path, value) !== true)).toEqual([]);
    expect(bad.filter((value) => accepts(path, value) !== false)).toEqual([]);
  });

  it('hold for the defaults', () => {
    expect(listKeys().filter((key) => !key.rule.accepts(key.defaultValue))).toEqual([]);
  });
});
