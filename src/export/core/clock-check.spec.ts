import { describe, expect, it } from 'vitest';
import { clockOffsetSeconds, isClockSample } from './clock-check.js';

describe('the clock of a raw line', () => {
  const arrival = Date.UTC(2025, 5, 9, 8, 3, 57);

  it('is that of its RFC 3164 header, with or without priority, year and host', () => {
    expect(clockOffsetSeconds('<29>Jun  9 08:03:57 OpenWrt hostapd: x', arrival)).toBe(0);
    expect(clockOffsetSeconds('Jun  9 08:04:00 hostapd: x', arrival)).toBe(3);
    expect(clockOffsetSeconds('<29>Jun 08 08:03:57 2024 host p: x', arrival)).toBe(-366 * 86_400);
    expect(clockOffsetSeconds('<29>Jun  9 2024 08:03:57 host p: x', arrival)).toBe(-365 * 86_400);
    expect(clockOffsetSeconds('Mon Jun  9 08:03:47 2025 daemon.notice hostapd: x', arrival)).toBe(-10);
  });

  it('is that of its RFC 5424 header, in its own zone', () => {
    expect(clockOffsetSeconds('<29>1 2025-06-09T10:03:57.25+02:00 host p - - - x', arrival)).toBe(0);
    expect(clockOffsetSeconds('<29>1 2025-06-09T09:03:57Z host p - - - x', arrival)).toBe(3600);
    expect(clockOffsetSeconds('<29>1 - host p - - - x', arrival)).toBeNaN();
  });

  it('is read in the year that is nearest to the arrival', () => {
    const newYear = Date.UTC(2026, 0, 1, 0, 0, 10);
    expect(clockOffsetSeconds('<29>Dec 31 23:59:58 host p: x', newYear)).toBe(-12);
    expect(clockOffsetSeconds('<29>Jan  1 00:00:05 host p: x', Date.UTC(2025, 11, 31, 23, 59, 55))).toBe(10);
    // 29 February before a 1 March of a leap year.
    expect(clockOffsetSeconds('<29>Feb 29 23:59:59 host p: x', Date.UTC(2024, 2, 1))).toBe(-1);
  });

  it('is missing where there is none', () => {
    for (const raw of [
      '',
      'x',
      '<29>',
      '<29>Foo 12 08:03:57 h p: x',
      '<29>Jun 32 08:03:57 h',
      '<29>Jun 1 24:00:00 h',
    ]) {
      expect(clockOffsetSeconds(raw, arrival)).toBeNaN();
    }
  });
});

describe('the lines that are checked', () => {
  it('are all at the beginning of a file, and a few of every 256 KiB', () => {
    expect([0, 65_535, 65_536, 262_143, 262_144, 263_167, 263_168].map(isClockSample)).toEqual([
      true,
      true,
      false,
      false,
      true,
      true,
      false,
    ]);
  });

  it('are the same way spread beyond 2 and 4 GiB', () => {
    for (const base of [2 ** 31, 2 ** 32, 2 ** 40]) {
      expect([base - 1, base, base + 1023, base + 1024].map(isClockSample)).toEqual([
        false,
        true,
        true,
        false,
      ]);
    }
  });
});
