import { describe, expect, it } from 'vitest';
import { parseCron, type CronExpression } from './cron-expression.js';
import { CronTicks, isTimezone } from './cron-ticks.js';

function cron(text: string): CronExpression {
  const found = parseCron(text);
  if ('problem' in found) throw new Error(found.problem);
  return found;
}

const next = (text: string, zone: string, from: string, count: number): string[] =>
  new CronTicks(cron(text), zone)
    .next(Date.parse(from), count)
    .map((ms) => new Date(ms).toISOString().slice(0, 16));

describe('a cron expression', () => {
  it.each([
    ['* * * * * *', 'five fields'],
    ['@reboot', 'five fields'],
    ['@daily 0 0 0 0', 'five fields'],
    ['', 'five fields'],
    ['0 0 1-40 * *', 'day of the month'],
    ['60 * * * *', 'minute'],
    ['5-1 * * * *', 'minute'],
    ['*/0 * * * *', 'minute'],
    ['0 0 L * *', 'day of the month'],
    ['0 0 * foo *', 'month'],
    ['1,,2 * * * *', 'minute'],
    ['-1 * * * *', 'minute'],
    [`${'1,'.repeat(10_000)}1 * * * *`, 'longer than 200'],
  ])('%j is refused by the field', (text, what) => {
    const found = parseCron(text);
    expect('problem' in found && found.problem).toContain(what);
  });

  it('takes lists, ranges, steps and names', () => {
    expect(cron('5,10-20/5 */6 1 JAN-mar,12 mon-fri')).toMatchObject({
      minutes: [5, 10, 15, 20],
      hours: [0, 6, 12, 18],
      months: new Set([1, 2, 3, 12]),
      weekdays: new Set([1, 2, 3, 4, 5]),
    });
    expect(cron('0 0 * * 7').weekdays).toEqual(new Set([0]));
    expect(cron('5/20 * * * *').minutes).toEqual([5, 25, 45]);
  });
});

describe('ticks', () => {
  it('are told in the zone', () => {
    expect(next('0 3 * * 1-5', 'Asia/Kolkata', '2026-10-24T12:00Z', 2)).toEqual([
      '2026-10-25T21:30',
      '2026-10-26T21:30',
    ]);
  });

  it('fall on either day when both day fields are restricted, as in cron', () => {
    // 2026-06-15 is a Monday; the 1st of July a Wednesday.
    expect(next('0 0 1 * mon', 'UTC', '2026-06-26T00:00Z', 3)).toEqual([
      '2026-06-29T00:00',
      '2026-07-01T00:00',
      '2026-07-06T00:00',
    ]);
  });

  it('come right after the gap when clocks go forward over them (Berlin, 29 March 2026, 2:00 -> 3:00)', () => {
    expect(next('30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', 2)).toEqual([
      '2026-03-29T01:00',
      '2026-03-30T00:30',
    ]);
  });

  it('come once when clocks go back over them (Berlin, 25 October 2026, 3:00 -> 2:00)', () => {
    expect(next('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', 2)).toEqual([
      '2026-10-25T00:30',
      '2026-10-26T01:30',
    ]);
  });

  it('of every half hour follow elapsed time over both changes', () => {
    expect(next('*/30 * * * *', 'Europe/Berlin', '2026-10-24T23:50Z', 5)).toEqual([
      '2026-10-25T00:00',
      '2026-10-25T00:30',
      '2026-10-25T01:00',
      '2026-10-25T01:30',
      '2026-10-25T02:00',
    ]);
    expect(next('*/30 * * * *', 'Europe/Berlin', '2026-03-29T00:20Z', 3)).toEqual([
      '2026-03-29T00:30',
      '2026-03-29T01:00',
      '2026-03-29T01:30',
    ]);
  });

  it('at midnight are not lost where midnight is left out (Havana, 8 March 2026, 0:00 -> 1:00)', () => {
    expect(next('0 0 * * *', 'America/Havana', '2026-03-07T12:00Z', 2)).toEqual([
      '2026-03-08T05:00',
      '2026-03-09T04:00',
    ]);
  });

  it('never go back where clocks change by half an hour (Lord Howe, 5 April 2026, 2:00 -> 1:30)', () => {
    expect(next('*/10 * * * *', 'Australia/Lord_Howe', '2026-04-04T14:45Z', 4)).toEqual([
      '2026-04-04T14:50',
      '2026-04-04T15:00',
      '2026-04-04T15:10',
      '2026-04-04T15:20',
    ]);
    expect(next('45 1 * * *', 'Australia/Lord_Howe', '2026-04-03T16:00Z', 2)).toEqual([
      '2026-04-04T14:45',
      '2026-04-05T15:15',
    ]);
  });

  it('on 29 February are found years ahead, on 31 February never', () => {
    expect(next('0 0 29 2 *', 'UTC', '2026-01-01T00:00Z', 2)).toEqual([
      '2028-02-29T00:00',
      '2032-02-29T00:00',
    ]);
    expect(next('0 0 31 2 *', 'UTC', '2026-01-01T00:00Z', 1)).toEqual([]);
  });

  it('that have passed are found and counted, the last one at its moment included', () => {
    const ticks = new CronTicks(cron('0 * * * *'), 'UTC');
    const at = (text: string): number => Date.parse(text);
    expect(ticks.latest(at('2026-05-01T12:00Z'), at('2026-05-01T00:00Z'))).toBe(at('2026-05-01T12:00Z'));
    expect(ticks.latest(at('2026-05-01T12:59Z'), at('2026-05-01T13:00Z'))).toBeNull();
    expect(ticks.count(at('2026-05-01T09:00Z'), at('2026-05-01T12:00Z'), 100)).toBe(3);
    expect(ticks.count(0, at('2026-05-01T12:00Z'), 100)).toBe(100);
  });

  it('each come once over a year in every zone, in order', () => {
    for (const zone of [
      'UTC',
      'Europe/London',
      'America/New_York',
      'Australia/Lord_Howe',
      'Africa/Casablanca',
    ]) {
      const found = new CronTicks(cron('30 2 * * *'), zone).next(Date.UTC(2026, 0, 1), 365);
      expect(new Set(found).size, zone).toBe(365);
      const gaps = found.slice(1).map((ms, i) => (ms - found[i]) / 3_600_000);
      expect(Math.min(...gaps), zone).toBeGreaterThanOrEqual(22.5);
      expect(Math.max(...gaps), zone).toBeLessThanOrEqual(25.5);
    }
  });
});

describe('a time zone', () => {
  it.each(['Europe/Berlin', 'UTC', 'America/Argentina/Buenos_Aires'])('%s is one', (name) => {
    expect(isTimezone(name)).toBe(true);
  });
  it.each(['Mars/Base', '+02:00', '', '../etc', 'CEST?'])('%j is none', (name) => {
    expect(isTimezone(name)).toBe(false);
  });
});
