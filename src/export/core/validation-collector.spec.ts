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
const every = (minutes: number, count: number, fields: Record<string, unknown> = {}): Line[] =>
  Array.from({ length: count }, (_, i) => ({ minute: i * minutes, message: `m${i}`, ...fields }));

describe('enough data to train', () => {
  it('is a day and 288 windows with lines: one window less is an error that names the number', () => {
    const enough = report([...every(5, 288), { minute: 1440 }], {}, {});
    // 289 windows over exactly one day.
    expect(codes(enough.errors)).toEqual([]);
    expect(enough.is_valid).toBe(true);
    const short = report([...every(5, 286), { minute: 1440 }], {}, {});
    expect(short.is_valid).toBe(false);
    expect(short.errors).toMatchObject([
      { code: 'not_enough_windows', details: { required: 288, found: 287, missing: 1, unit: 'windows' } },
    ]);
    expect(short.errors[0].message).toContain(
      '287 windows of 5 minutes hold log lines, at least 288 are needed; 1 is missing',
    );
  });

  it('counts windows per device, in any order', () => {
    const lines = [
      { minute: 0, device_id: 1 },
      { minute: 7, device_id: 1 },
      { minute: 4, device_id: 1 },
      { minute: 7, device_id: 2 },
      { minute: 0, device_id: 1 },
    ];
    expect(report(lines).stats).toMatchObject({ non_empty_windows: 3, device_count: 2 });
  });

  it('is not enough below one day, and warned about below a week', () => {
    const minutes = (count: number): string[] => {
      const { errors, warnings } = report(every(1, count), {}, {});
      return [...codes(errors), ...codes(warnings)].filter((code) => code.includes('span'));
    };
    expect(minutes(1440)).toEqual(['not_enough_span']);
    expect(minutes(1442)).toEqual(['short_span']);
    expect(codes(report(every(30, 7 * 48 + 1), {}, {}).warnings)).not.toContain('short_span');
  });

  it('needs WiFi lines for the WiFi feature set only', () => {
    const lines = (wifi: number): Line[] =>
      every(5, 1000).map((line, i) => (i < wifi ? line : { ...line, process_name: 'dropbear' }));
    const none = report(lines(9));
    expect(codes(none.errors)).toEqual(['not_enough_wifi']);
    expect(none.errors[0].message).toContain('9 of 1,000 lines (0.9 %)');
    expect(codes(report(lines(10)).errors)).toEqual([]);
    expect(codes(report(lines(99)).warnings)).toContain('wifi_ratio_low');
    expect(codes(report(lines(100)).warnings)).not.toContain('wifi_ratio_low');
    expect(codes(report(lines(0), { collector: { wifiRequired: false } }).errors)).toEqual([]);
  });

  it('is judged on the selected lines', () => {
    const { errors, stats } = report(every(5, 400), { collector: { endMs: START } });
    expect(codes(errors)).toEqual(['no_records_selected']);
    expect(stats).toMatchObject({ valid_logs: 400, filtered_logs: 400, start: null, time_range_days: 0 });
  });
});

describe('invalid records', () => {
  const bad = { minute: 0, message: null };

  it('are warnings up to half of the records and errors beyond', () => {
    const half = report([bad, { minute: 1 }]);
    expect(codes(half.errors)).not.toContain('missing_message');
    expect(half.warnings.find(({ code }) => code === 'missing_message')).toMatchObject({ count: 1 });
    const most = report([bad, bad, { minute: 1 }]);
    expect(codes(most.errors)).toEqual(expect.arrayContaining(['mostly_invalid', 'missing_message']));
  });

  it('leave nothing to train on when they are all there is', () => {
    const { errors, is_valid } = report([bad, bad]);
    expect(is_valid).toBe(false);
    expect(codes(errors)).toEqual(['no_valid_records', 'missing_message']);
  });

  it('are shown by their first five places', () => {
    const finding = report([...Array.from({ length: 7 }, () => bad), ...every(1, 8)]).warnings.find(
      ({ code }) => code === 'missing_message',
    );
    expect(finding?.count).toBe(7);
    expect(finding?.examples.map(({ record_index }) => record_index)).toEqual([0, 1, 2, 3, 4]);
  });

  it('says so when there is no record at all', () => {
    expect(codes(parseExport('{"logs": []}').report.errors)).toEqual(['no_records']);
    expect(codes(parseExport('[]').report.warnings)).toEqual(['file_without_records']);
  });
});

describe('statistics', () => {
  it('find the direction of a file and the lines against it', () => {
    const minutes = (list: readonly number[]): Pick<ValidationReport['stats'], 'order' | 'out_of_order'> => {
      const { order, out_of_order } = report(list.map((minute) => ({ minute }))).stats;
      return { order, out_of_order };
    };
    expect(minutes([0, 1, 1, 2])).toEqual({ order: 'ascending', out_of_order: 0 });
    expect(minutes([3, 2, 1])).toEqual({ order: 'descending', out_of_order: 0 });
    expect(minutes([5, 5])).toEqual({ order: 'none', out_of_order: 0 });
    expect(minutes([0, 9, 1, 8, 2])).toEqual({ order: 'mixed', out_of_order: 2 });
    const mostly = Array.from({ length: 20 }, (_, i) => i);
    expect(minutes([...mostly, 3])).toEqual({ order: 'ascending', out_of_order: 1 });
  });

  it('point at the line that is out of order', () => {
    const lines = [...every(1, 20), { minute: 3 }, { minute: 30 }];
    const finding = report(lines).warnings.find(({ code }) => code === 'out_of_order');
    expect(finding).toMatchObject({ count: 1, examples: [{ record_index: 20 }] });
  });

  it('count repeats of the line before, not equal messages at other times', () => {
    const lines = [
      { minute: 0, message: 'a' },
      { minute: 0, message: 'a' },
      { minute: 0, message: 'a', device_id: 9 },
      { minute: 1, message: 'a', device_id: 9 },
    ];
    expect(report(lines).stats.duplicates).toBe(1);
  });

  it('count pauses longer than an hour for each device by itself', () => {
    const lines = [
      { minute: 0, device_id: 1 },
      { minute: 50, device_id: 2 },
      { minute: 60, device_id: 1 },
      { minute: 100, device_id: 2 },
      { minute: 130, device_id: 1 },
      { minute: 300, device_id: 1 },
    ];
    const expected = {
      count: 2,
      longest_seconds: 170 * 60,
      devices: [
        {
          device: '1',
          count: 2,
          longest_seconds: 170 * 60,
          from: '2025-06-02T02:10:00Z',
          to: '2025-06-02T05:00:00Z',
        },
      ],
    };
    expect(report(lines).stats.gaps).toEqual(expected);
    expect(report([...lines].reverse()).stats.gaps).toEqual(expected);
  });

  it('list devices, programs and levels with the busiest first', () => {
    const { stats } = report([
      { minute: 0, device_id: 1, process_name: 'kernel', log_level: 'odd' },
      { minute: 0, device_id: 2 },
      { minute: 1, device_id: 2, process_name: undefined, raw_message: '' },
    ]);
    expect(stats.devices).toEqual([
      { device: '2', logs: 2 },
      { device: '1', logs: 1 },
    ]);
    expect(stats.programs).toEqual([
      { program: '(none)', logs: 1 },
      { program: 'hostapd', logs: 1 },
      { program: 'kernel', logs: 1 },
    ]);
    expect(stats.levels).toEqual({ notice: 2, unknown: 1 });
    expect(stats.wifi_ratio).toBeCloseTo(1 / 3, 12);
  });
});

describe('what the metadata says', () => {
  it('is compared with the file and never trusted', () => {
    const declared = (total: unknown): string[] =>
      codes(report([{ minute: 0 }], {}, { total_records: total }).warnings);
    expect(declared(1)).not.toContain('declared_count_differs');
    expect(declared(7)).toContain('declared_count_differs');
    expect(declared(Number.MAX_SAFE_INTEGER)).toContain('declared_count_differs');
    for (const lie of [-1, 1e308, '7', 1.5, {}]) expect(declared(lie)).toContain('declared_count_invalid');
    expect(codes(report([{ minute: 0 }]).warnings)).toContain('metadata_missing');
  });

  it('may come after the records', () => {
    const text = JSON.stringify({ data: [entry({ minute: 0 })], export_metadata: { total_records: 2 } });
    const finding = parseExport(text).report.warnings.find(({ code }) => code === 'declared_count_differs');
    expect(finding?.examples[0].detail).toBe('the metadata says 2 records, the file holds 1');
  });
});

describe('several files', () => {
  it('share one report in which each example names its file', () => {
    const minutes = [60, 0];
    const { stats, warnings } = collectRows(
      minutes.map((minute) => (feed, tracker) => {
        feed.add(tracker, { timeMs: START + minute * MINUTE });
        tracker.invalid('missing_message', 100, '');
      }),
    );
    // The second file is older than the first: that is no disorder within a file.
    expect(stats).toMatchObject({ log_count: 4, invalid_logs: 2, out_of_order: 0, order: 'none' });
    const examples = warnings.find(({ code }) => code === 'missing_message')?.examples;
    expect(examples?.map(({ file, record_index }) => [file, record_index])).toEqual([
      ['0.json', 1],
      ['1.json', 1],
    ]);
  });
});

describe('hostile content', () => {
  it('cannot fill the memory with devices', () => {
    expect(() =>
      collectRows([
        (feed, tracker) => {
          for (let i = 0; i < 100_001; i++) feed.add(tracker, { timeMs: START, device: `d${i}` });
        },
      ]),
    ).toThrow(/more than 100000 devices/);
  });

  it('cannot fill the memory with scattered timestamps', () => {
    expect(() =>
      collectRows(
        [
          (feed, tracker) => {
            for (let i = 0; i < 500_000; i++) {
              feed.add(tracker, { timeMs: Math.floor(i / 50) * 512 * MINUTE, device: `d${i % 50}` });
            }
          },
        ],
        60,
      ),
    ).toThrow(/scattered/);
  });

  it('cannot fill the report with programs', () => {
    const { stats } = collectRows([
      (feed, tracker) => {
        for (let i = 0; i < 10_500; i++) feed.add(tracker, { timeMs: START, program: `p${i % 10_000}` });
      },
    ]);
    expect(stats.program_count).toBe(10_000);
    expect(stats.programs).toHaveLength(50);
    expect(stats.programs[0]).toEqual({ program: 'p0', logs: 2 });
  });
});
