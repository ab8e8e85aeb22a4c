import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../test/support/temporary-directory.js';
import { overrides, selection } from './selection.js';

const notes: string[] = [];
const output = { note: (message: string): number => notes.push(message) };

describe('the selection of a command', () => {
  it('makes paths absolute and keeps the names as given', () => {
    const { files, noFollow } = selection(['a.json', '/b.json'], {}, output);
    expect(files).toEqual([
      { path: resolve('a.json'), name: 'a.json' },
      { path: '/b.json', name: '/b.json' },
    ]);
    expect(noFollow).toBe(false);
  });

  it('takes whole days, the last one included', () => {
    const { startMs, endMs } = selection([], { startDate: '2024-01-01', endDate: '2024-01-01' }, output);
    expect([startMs, endMs]).toEqual([Date.UTC(2024, 0, 1), Date.UTC(2024, 0, 2)]);
  });

  it.each([
    [{ startDate: 'tomorrow' }, '--start-date "tomorrow" is not a date.'],
    [{ endDate: '2024-13-01' }, '--end-date "2024-13-01" is not a date.'],
    [{ startDate: '2024-01-02', endDate: '2024-01-01' }, '--end-date is before --start-date.'],
    [{ programs: ' , ' }, '--programs names no program.'],
  ])('%j is wrong usage', (options, message) => {
    expect(() => selection([], options, output)).toThrow(
      expect.objectContaining({ code: 'usage', message }) as Error,
    );
  });

  it('splits programs at commas', () => {
    expect(selection([], { programs: 'hostapd, kernel,' }, output).programs).toEqual(['hostapd', 'kernel']);
    expect(selection([], {}, output).programs).toBeNull();
  });

  it('says which files of a directory it does not take', () => {
    const directory = join(temporaryDirectory('selection'), 'exports');
    mkdirSync(directory);
    writeFileSync(join(directory, 'a.json'), '');
    for (let i = 0; i < 12; i++) writeFileSync(join(directory, `note-${String(i).padStart(2, '0')}.txt`), '');
    expect(selection([directory], {}, output).files).toHaveLength(1);
    expect(notes.at(-1)).toMatch(/^Ignored, .*note-00\.txt, .*note-09\.txt and 2 more$/);
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
