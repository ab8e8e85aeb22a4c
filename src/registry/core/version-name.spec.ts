import { describe, expect, it } from 'vitest';
import { AppError } from '../../shared/errors.js';
import { assertVersionName, formatVersion, isVersionName, versionCandidate } from './version-name.js';

const at = { year: 2024, month: 2, day: 9, hour: 3, minute: 4, second: 5 };

describe('formatVersion', () => {
  // Expected texts from `date -u -d '2024-02-09 03:04:05' +FORMAT`.
  it.each([
    ['%Y%m%d_%H%M%S', '20240209_030405'],
    ['v%Y.%m.%d-%H%M%S', 'v2024.02.09-030405'],
    ['%y%j', '24040'],
    ['fixed', 'fixed'],
  ])('%s gives %s', (format, expected) => {
    expect(formatVersion(format, at)).toBe(expected);
  });

  it('counts the last day of a leap year as 366', () => {
    expect(formatVersion('%j', { ...at, month: 12, day: 31 })).toBe('366');
    expect(formatVersion('%j', { ...at, year: 2023, month: 12, day: 31 })).toBe('365');
    expect(formatVersion('%j', { ...at, month: 1, day: 1 })).toBe('001');
  });

  it.each(['%A', '%B', '%s', '%c', '%Z', '%Y%', '%-d', '%é'])('refuses %s', (format) => {
    expect(() => formatVersion(format, at)).toThrow(AppError);
    expect(() => formatVersion(format, at)).toThrow(/storage\.version_format/);
  });

  it.each(['%Y/%m/%d', '%Y %m', '../%Y', '.%Y', '%Y%%', '', '_%Y', '%Y..%m', '%H:%M', 'é%Y'])(
    'refuses %j, which names no directory',
    (format) => {
      expect(() => formatVersion(format, at)).toThrow(/cannot name a directory/);
    },
  );

  it('leaves room for the suffix of later versions of the same second', () => {
    const longest = formatVersion('x'.repeat(58), at);
    expect(isVersionName(versionCandidate(longest, 9999))).toBe(true);
    expect(() => formatVersion('x'.repeat(59), at)).toThrow(/cannot name a directory/);
  });
});

describe('version names', () => {
  it.each(['20240101_120000', '20240101_120000_2', 'v1.0-rc', '1e9', 'A'])('%s is one', (name) => {
    expect(isVersionName(name)).toBe(true);
    expect(() => {
      assertVersionName(name);
    }).not.toThrow();
  });

  it.each(['', '.', '..', '-1', '_1', 'a/b', 'a\\b', 'a b', 'a\n', 'a..b', '１', 'a\u0000', 'x'.repeat(65)])(
    '%j is none',
    (name) => {
      expect(isVersionName(name)).toBe(false);
      expect(() => {
        assertVersionName(name);
      }).toThrow(AppError);
    },
  );

  it('are counted up from the second one', () => {
    expect([1, 2, 3].map((n) => versionCandidate('v', n))).toEqual(['v', 'v_2', 'v_3']);
  });
});
