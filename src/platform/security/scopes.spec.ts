import { describe, expect, it } from 'vitest';
import { allows, isScope, type Scope } from './scopes.js';

describe('scopes', () => {
  it.each<[Scope, Record<Scope, boolean>]>([
    ['read', { read: true, train: false, deploy: false, admin: false }],
    ['train', { read: true, train: true, deploy: false, admin: false }],
    ['deploy', { read: true, train: false, deploy: true, admin: false }],
    ['admin', { read: true, train: true, deploy: true, admin: true }],
  ])('%s allows what it says and what it implies', (granted, expected) => {
    for (const [needed, allowed] of Object.entries(expected)) {
      expect(allows([granted], needed as Scope), needed).toBe(allowed);
    }
  });

  it('add up', () => {
    expect(allows(['train', 'deploy'], 'train')).toBe(true);
    expect(allows(['train', 'deploy'], 'deploy')).toBe(true);
    expect(allows(['train', 'deploy'], 'admin')).toBe(false);
    expect(allows([], 'read')).toBe(false);
  });

  it('are four words, and no name that every object has', () => {
    expect(['read', 'READ', 'constructor', '__proto__', ''].map(isScope)).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});
