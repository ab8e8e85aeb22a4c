import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { logEntry, parseExport, sharedData } from '../../../test/support/export-fixtures.js';

const json = JSON.stringify;
const CSV_HEADER = 'device_id,message,raw_message,timestamp\n';

describe('fields', () => {
  const one = (overrides: Readonly<Record<string, unknown>>): ReturnType<typeof parseExport> =>
    parseExport(json([logEntry(overrides)]));

  it('resolves aliases in their order of preference', () => {
    expect(one({}).records[0]).toMatchObject({ device: '3', program: 'hostapd', level: 5 });
    expect(one({ process_name: undefined, program: 'a', source: 'b' }).records[0].program).toBe('a');
    expect(one({ process_name: null, source: 'b' }).records[0].program).toBe('b');
    expect(one({ log_level: undefined, level: 'ERR' }).records[0].level).toBe(3);
    expect(one({ device_id: null }).records[0].device).toBe('192.168.10.3');
    expect(one({ device_id: undefined, device_ip: undefined, hostname: 'ap-1' }).records[0].device).toBe(
      'ap-1',
    );
  });

  it('takes the value of a number as the identity of a device, exactly', () => {
    const device = (literal: string): string =>
      parseExport(`[${json(logEntry()).replace('"device_id":3', `"device_id":${literal}`)}]`).records[0]
        .device;
    expect(device('3.0')).toBe('3');
    expect(device('3e0')).toBe('3');
    expect(device('-0')).toBe('0');
    expect(device('9007199254740993')).toBe('9007199254740993');
    expect(device('"3"')).toBe('3');
  });

  it('falls back to the syslog header and says so', () => {
    const raw = '<27>Jan 13 17:04:08 OpenWrt hostapd[99]: text';
    const bare = {
      process_name: undefined,
      log_level: undefined,
      device_id: undefined,
      device_ip: undefined,
    };
    const { records, report } = one({ ...bare, raw_message: raw });
    expect(records[0]).toMatchObject({ device: 'OpenWrt', program: 'hostapd', level: 3 });
    expect(report.warnings.map(({ code }) => code)).toEqual(
      expect.arrayContaining([
        'program_from_header',
        'level_from_header',
        'device_from_header',
        'clock_skew',
      ]),
    );
  });

  it('replaces half surrogate pairs and keeps whole ones', () => {
    const { records, report } = parseExport(
      `[${json(logEntry()).replace('phy0', '\\ud83d\\ude00 \\ud800 \\udc00x')}]`,
    );
    expect(records[0].message).toContain('😀 \ufffd \ufffdx');
    expect(report.warnings.find(({ code }) => code === 'lone_surrogate')?.count).toBe(1);
  });

  it('keeps control characters out of device and program names, and out of the report', () => {
    const { records, report } = one({
      device_id: 'a\u0000\u001b]0;pwn\u0007b',
      process_name: 'host\u001b[2Japd',
    });
    expect(records[0]).toMatchObject({ device: 'a]0;pwnb', program: 'host[2Japd' });
    expect(json(report)).not.toMatch(/\\u00[01]/);
  });

  it('is not impressed by prototype keys', () => {
    const text = `{"__proto__": {"polluted": 1}, "logs": [{"__proto__": {"polluted": 1}, ${json(logEntry()).slice(1)}], "metadata": {"__proto__": {"polluted": 1}}}`;
    expect(parseExport(text).report.stats.valid_logs).toBe(1);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('reads quoted line ends, doubled quotes and delimiters in CSV', () => {
    const text = `${CSV_HEADER}1,"say ""hi"", then\r\nleave","<29>Jun  9 08:03:57 ap hostapd: x\n",2025-06-09 08:03:57\n`;
    for (const chunkBytes of [1, 10_000]) {
      const { records } = parseExport(text, { chunkBytes });
      expect(records).toEqual([
        expect.objectContaining({
          message: 'say "hi", then\r\nleave',
          program: 'hostapd',
          level: 5,
          byteOffset: 40,
        }),
      ]);
    }
  });

  it('tells an empty CSV message from none', () => {
    const { records, report } = parseExport(
      `${CSV_HEADER}1,"",,2025-06-09 08:03:57\n1,,,2025-06-09 08:03:57\n`,
    );
    expect(records.map(({ message }) => message)).toEqual(['']);
    expect(report.stats.invalid_logs).toBe(1);
  });
});

describe('filters', () => {
  it('keep a date range (end excluded) and programs, and count the rest as filtered', () => {
    const at = (timestamp: string, process_name = 'hostapd'): Record<string, unknown> =>
      logEntry({ timestamp, process_name, message: timestamp });
    const text = json([
      at('2025-06-08T23:59:59Z'),
      at('2025-06-09T00:00:00Z', 'HOSTAPD'),
      at('2025-06-09T12:00:00Z', 'kernel'),
      at('2025-06-09T23:59:59.999Z'),
      at('2025-06-10T00:00:00Z'),
    ]);
    const { records, report } = parseExport(text, {
      collector: {
        startMs: Date.UTC(2025, 5, 9),
        endMs: Date.UTC(2025, 5, 10),
        programs: new Set(['Hostapd']),
      },
    });
    expect(records.map(({ message }) => message)).toEqual([
      '2025-06-09T00:00:00Z',
      '2025-06-09T23:59:59.999Z',
    ]);
    expect(report.stats).toMatchObject({ valid_logs: 5, filtered_logs: 3, start: '2025-06-09T00:00:00Z' });
  });
});

describe('real exports', () => {
  const asus = sharedData('exports/export_20250701_asus_router.json');
  const openwrt = sharedData('exports/log_entries_sample_openwrt.csv');

  it.skipIf(asus === null)('tells the owner of the ASUS export exactly why it cannot train', () => {
    const { format, report } = parseExport(readFileSync(asus!));
    expect(format).toBe('json-exporter');
    expect(report.is_valid).toBe(false);
    expect(report.stats).toMatchObject({
      log_count: 35,
      valid_logs: 35,
      wifi_logs: 0,
      declared_records: 35,
      order: 'descending',
      start: '2025-06-24T03:25:54Z',
      end: '2025-07-01T04:56:35Z',
      levels: { emergency: 33, error: 2 },
    });
    expect(report.errors.map(({ code }) => code)).toEqual(['not_enough_windows', 'not_enough_wifi']);
    expect(report.errors[0].details).toEqual({ required: 288, found: 10, missing: 278, unit: 'windows' });
    expect(report.errors[1].message).toContain('features.set "system"');
  });

  it.skipIf(openwrt === null)('reads program and level of the OpenWrt CSV from the syslog header', () => {
    const { format, records, report } = parseExport(readFileSync(openwrt!), { chunkBytes: 1000 });
    expect(format).toBe('csv');
    expect(report.stats).toMatchObject({ valid_logs: 100, wifi_logs: 100, order: 'descending' });
    expect(report.stats.programs).toEqual([
      { program: 'hostapd', logs: 96 },
      { program: 'wpa_supplicant', logs: 4 },
    ]);
    expect(records[0]).toMatchObject({ device: '1', level: 5, message: 'wl1-sta0: Unknown event 37' });
    expect(report.warnings.find(({ code }) => code === 'program_from_header')?.count).toBe(100);
  });
});
