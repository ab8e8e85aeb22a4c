import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeText, RecordBatches } from '../../../test/support/record-batches.js';
import type { LogRecord } from '../../export/core/log-record.js';
import { featureSet } from './feature-sets.js';
import type { WindowConfig, WindowTable } from './window-table.js';

/** Monday 2025-06-02 10:00:00 UTC, a multiple of 300 s. */
const T0 = Date.UTC(2025, 5, 2, 10, 0, 0);
const CONFIG: WindowConfig = {
  lengthSeconds: 300,
  strideSeconds: 300,
  contextSeconds: 1800,
  groupBy: 'device',
  timezone: 'UTC',
  maxWindows: 10_000,
};
const utc = (): number => 0;

type Line = readonly [second: number, program: string, level: number, message: string, device?: string];

const record = ([second, program, level, message, device = 'ap-1']: Line): LogRecord => ({
  recordIndex: 0,
  byteOffset: 0,
  timestampMs: T0 + second * 1000,
  device,
  program,
  level,
  message,
});

function aggregate(
  lines: readonly Line[],
  config = CONFIG,
  set = 'wifi',
  zone: (ms: number) => number = utc,
): WindowTable {
  const batches = new RecordBatches();
  const options = { names: batches.names, decode: decodeText, keepAll: false };
  const aggregator = featureSet(set).createAggregator(config, zone, options);
  batches.feed(aggregator, lines.map(record));
  return aggregator.finish();
}

/** Features of one row by name. */
function row(table: WindowTable, device: string, second: number): Record<string, number> {
  const columns = table.featureNames.length;
  const at = table.startMs.findIndex(
    (start, index) => start === T0 + second * 1000 && table.devices[table.deviceIndex[index]] === device,
  );
  if (at < 0) throw new Error(`no row of ${device} at ${second} s`);
  return Object.fromEntries(
    table.featureNames.map((name, column) => [name, table.values[at * columns + column]]),
  );
}

/** Feature values are float32. */
const rounded = (values: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Math.fround(value)]));

const LINES: readonly Line[] = [
  [0, 'hostapd', 6, 'wlan0: STA aa:bb:cc:00:00:01 IEEE 802.11: authenticated'],
  [10, 'hostapd', 6, 'wlan0: STA aa:bb:cc:00:00:01 IEEE 802.11: associated (aid 1)'],
  [20, 'hostapd', 5, 'wlan0: AP-STA-CONNECTED AA:BB:CC:00:00:01 auth_alg=open'],
  [30, 'hostapd', 5, 'wlan0: AP-STA-POSSIBLE-PSK-MISMATCH aa:bb:cc:00:00:02'],
  [60, 'wpa_supplicant', 5, 'wlan1: CTRL-EVENT-SIGNAL-CHANGE above=1 signal=-60 noise=9999 txrate=54000'],
  [120, 'wpa_supplicant', 5, 'wlan1: CTRL-EVENT-SIGNAL-CHANGE above=0 signal=-70 noise=9999 txrate=24000'],
  [150, 'wpa_supplicant', 5, "wlan1: Trying to associate with aa:bb:cc:00:00:09 (SSID='Home' freq=2412 MHz)"],
  [180, 'hostapd', 6, 'wlan0: STA aa:bb:cc:00:00:01 IEEE 802.11: disassociated'],
  [210, 'wpa_supplicant', 4, 'wlan1: CTRL-EVENT-BEACON-LOSS '],
  [240, 'dnsmasq-dhcp', 6, 'DHCPREQUEST(br-lan) 192.168.1.5 aa:bb:cc:00:00:03'],
  [270, 'kernel', 3, 'usb 1-1: device descriptor read/64, error -71'],
  // A second device: three lines in the first window, one in the second; its last line closes the second window.
  [5, 'acsd', 5, 'eth5: selected channel spec: 0x1006 (6)', 'rt-2'],
  [6, 'acsd', 5, 'eth5: selected channel spec: 0x1006 (6)', 'rt-2'],
  [7, 'acsd', 5, 'eth5: selected channel spec: 0x1006 (6)', 'rt-2'],
  [400, 'acsd', 5, 'eth5: selected channel spec: 0x1006 (6)', 'rt-2'],
  [600, 'acsd', 5, 'eth5: selected channel spec: 0x1006 (6)', 'rt-2'],
];

describe('features of one window, worked out by hand', () => {
  it('wifi: every column', () => {
    // 11 lines, 9 of them WiFi (5 hostapd, 4 wpa_supplicant).
    expect(row(aggregate(LINES), 'ap-1', 0)).toEqual(
      rounded({
        auth_failure_ratio: 1 / 9, // the PSK mismatch
        deauth_ratio: 1 / 9, // the disassociation
        beacon_ratio: 1 / 9, // the beacon loss
        unique_mac_count: 4, // ..01 (in both cases), ..02, ..03, ..09
        unique_ssid_count: 1,
        mean_signal_strength: -65,
        std_signal_strength: 5,
        mean_data_rate: 39, // (54 + 24) / 2
        mean_packet_loss: NaN,
        error_ratio: 1 / 11,
        warning_ratio: 1 / 11,
        device_type: 2, // hostapd and dnsmasq = openwrt
        connection_type: 1, // 2412 MHz
        // offsets sum to 1290 s: mean arrival 117,272 ms after 10:00
        mean_hour_of_day: (10 * 3_600_000 + 117_272) / 3_600_000,
        mean_day_of_week: 0,
        mean_time_between_events: 27, // 270 s / 10
        signal_strength_trend: -10, // 10 dB down in one minute
        connection_stability: 2 / 3, // 1 established, 1 lost
        network_load: 1, // authenticated, associated, connected, trying, DHCPREQUEST = 5 in 5 minutes
        log_count: 11,
        error_log_ratio: 1 / 11, // "error -71"
        unique_program_count: 4,
        disassociation_events: 1,
        total_devices: 2,
        max_device_activity: 11,
        mean_device_activity: 7, // (11 + 3) / 2
        signal_missing: 0,
        // The window itself counts six times in a decayed sum.
        max_reconnects_per_mac_30m: 6,
        forced_reconnects_30m: 0,
        lost_client_share: 0,
        disconnect_burst_10s: 0,
        auth_fail_30m: 6,
        new_bssid_30m: 6, // ..09
        forged_frames_30m: 0,
        dhcp_unanswered_30m: 0,
        radar_30m: 0,
        boot_crash_30m: 0,
        log_rate_logratio: Math.log(12 / 6.5), // usual: the median of 11 and 0 lines
        silence_surprise: 0, // a line in each of the five minutes
        rssi_drop_30m: 0, // two readings tell nothing about what is usual
        weak_link_30m: 6, // the beacon loss
      }),
    );
  });

  it('wifi: an empty window is a row with zeros, the missing stays missing, and the device stays what it is', () => {
    expect(row(aggregate(LINES), 'ap-1', 300)).toMatchObject({
      auth_failure_ratio: 0,
      mean_signal_strength: NaN,
      std_signal_strength: NaN,
      mean_data_rate: NaN,
      signal_strength_trend: NaN,
      device_type: 2,
      connection_type: 1,
      mean_hour_of_day: 10.125, // 10:07:30
      mean_day_of_week: 0,
      mean_time_between_events: 300,
      connection_stability: 1,
      log_count: 0,
      error_log_ratio: 0,
      total_devices: 1,
      max_device_activity: 1,
      mean_device_activity: 1,
      signal_missing: 1,
    });
  });

  it('system: programs and pauses', () => {
    const table = aggregate(LINES, CONFIG, 'system');
    expect(row(table, 'ap-1', 0)).toMatchObject(
      rounded({
        new_program_count: 4,
        top_program_share: 5 / 11, // hostapd
        // bins of 5 s; 60 s is bin 12, 120 s bin 24: 11 empty bins between them
        max_gap_seconds: 55,
      }),
    );
    expect(row(table, 'rt-2', 0)).toMatchObject({
      new_program_count: 1,
      top_program_share: 1,
      max_gap_seconds: 290,
    });
    expect(row(table, 'ap-1', 300)).toMatchObject({
      new_program_count: 0,
      top_program_share: 0,
      max_gap_seconds: 300,
    });
    expect(row(table, 'rt-2', 300)).toMatchObject({ new_program_count: 0, log_count: 1 });
  });

  it('counts repeats: nothing is de-duplicated', () => {
    const same: Line = [3, 'hostapd', 5, 'wlan0: AP-STA-DISCONNECTED aa:bb:cc:00:00:01'];
    expect(row(aggregate([same, same, same, [0, 'a', 6, 'x'], [300, 'a', 6, 'x']]), 'ap-1', 0)).toMatchObject(
      {
        log_count: 4,
        deauth_ratio: 1,
        unique_mac_count: 1,
      },
    );
  });
});

describe('window grid', () => {
  it('is complete for every device, ordered by start and device, names sorted', () => {
    const table = aggregate(LINES);
    expect(table.devices).toEqual(['ap-1', 'rt-2']);
    expect([...table.startMs]).toEqual([T0, T0, T0 + 300_000, T0 + 300_000]);
    expect([...table.deviceIndex]).toEqual([0, 1, 0, 1]);
    expect([...table.logCount]).toEqual([11, 3, 0, 1]);
  });

  it('drops the windows that the export only touches', () => {
    // First line 1 s into a window, last line 1 ms before the end of another: only the one between is whole.
    const table = aggregate([
      [1, 'a', 6, 'x'],
      [400, 'a', 6, 'x'],
      [899.999, 'a', 6, 'x'],
    ]);
    expect([...table.startMs]).toEqual([T0 + 300_000]);
    expect(
      aggregate([
        [1, 'a', 6, 'x'],
        [299, 'a', 6, 'x'],
      ]).startMs,
    ).toHaveLength(0);
    expect(aggregate([]).startMs).toHaveLength(0);
  });

  it('remembers from a dropped edge what a device is', () => {
    const table = aggregate([
      [-10, 'wlceventd', 5, 'x'],
      [10, 'a', 6, 'x'],
      [300, 'a', 6, 'x'],
    ]);
    expect(row(table, 'ap-1', 0).device_type).toBe(1);
  });

  it('pools all devices as "*"', () => {
    const table = aggregate(LINES, { ...CONFIG, groupBy: 'all' });
    expect(table.devices).toEqual(['*']);
    expect([...table.logCount]).toEqual([14, 1]);
    expect(row(table, '*', 0)).toMatchObject(
      rounded({
        total_devices: 2,
        max_device_activity: 11,
        mean_device_activity: 7,
        auth_failure_ratio: 1 / 12,
        device_type: 1,
      }),
    );
  });

  it('overlaps when the stride is shorter than the window', () => {
    const lines: Line[] = [
      [0, 'a', 6, 'x'],
      [100, 'a', 6, 'x'],
      [250, 'b', 6, 'x'],
      [420, 'a', 6, 'x'],
    ];
    const table = aggregate(lines, { ...CONFIG, strideSeconds: 60 });
    // [0, 300) holds the lines at 0, 100, 250; [60, 360) 100, 250; [120, 420) only 250.
    expect([...table.startMs].map((start) => (start - T0) / 1000)).toEqual([0, 60, 120]);
    expect([...table.logCount]).toEqual([3, 2, 1]);
    expect(row(table, 'ap-1', 60)).toMatchObject({ unique_program_count: 2, mean_time_between_events: 150 });
  });

  it('counts hour and weekday in the given zone', () => {
    // 2025-06-02 10:00 UTC is 20:00 the day before at -14 h, and Tuesday 00:00 at +14 h.
    const lines: Line[] = [
      [0, 'a', 6, 'x'],
      [300, 'a', 6, 'x'],
    ];
    const hours = (offset: number): number[] => {
      const { mean_hour_of_day, mean_day_of_week } = row(
        aggregate(lines, CONFIG, 'wifi', () => offset * 3_600_000),
        'ap-1',
        0,
      );
      return [mean_hour_of_day, mean_day_of_week];
    };
    expect(hours(0)).toEqual([10, 0]);
    expect(hours(-14)).toEqual([20, 6]);
    expect(hours(14)).toEqual([0, 1]);
  });

  it('refuses a grid above the limit and says how many windows it would be', () => {
    const lines: Line[] = [
      [0, 'a', 6, 'x'],
      [300 * 50, 'a', 6, 'x'],
    ];
    expect(() => aggregate(lines, { ...CONFIG, maxWindows: 49 })).toThrowError(
      /more than 49 windows \(at least 50\)/,
    );
    expect(aggregate(lines, { ...CONFIG, maxWindows: 50 }).startMs).toHaveLength(50);
  });

  it('refuses a stride above the length', () => {
    expect(() => aggregate([], { ...CONFIG, strideSeconds: 301 })).toThrowError(/stride/);
  });
});

/** Byte for byte, quick to compare. */
const bytes = ({ values }: WindowTable): string => Buffer.from(values.buffer).toString('base64');

describe('order of arrival', () => {
  const messages = LINES.map(([, program, level, message]) => [program, level, message] as const);
  const line = fc
    .tuple(
      fc.integer({ min: 0, max: 2_000_000 }),
      fc.nat(messages.length - 1),
      fc.integer({ min: -90, max: -30 }),
      fc.constantFrom('ap-1', 'rt-2', 'zz'),
    )
    .map(([ms, index, dbm, device]): Line => {
      const [program, level, message] = messages[index];
      return [ms / 1000, program, level, message.replace('signal=-60', `signal=${dbm}`), device];
    });

  it('ascending, descending and shuffled inputs give identical bytes', () => {
    const settings = [CONFIG, { ...CONFIG, strideSeconds: 120 }, { ...CONFIG, groupBy: 'all' as const }];
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 2, maxLength: 120 }),
        fc.constantFrom(...settings),
        (lines, config) => {
          const sorted = [...lines].sort((a, b) => a[0] - b[0]);
          for (const set of ['wifi', 'system']) {
            const expected = aggregate(sorted, config, set);
            for (const order of [lines, [...sorted].reverse()]) {
              const table = aggregate(order, config, set);
              expect(table.devices).toEqual(expected.devices);
              expect(bytes(table)).toBe(bytes(expected));
            }
          }
        },
      ),
      { seed: 7, numRuns: 60 },
    );
  });
});
