import { describe, expect, it } from 'vitest';
import { logEntry, parseExport } from '../../test/support/export-fixtures.js';
import { describeReport } from './report-text.js';

function textOf(entries: readonly Record<string, unknown>[]): string {
  return describeReport(parseExport(JSON.stringify({ logs: entries, metadata: {} })).report);
}

const entry = (time: string, fields: Record<string, unknown> = {}): Record<string, unknown> =>
  logEntry({ timestamp: `2025-06-02T${time}Z`, raw_message: '', ...fields });

describe('the report for people', () => {
  const text = textOf([
    entry('00:00:00', {
      device_id: 'ap-east',
      log_level: 'NOTICE',
      raw_message: '<5>Jun  2 02:00:00 h p: x',
    }),
    entry('00:00:01', { device_id: 'ap-east' }),
    entry('00:00:02', { message: null }),
    entry('03:30:01', { device_id: 'ap-east', process_name: 'kernel' }),
    entry('03:30:01', { device_id: 'b', process_name: 'kernel', log_level: 'err' }),
  ]);

  it('lines up files, figures, devices, programs and levels', () => {
    const bytes = /export\.json {2}json-logs {2}none +1,\d{3} +1,\d{3}/;
    expect(text).toMatch(bytes);
    expect(text.split('\n\n').slice(1, 5).join('\n\n')).toBe(
      [
        'log lines           5 (4 valid, 1 invalid)',
        'WiFi lines          2 (50.0 %)',
        'time                2025-06-02T00:00:00Z to 2025-06-02T03:30:01Z (0.1 days, oldest first)',
        'windows with lines  3',
        'repeated lines      0',
        'lines out of order  0',
        'gaps over 1 hour    1, the longest 3 h 30 min',
        'clocks              0 of 1 device off (1 line checked)',
        '',
        'device (2)  lines  gaps  longest gap                           clock',
        'ap-east         3     1  3 h 30 min from 2025-06-02T00:00:01Z  2 h ahead (local time)',
        'b               1     0',
        '',
        'program (2)  lines',
        'hostapd          2',
        'kernel           2',
        '',
        'level   lines  written as',
        'error       1  err (1)',
        'notice      3  notice (2), NOTICE (1)',
      ].join('\n'),
    );
  });

  it('names the first records of each finding, and ends with the verdict', () => {
    expect(text).toMatch(
      /warning missing_message: 1 record was skipped[^\n]*\n {4}export\.json, record 2, byte \d+/,
    );
    expect(text).toMatch(
      /warning gaps:[^\n]*\n {4}export\.json, record 3, byte \d+: device ap-east: no line from 2025-06-02T00:00:01Z to/,
    );
    expect(text.endsWith('\n\nThe export is NOT valid for training.')).toBe(true);
  });

  it('cuts what is long: names of strangers, lists of devices', () => {
    const long = textOf([
      entry('00:00:00', { device_id: 'x'.repeat(200) }),
      ...Array.from({ length: 30 }, (_, i) => entry('00:01:00', { device_id: `device ${i}` })),
    ]);
    expect(long).not.toContain('x'.repeat(60));
    expect(long).toContain('... and 21 more devices');
  });

  it('has nothing to show of an export without records', () => {
    const none = describeReport(parseExport('{"logs": []}').report);
    expect(none).toMatch(/log lines {11}0 \(0 valid, 0 invalid\)/);
    expect(none).not.toMatch(/undefined|NaN|Infinity/);
  });
});
