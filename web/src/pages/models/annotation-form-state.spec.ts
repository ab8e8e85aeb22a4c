import { describe, expect, it } from 'vitest';
import { effectsOf, patchOf, repeatedName, tagRows } from './annotation-form-state.js';

const before = { notes: 'two quiet weeks', tags: { site: 'north', ticket: '7' } };

describe('the form of notes and tags', () => {
  it('sends only what is different, and null for what is taken away', () => {
    expect(patchOf(before, before.notes, tagRows(before.tags))).toEqual({});
    const rows = [
      { key: 0, name: ' site ', value: 'south' },
      { key: 2, name: 'new', value: '' },
      { key: 3, name: '', value: 'of no name' },
    ];
    const patch = patchOf(before, '', rows);
    expect(patch).toEqual({ notes: '', tags: { site: 'south', ticket: null, new: '' } });
    expect(effectsOf(before, patch)).toEqual([
      'notes: two quiet weeks → none',
      'tag ticket is removed',
      'tag site: north → south',
      'tag new is added: ',
    ]);
  });

  it('notices a name that stands twice', () => {
    expect(repeatedName([...tagRows(before.tags), { key: 9, name: 'site', value: 'x' }])).toBe('site');
    expect(repeatedName(tagRows(before.tags))).toBeUndefined();
  });
});
