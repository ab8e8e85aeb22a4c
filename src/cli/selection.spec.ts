import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { overrides, selection } from './selection.js';

describe('the selection of a command', () => {
  it('makes paths absolute and keeps the names as given', () => {
    const { files, noFollow } = selection(['a.json', '/b.json'], {});
    expect(files).toEqual([
      { path: resolve('a.json'), name: 'a.json' },
      { path: '/b.json', name: '/b.json' },
    ]);
    expect(noFollow).toBe(false);
  });

  it('takes whole days, the last one included', () => {
    const { startMs, endMs } = selection([], { startDate: '2024-01-01', endDate: '2024-01-01' });
    expect([startMs, endMs]).toEqual([Date.UTC(2024, 0, 1), Date.UTC(2024, 0, 2)]);
  });

  it.each([
    [{ startDate: 'tomorrow' }, '--start-date "tomorrow" is not a date.'],
    [{ endDate: '2024-13-01' }, '--end-date "2024-13-01" is not a date.'],
    [{ startDate: '2024-01-02', endDate: '2024-01-01' }, '--end-date is before --start-date.'],
    [{ programs: ' , ' }, '--programs names no program.'],
  ])('%j is wrong usage', (options, message) => {
    expect(() => selection([], options)).toThrow(
      expect.objectContaining({ code: 'usage', message }) as Error,
    );
  });

  it('splits programs at commas', () => {
    expect(selection([], { programs: 'hostapd, kernel,' }).programs).toEqual(['hostapd', 'kernel']);
    expect(selection([], {}).programs).toBeNull();
  });
});

describe('the overrides of a command', () => {
  it('fold --feature-set into the JSON', () => {
    expect(overrides({})).toBeUndefined();
    expect(overrides({ featureSet: 'system' })).toEqual({ features: { set: 'system' } });
    expect(
      overrides({
        configOverrides: '{"model":{"n_estimators":5},"features":{"timezone":"UTC"}}',
        featureSet: 'system',
      }),
    ).toEqual({
      model: { n_estimators: 5 },
      features: { timezone: 'UTC', set: 'system' },
    });
  });

  it.each(['[1]', '5', 'null', '{"features":5}', '{"features":[1]}'])(
    'leave %s for the configuration to refuse',
    (text) => {
      expect(overrides({ configOverrides: text, featureSet: 'system' })).toEqual(JSON.parse(text));
    },
  );

  it('that are no JSON are wrong usage', () => {
    expect(() => overrides({ configOverrides: '{' })).toThrow(
      expect.objectContaining({ code: 'usage' }) as Error,
    );
  });
});
