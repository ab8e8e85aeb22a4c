import { describe, expect, it } from 'vitest';
import { logEntry, parseExport, type ParseSettings } from '../../../test/support/export-fixtures.js';
import { collectRows } from '../../../test/support/row-feed.js';
import { formatTimestamp } from './timestamp.js';
import type { Finding, ValidationReport } from './validation-report.js';

const START = Date.UTC(2025, 5, 2);
const MINUTE = 60_000;

interface Line {
  readonly minute: number;
  readonly [field: string]: unknown;
}

const entry = ({ minute, ...rest }: Line): Record<string, unknown> =>
  logEntry({ timestamp: formatTimestamp(START + minute * MINUTE), ...rest });

function report(lines: readonly Line[], settings: ParseSettings = {}, metadata?: unknown): ValidationReport {
  return parseExport(JSON.stringify({ logs: lines.map(entry), metadata }), settings).report;
}

const codes = (findings: readonly Finding[]): string[] => findings.map(({ code }) => code);
describe('gaps', () => {
  it('are listed by device, the longest silence first, with the place of the line that ends it', () => {
    const lines = [
      { minute: 0, device_id: 'a' },
      { minute: 0, device_id: 'b' },
      { minute: 61, device_id: 'a' },
      { minute: 122, device_id: 'a' },
      { minute: 200, device_id: 'b' },
      // One hour sharp is none.
      { minute: 260, device_id: 'b' },
    ];
    const { stats, warnings } = report(lines);
    expect(stats.gaps.devices.map(({ device, count }) => ({ device, count }))).toEqual([
      { device: 'b', count: 1 },
      { device: 'a', count: 2 },
    ]);
    const finding = warnings.find(({ code }) => code === 'gaps');
    expect(finding).toMatchObject({ count: 3 });
    expect(finding?.examples.map(({ record_index }) => record_index)).toEqual([2, 3, 4]);
    expect(finding?.examples[2].detail).toBe(
      'device b: no line from 2025-06-02T00:00:00Z to 2025-06-02T03:20:00Z',
    );
  });

  it('of the same length are told by the first of them, whichever way the file runs', () => {
    const lines = [{ minute: 0 }, { minute: 100 }, { minute: 200 }];
    const from = [lines, [...lines].reverse()].map((order) => report(order).stats.gaps.devices[0].from);
    expect(from).toEqual(['2025-06-02T00:00:00Z', '2025-06-02T00:00:00Z']);
  });

  const day = 1440 * MINUTE;
  const gapsOf = (files: readonly (readonly number[])[]): ValidationReport['stats']['gaps'] =>
    collectRows(
      files.map((minutes) => (feed, tracker) => {
        for (const minute of minutes) feed.add(tracker, { timeMs: START + minute * MINUTE });
      }),
    ).stats.gaps;

  it('between files are where no file covers the time, whatever direction the files run in', () => {
    // Two days, each newest first: the end of the first file is a day before the beginning of the second.
    const dayOf = (n: number): number[] => [48, 36, 24, 12, 0].map((hours) => n * 2 * 1440 + hours * 30);
    expect(gapsOf([dayOf(0), dayOf(1)])).toMatchObject({ count: 8 + 1, longest_seconds: day / 1000 });
    const dense = (from: number): number[] => Array.from({ length: 25 }, (_, i) => from + (24 - i) * 60);
    expect(gapsOf([dense(0), dense(1440)]).count).toBe(0);
    // Days 0, 2 and 1: day 2 is not followed by a hole that day 1 fills.
    expect(gapsOf([dense(0), dense(2880), dense(1440)]).count).toBe(0);
    expect(gapsOf([dense(0), dense(2880)])).toMatchObject({
      count: 1,
      longest_seconds: day / 1000,
      devices: [{ from: '2025-06-03T00:00:00Z', to: '2025-06-04T00:00:00Z' }],
    });
  });
});

describe('clocks', () => {
  const line = (minute: number, device: string, clock: string): Line => ({
    minute,
    device_id: device,
    raw_message: `<29>${clock} OpenWrt hostapd: x`,
  });

  it('are compared per device: in step, in local time, off', () => {
    const { stats, warnings } = report([
      line(0, 'good', 'Jun  2 00:00:00'),
      line(0, 'local', 'Jun  2 02:00:01'),
      line(0, 'dead', 'Jan  1 00:03:00'),
      line(1, 'good', 'Jun  2 00:01:01'),
      line(1, 'dead', 'Jan  1 00:04:00'),
    ]);
    expect(stats.clocks).toMatchObject({ lines_checked: 5, devices_checked: 3, devices_off: 1 });
    // From 1 January 00:03 to 2 June 00:00 are 151 days and 23 h 57 min; 152 days have passed since the New Year.
    const dead = -(152 * 86_400 - 180);
    expect(
      stats.clocks.devices.map(({ device, state, offset_seconds }) => [device, state, offset_seconds]),
    ).toEqual([
      ['dead', 'off', dead],
      ['local', 'local_time', 7201],
      ['good', 'in_step', 0],
    ]);
    const finding = warnings.find(({ code }) => code === 'clock_skew');
    expect(finding).toMatchObject({ count: 1, examples: [{ record_index: 2 }] });
    expect(finding?.examples[0].detail).toBe('device dead: its clock is 151 days 23 h behind');
  });

  it('that jump are pointed out line by line', () => {
    const lines = Array.from({ length: 9 }, (_, i) => line(i, 'd', `Jun  2 00:0${i}:00`));
    const { stats, warnings } = report([...lines, line(9, 'd', 'May 30 00:00:00')]);
    expect(codes(warnings)).not.toContain('clock_skew');
    expect(stats.clocks.devices).toMatchObject([
      { state: 'in_step', lines_checked: 10, lines_jumped: 1, min_offset_seconds: -(3 * 86_400 + 540) },
    ]);
    expect(warnings.find(({ code }) => code === 'clock_jumps')).toMatchObject({
      count: 1,
      examples: [{ record_index: 9, detail: 'device d: its clock is 3 days behind' }],
    });
  });

  it('of lines that are left out do not count', () => {
    const { stats } = report([line(0, 'd', 'May 30 00:00:00')], { collector: { programs: ['kernel'] } });
    expect(stats.clocks.lines_checked).toBe(0);
  });
});

describe('WiFi lines', () => {
  it('are told by the program, and for the program syslog by the beginning of the message', () => {
    const rows = [
      ['HOSTAPD', 'x'],
      ['kernel', 'WLCEVENTD wlceventd_proc_event(511)'],
      ['syslog', 'WLCEVENTD wlceventd_proc_event(511)'],
      ['syslog', 'wlceventd'],
      ['syslog', 'Wlceventd: x'],
      ['syslog', 'wlcevent'],
      ['Syslog', 'wlceventd'],
    ];
    const { stats } = collectRows([
      (feed, tracker) => {
        for (const [program, message] of rows) feed.add(tracker, { timeMs: START, program, message });
      },
    ]);
    expect(stats.wifi_logs).toBe(3);
  });
});

describe('level spelling', () => {
  it('counts the kept lines by the way their level is written', () => {
    const level = (log_level: unknown, minute = 0): Line => ({ minute, log_level });
    const { stats, warnings } = report([
      level('notice'),
      level('NOTICE'),
      level('notice'),
      level('Error'),
      level('err'),
      level(4),
      level('fatal'),
      level('loud'),
      level(undefined),
    ]);
    expect(stats.level_spelling.families).toEqual({
      lower: 2,
      upper: 1,
      mixed: 1,
      abbreviated: 1,
      synonym: 1,
      number: 1,
      unknown: 1,
    });
    expect(stats.level_spelling.spellings).toHaveLength(7);
    expect(stats.level_spelling.spellings[0]).toEqual({ spelling: 'notice', level: 'notice', logs: 2 });
    expect(stats.level_spelling.spellings).toContainEqual({ spelling: 'loud', level: 'unknown', logs: 1 });
    const finding = warnings.find(({ code }) => code === 'level_spelling');
    expect(finding?.message).toBe(
      '2 levels are written in more than one way, and counted as one: "Error" and "err"; "notice" and "NOTICE".',
    );
    expect(warnings.find(({ code }) => code === 'level_unknown')).toMatchObject({
      count: 1,
      examples: [{ record_index: 7, detail: 'loud' }],
    });
  });

  it('is bounded: a level that differs in each line fills neither memory nor report', () => {
    const { stats } = collectRows([
      (feed, tracker) => {
        for (let i = 0; i < 1500; i++) feed.add(tracker, { timeMs: START, spelling: `loud ${i}` });
      },
    ]);
    expect(stats.level_spelling.families).toEqual({ unknown: 1500 });
    expect(stats.level_spelling.spellings).toHaveLength(50);
  });
});
