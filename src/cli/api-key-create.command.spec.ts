import { describe, expect, it } from 'vitest';
import { expiryOf, scopesOf } from './api-key-create.command.js';

const NOW = Date.UTC(2026, 0, 10, 12);

describe('api-key create', () => {
  it.each([
    ['12h', '2026-01-11T00:00:00.000Z'],
    ['90d', '2026-04-10T12:00:00.000Z'],
    ['4w', '2026-02-07T12:00:00.000Z'],
    ['2026-01-31T06:00:00Z', '2026-01-31T06:00:00.000Z'],
  ])('reads --expires %s', (text, expected) => {
    expect(expiryOf(text, NOW).toISOString()).toBe(expected);
  });

  it('lets a key live to the end of the day it names', () => {
    const end = expiryOf('2026-01-31', NOW).getTime();
    expect(end).toBeGreaterThan(Date.UTC(2026, 0, 31, 23, 59, 59));
    expect(end).toBeLessThanOrEqual(Date.UTC(2026, 1, 1));
  });

  it.each(['', '0d', '-1d', '90', '90D', 'soon', '2020-01-01', '999999w', '2999-01-01', '1e3d'])(
    'refuses --expires %j',
    (text) => {
      expect(() => expiryOf(text, NOW)).toThrow(/--expires/);
    },
  );

  it('reads a list of scopes', () => {
    expect(scopesOf('read')).toEqual(['read']);
    expect(scopesOf(' train, deploy,')).toEqual(['train', 'deploy']);
  });

  it.each(['', ',', 'root', 'read,Admin', 'read,toString'])('refuses --scope %j', (text) => {
    expect(() => scopesOf(text)).toThrow(/--scope/);
  });
});
