import { describe, expect, it } from 'vitest';
import { AppError } from '../../shared/errors.js';
import { ALIAS_PATTERN, assertAliasName } from './alias-name.js';
import { applyPatch, MAX_TAGS, parseTagFilter } from './annotations.js';

const CURRENT = { notes: 'quiet weeks', tags: { site: 'north', ticket: '17' } };

function refusal(patch: Parameters<typeof applyPatch>[1]): readonly string[] {
  try {
    applyPatch(CURRENT, patch);
  } catch (error) {
    return (error as AppError).problems.map(({ pointer }) => pointer);
  }
  return [];
}

describe('notes and tags', () => {
  it('change as a merge patch says: named members only, null removes', () => {
    expect(applyPatch(CURRENT, {})).toEqual(CURRENT);
    expect(applyPatch(CURRENT, { notes: null })).toEqual({ ...CURRENT, notes: '' });
    expect(applyPatch(CURRENT, { tags: { ticket: null, owner: 'ann' } }).tags).toEqual({
      owner: 'ann',
      site: 'north',
    });
    expect(applyPatch(CURRENT, { tags: null }).tags).toEqual({});
  });

  it('have the same document in whatever order tags were written', () => {
    const one = applyPatch({ notes: '', tags: {} }, { tags: { b: '1', a: '2' } });
    const two = applyPatch({ notes: '', tags: { a: '2' } }, { tags: { b: '1' } });
    expect(JSON.stringify(one)).toBe(JSON.stringify(two));
  });

  it('refuse every bad member at once', () => {
    const patch = { notes: 'bell \u0007', tags: { 'a b': 'x', ok: 'y', long: 'z'.repeat(201) } };
    expect(refusal(patch)).toEqual(['/notes', '/tags/a b', '/tags/long']);
    const many = Object.fromEntries(Array.from({ length: MAX_TAGS }, (_, i) => [`t${i}`, '']));
    expect(refusal({ tags: many })).toEqual(['/tags']);
  });

  it('never reach a prototype', () => {
    const patch = JSON.parse('{"tags":{"__proto__":"x"}}') as Parameters<typeof applyPatch>[1];
    expect(refusal(patch)).toEqual(['/tags/__proto__']);
  });

  it('are searched by name, or by name and value', () => {
    expect(parseTagFilter('site')).toEqual({ name: 'site', value: null });
    expect(parseTagFilter('site:north:2')).toEqual({ name: 'site', value: 'north:2' });
  });
});

describe('alias names', () => {
  it.each(['champion', 'challenger', 'shadow-2', 'a_b'])('%s is one', (alias) => {
    expect(() => {
      assertAliasName(alias);
    }).not.toThrow();
  });
  it.each(['latest', 'stats', 'Upper', '2fast', '', 'a b', 'x'.repeat(64), '../x'])('%j is none', (alias) => {
    expect(() => {
      assertAliasName(alias);
    }).toThrow(AppError);
    expect(ALIAS_PATTERN.test('20240101_120000')).toBe(false);
  });
});
