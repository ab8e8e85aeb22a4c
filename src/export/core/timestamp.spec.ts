import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../shared/errors.js';
import { formatTimestamp, hasZone, parseDateBound, parseTimestampMs } from './timestamp.js';
import { utf8 } from '../../../test/support/export-fixtures.js';

describe('parseTimestampMs', () => {
  it.each([
    ['2025-06-09T08:03:57Z', '2025-06-09T08:03:57Z'],
    ['2025-06-09 08:03:57', '2025-06-09T08:03:57Z'],
    ['2025-06-09T08:03:57.955044', '2025-06-09T08:03:57.955Z'],
    ['2025-06-09T08:03:57,9Z', '2025-06-09T08:03:57.900Z'],
    ['2025-06-09t08:03:57z', '2025-06-09T08:03:57Z'],
    ['2025-06-09T08:03:57+02:00', '2025-06-09T06:03:57Z'],
    ['2025-06-09T23:30:00-0130', '2025-06-10T01:00:00Z'],
    ['2025-01-01T00:30:00+01', '2024-12-31T23:30:00Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00Z'],
    [' 2025-06-09T08:03:57Z ', '2025-06-09T08:03:57Z'],
  ])('reads %s', (text, instant) => {
    expect(parseTimestampMs(text)).toBe(Date.parse(instant));
  });

  it.each([
    '',
    'yesterday',
    '2025-06-09',
    '2025-13-01T00:00:00Z',
    '2025-00-01T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2025-04-31T00:00:00Z',
    '2025-06-09T24:00:00Z',
    '2025-06-09T08:60:00Z',
    '2025-06-09T08:03:61Z',
    '2025-06-09T08:03:57.Z',
    '2025-06-09T08:03:57+24:00',
    '2025-06-09T08:03:57+02:60',
    '2025-06-09T08:03:57 Z',
    '2025-06-09T08:03:57Zulu',
    '2025/06/09T08:03:57Z',
    '２０25-06-09T08:03:57Z',
    '20250609T080357Z',
    `2025-06-09T08:03:57.${'1'.repeat(60)}Z`,
  ])('refuses %j', (text) => {
    expect(parseTimestampMs(text)).toBeNaN();
  });

  it('puts a leap second into the last millisecond of its minute', () => {
    expect(parseTimestampMs('2016-12-31T23:59:60Z')).toBe(Date.UTC(2016, 11, 31, 23, 59, 59, 999));
  });

  it('agrees with the platform for any instant of four-digit years, in both directions', () => {
    fc.assert(
      fc.property(fc.integer({ min: -62_135_596_800_000, max: Date.UTC(9999, 11, 31) }), (ms) => {
        const iso = new Date(ms).toISOString();
        expect(parseTimestampMs(iso)).toBe(ms);
        expect(formatTimestamp(ms)).toBe(iso.replace('.000Z', 'Z'));
      }),
      { seed: 11, numRuns: 500 },
    );
  });

  it.each([
    ['2025-06-09T08:03:57', false],
    ['2025-06-09T08:03:57.955044', false],
    ['2025-06-09T08:03:57Z', true],
    ['2025-06-09T08:03:57-05', true],
    ['2025-06-09T08:03:57.5+05:30', true],
  ])('knows whether %s names its zone', (text, zoned) => {
    expect(hasZone(utf8(text), 0, text.length)).toBe(zoned);
  });
});

describe('parseDateBound', () => {
  it('takes a bare date as the whole UTC day, end included', () => {
    expect(parseDateBound('2025-05-31', 'start')).toBe(Date.UTC(2025, 4, 31));
    expect(parseDateBound('2025-05-31', 'end')).toBe(Date.UTC(2025, 5, 1));
  });

  it('includes the second a person wrote as the end', () => {
    expect(parseDateBound('2025-05-31T12:00:00Z', 'end')).toBe(Date.UTC(2025, 4, 31, 12, 0, 1));
    expect(parseDateBound('2025-05-31T12:00:00.250Z', 'end')).toBe(Date.UTC(2025, 4, 31, 12, 0, 0, 251));
    expect(parseDateBound('2025-05-31T12:00:00Z', 'start')).toBe(Date.UTC(2025, 4, 31, 12));
  });

  it.each(['2025-02-30', 'last week', ''])('refuses %j as wrong usage', (text) => {
    expect(() => parseDateBound(text, 'start')).toThrow(AppError);
    expect(() => parseDateBound(text, 'end')).toThrow(/end date/);
  });
});
