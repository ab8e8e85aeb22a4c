import { describe, expect, it } from 'vitest';
import { zoneOffset } from './zone-offset.js';

const HOUR = 3_600_000;
const utc = Date.UTC;

describe('the offset of a zone', () => {
  it.each([
    ['UTC', utc(2024, 6, 1), 0],
    ['Asia/Kolkata', utc(2024, 6, 1), 5.5 * HOUR],
    ['Asia/Kathmandu', utc(2024, 6, 1), 5.75 * HOUR],
    ['America/New_York', utc(2024, 0, 1), -5 * HOUR],
    ['Pacific/Kiritimati', utc(2024, 0, 1), 14 * HOUR],
    ['Pacific/Chatham', utc(2024, 0, 1), 13.75 * HOUR],
  ])('%s at %d is %d', (zone, at, expected) => {
    expect(zoneOffset(zone)(at)).toBe(expected);
  });

  // The European Union changes at 01:00 UTC on the last Sunday of March and October (Directive 2000/84/EC).
  it('changes in Berlin at the very millisecond', () => {
    const offset = zoneOffset('Europe/Berlin');
    const spring = utc(2024, 2, 31, 1);
    const autumn = utc(2024, 9, 27, 1);
    expect([offset(spring - 1), offset(spring)]).toEqual([HOUR, 2 * HOUR]);
    expect([offset(autumn - 1), offset(autumn)]).toEqual([2 * HOUR, HOUR]);
    // Asked in another order, the answers stay.
    expect([offset(autumn), offset(spring), offset(spring - 1)]).toEqual([HOUR, 2 * HOUR, HOUR]);
  });

  it('changes by half an hour on Lord Howe Island', () => {
    const offset = zoneOffset('Australia/Lord_Howe');
    const april = utc(2024, 3, 6, 15);
    expect([offset(april - 1), offset(april)]).toEqual([11 * HOUR, 10.5 * HOUR]);
  });

  it('is right at midnight, where some calendars write 24', () => {
    expect(zoneOffset('Europe/London')(utc(2024, 0, 1))).toBe(0);
    expect(zoneOffset('Europe/London')(utc(2024, 6, 1, 23))).toBe(HOUR);
  });
});
