import { describe, expect, it } from 'vitest';
import { pythonPattern } from './package-python-pattern.js';

describe('a pattern for Python', () => {
  it('keeps what both languages read alike', () => {
    expect(pythonPattern(/^(?:\d+ \S+ )?query\[/).pattern.replace(/\[\^[^\]]*\]/, '\\S')).toBe(
      '^(?:\\d+ \\S+ )?query\\[',
    );
    expect(pythonPattern(/\b[Rr]adar detected\b(?!=)/)).toEqual({
      pattern: '\\b[Rr]adar detected\\b(?!=)',
      ignoreCase: false,
    });
  });

  it('spells out the white space of ECMAScript, in and outside of a class', () => {
    expect(pythonPattern(/a\s/).pattern).toBe(
      'a[\\t\\n\\v\\f\\r \\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff]',
    );
    expect(pythonPattern(/[\sx]/).pattern).toMatch(/^\[\\t.*\\ufeffx\]$/);
  });

  it('ends at the end, where Python would also match before a last newline', () => {
    expect(pythonPattern(/authenticated$/).pattern).toBe('authenticated\\Z');
    expect(pythonPattern(/[$]\$/).pattern).toBe('[$]\\$');
  });

  it('lets a dot match what it matches in ECMAScript', () => {
    expect(pythonPattern(/a.b/).pattern).toBe('a[^\\n\\r\\u2028\\u2029]b');
    expect(pythonPattern(/a[.]b\./).pattern).toBe('a[.]b\\.');
  });

  it('carries the flag for any case', () => {
    expect(pythonPattern(/reboot/i).ignoreCase).toBe(true);
  });

  it.each([
    ['a look-behind', /(?<=a)b/],
    ['a named group', /(?<name>a)/],
    ['a back-reference', /(a)\1/],
    ['a control escape', /\cA/],
    ['a non-space in a class', /[\S]/],
    ['an empty class', /[]/],
    ['a nested set', /[[a]/],
    ['a sticky pattern', /a/y],
    ['a pattern over lines', /^a$/m],
  ])('refuses %s, whose meaning could change', (_, pattern) => {
    expect(() => pythonPattern(pattern)).toThrow(RangeError);
  });
});
