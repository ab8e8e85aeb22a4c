import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeText, RecordBatches } from '../../../test/support/record-batches.js';
import type { LogRecord } from '../../export/core/log-record.js';
import { type AggregatorState, stateBuffers } from './aggregator-state.js';
import type { RowAggregator } from './feature-set.js';
import { featureSet, featureSetNames } from './feature-sets.js';
import { WindowReopened } from './window-reopened.js';
import type { WindowConfig, WindowTable } from './window-table.js';

const T0 = Date.UTC(2025, 5, 2, 10);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const CONFIG: WindowConfig = {
  lengthSeconds: 300,
  strideSeconds: 300,
  contextSeconds: 1800,
  groupBy: 'device',
  timezone: 'UTC',
  maxWindows: 100_000,
};
const CONFIGS: readonly WindowConfig[] = [
  CONFIG,
  { ...CONFIG, groupBy: 'all' },
  { ...CONFIG, strideSeconds: 120 },
  { ...CONFIG, strideSeconds: 150, groupBy: 'all' },
];

/** What the lines of a test say: every kind of sum of every feature set is in use. */
const MESSAGES: readonly (readonly [program: string, level: number, message: string])[] = [
  ['hostapd', 6, 'wlan0: STA aa:bb:cc:00:00:01 IEEE 802.11: authenticated'],
  ['hostapd', 5, 'wlan0: AP-STA-CONNECTED AA:BB:CC:00:00:02 auth_alg=open'],
  ['hostapd', 5, 'wlan0: AP-STA-POSSIBLE-PSK-MISMATCH aa:bb:cc:00:00:03'],
  ['wpa_supplicant', 5, 'wlan1: CTRL-EVENT-SIGNAL-CHANGE above=1 signal=-60 noise=9999 txrate=54000'],
  ['wpa_supplicant', 4, "wlan1: Trying to associate with aa:bb:cc:00:00:09 (SSID='Home' freq=2412 MHz)"],
  ['wpa_supplicant', 4, "wlan1: Trying to associate with aa:bb:cc:00:00:0a (SSID='Cafe' freq=5180 MHz)"],
  ['hostapd', 6, 'wlan0: STA aa:bb:cc:00:00:01 IEEE 802.11: disassociated reason=3 status=2'],
  ['dnsmasq', 6, 'query a.example.com failed'],
  ['dnsmasq', 6, 'answer in 0.7 ms'],
  ['ufw', 3, 'blocked 10.0.0.1:22'],
  ['kernel', 3, 'usb 1-1: error -71'],
  [
    'syslog',
    5,
    'WLCEVENTD wlceventd_proc_event(499): eth6: Auth AA:BB:CC:00:00:0B, status: 0, reason: d11 RC',
  ],
  // What the features of context are made of.
  ['hostapd', 6, 'wlan0: STA aa:bb:cc:00:00:01 IEEE 802.11: associated (aid 1)'],
  ['hostapd', 5, 'wlan0: AP-STA-DISCONNECTED aa:bb:cc:00:00:01'],
  ['wlceventd', 5, 'wlceventd_proc_event(527): eth6: Assoc AA:BB:CC:00:00:0B, status: 0, rssi:-71'],
  ['wlceventd', 5, 'wlceventd_proc_event(464): eth6: Deauth_ind AA:BB:CC:00:00:0B, status: 0, reason: x (7)'],
  ['wlceventd', 5, 'wlceventd_proc_event(481): eth6: Disassoc AA:BB:CC:00:00:0C, status: 0, reason: x (8)'],
  ['dnsmasq-dhcp', 6, 'DHCPDISCOVER(br-lan) aa:bb:cc:00:00:0d'],
  ['dnsmasq-dhcp', 6, 'DHCPACK(br-lan) 192.168.1.7 aa:bb:cc:00:00:0d phone'],
  ['hostapd', 5, 'wlan0: DFS-RADAR-DETECTED freq=5500 ht_enabled=0 chan_offset=0 chan_width=1 cf1=0 cf2=0'],
  ['kernel', 4, 'ath10k_pci 0000:01:00.0: firmware crashed! (guid n/a)'],
  ['hostapd', 5, 'wlan0: CTRL-EVENT-UNPROT-BEACON reporter=aa:bb:cc:00:00:01'],
];

const line = (timestampMs: number, message: number, device: string): LogRecord => {
  const [program, level, text] = MESSAGES[message];
  return { recordIndex: 0, byteOffset: 0, timestampMs, device, program, level, message: text };
};

interface Settings {
  readonly set: string;
  readonly config: WindowConfig;
  readonly keepAll: boolean;
  /** Small, so that windows of a short stream are finished early at all. */
  readonly sweepLines: number;
}

function part({ set, config, keepAll, sweepLines }: Settings, records: readonly LogRecord[]): RowAggregator {
  const batches = new RecordBatches();
  const options = { names: batches.names, decode: decodeText, keepAll, sweepLines };
  const aggregator = featureSet(set).createAggregator(config, () => 2 * HOUR, options);
  batches.feed(aggregator, records, 7);
  return aggregator;
}

let finishedEarly = 0;

/** Through the thread boundary, as the ingest does. */
function sent(aggregator: RowAggregator): AggregatorState {
  const state = aggregator.exportState();
  finishedEarly += state.ledger.rowWindows.length;
  return structuredClone(state, { transfer: stateBuffers(state) });
}

/** Each part by an aggregator with names of its own, absorbed in file order by the first or by an empty one. */
function merged(settings: Settings, parts: readonly (readonly LogRecord[])[], first: number): WindowTable {
  const [target, ...rest] = [...(first === 0 ? [[]] : []), ...parts].map((records) =>
    part(settings, records),
  );
  for (const other of rest) target.absorb(sent(other));
  return target.finish();
}

const same = (table: WindowTable, expected: WindowTable): void => {
  expect(table.devices).toEqual(expected.devices);
  for (const column of ['deviceIndex', 'startMs', 'logCount', 'values'] as const) {
    const bytes = (of: WindowTable): Buffer => Buffer.from(of[column].buffer);
    if (!bytes(table).equals(bytes(expected))) expect(table[column]).toEqual(expected[column]);
  }
};

const exact = (settings: Settings, records: readonly LogRecord[]): WindowTable => {
  const sorted = [...records].sort((a, b) => a.timestampMs - b.timestampMs);
  return part({ ...settings, keepAll: true, sweepLines: 4096 }, sorted).finish();
};

/** Ten hours of lines; `key` is where a line stands in the file, up to half an hour from its time. */
const streams = fc.array(
  fc.record({
    ms: fc.integer({ min: 0, max: 10 * HOUR }),
    late: fc.integer({ min: 0, max: 30 * MINUTE }),
    message: fc.nat(MESSAGES.length - 1),
    device: fc.constantFrom('ap-1', 'rt-2', 'zz'),
  }),
  { minLength: 60, maxLength: 150 },
);

const settingsOf = fc.record({
  set: fc.constantFrom(...featureSetNames()),
  config: fc.constantFrom(...CONFIGS),
  keepAll: fc.boolean(),
  sweepLines: fc.constantFrom(1, 20),
});

describe('parts of a stream', () => {
  it('give the same bytes however they are cut, ascending and descending', () => {
    fc.assert(
      fc.property(
        ...([streams, settingsOf, fc.boolean(), fc.array(fc.nat(150), { maxLength: 4 }), fc.nat(1)] as const),
        (drawn, settings, descending, cuts, first) => {
          const ordered = [...drawn].sort((a, b) => a.ms + a.late - b.ms - b.late);
          if (descending) ordered.reverse();
          const records = ordered.map(({ ms, message, device }) => line(T0 + ms, message, device));
          const at = [0, ...cuts.filter((cut) => cut < records.length).sort((a, b) => a - b), records.length];
          const parts = at.slice(1).map((end, i) => records.slice(at[i], end));
          same(merged(settings, parts, first), exact(settings, records));
        },
      ),
      { seed: 41, numRuns: 150 },
    );
    expect(finishedEarly).toBeGreaterThan(500);
  });

  it('give the same bytes for every way to cut a small stream', () => {
    const minutes = [0, 3, 71, 74, 72, 150, 226, 300];
    const ascending = minutes.map((minute, i) =>
      line(T0 + minute * MINUTE, (i * 5) % MESSAGES.length, `ap-${i % 2}`),
    );
    for (const set of ['wifi', 'system']) {
      const settings = { set, config: CONFIG, keepAll: false, sweepLines: 1 };
      for (const records of [ascending, [...ascending].reverse()]) {
        const expected = exact(settings, records);
        for (let cuts = 0; cuts < 2 ** (records.length - 1); cuts++) {
          const parts: LogRecord[][] = [[]];
          records.forEach((record, i) => {
            if (i > 0 && ((cuts >> (i - 1)) & 1) === 1) parts.push([]);
            parts[parts.length - 1].push(record);
          });
          same(merged(settings, parts, 1), expected);
        }
      }
    }
  });

  it('count once what both sides name, under whatever number', () => {
    const at = (second: number, message: number): LogRecord => line(T0 + second * 1000, message, 'ap-1');
    // Home here and Cafe there are both the first SSID; so are wpa_supplicant and kernel among the programs.
    const parts = [
      [at(0, 4), at(1, 7)],
      [at(2, 10), at(3, 5), at(4, 10), at(600, 0)],
    ];
    const settings = { set: 'wifi', config: CONFIG, keepAll: false, sweepLines: 4096 };
    const table = merged(settings, parts, 1);
    same(table, exact(settings, parts.flat()));
    const value = (name: string): number => table.values[table.featureNames.indexOf(name)];
    expect(value('log_count')).toBe(5);
    expect(value('unique_ssid_count')).toBe(2);
    expect(value('unique_mac_count')).toBe(2); // ..09 and ..0a
    expect(value('unique_program_count')).toBe(3); // wpa_supplicant, kernel, dnsmasq
  });

  it('that overlap beyond the horizon are refused, and merge exactly when everything is kept', () => {
    const hours = (from: number): LogRecord[] =>
      Array.from({ length: 60 }, (_, i) => line(T0 + from + i * 10 * MINUTE, i % MESSAGES.length, 'ap-1'));
    const parts = [hours(0), hours(MINUTE)];
    const settings = { set: 'wifi', config: CONFIG, keepAll: false, sweepLines: 1 };
    expect(() => merged(settings, parts, 1)).toThrowError(WindowReopened);
    same(merged({ ...settings, keepAll: true }, parts, 1), exact(settings, parts.flat()));
  });

  it('may hold the same hours of different devices', () => {
    const hours = (device: string): LogRecord[] =>
      Array.from({ length: 60 }, (_, i) => line(T0 + i * 10 * MINUTE, i % MESSAGES.length, device));
    const parts = [hours('b'), hours('a')];
    const settings = { set: 'system', config: CONFIG, keepAll: false, sweepLines: 1 };
    same(merged(settings, parts, 1), exact(settings, parts.flat()));
  });
});

describe('a stream in any order', () => {
  it('is exact when everything is kept, and either exact or refused when not', () => {
    let refused = 0;
    fc.assert(
      fc.property(streams, settingsOf, fc.nat(2), (drawn, settings, runs) => {
        // No order at all, or one run after the other as in a file that was put together.
        const ordered =
          runs === 0 ? drawn : [...drawn].sort((a, b) => (a.late % runs) - (b.late % runs) || a.ms - b.ms);
        const records = ordered.map(({ ms, message, device }) => line(T0 + ms, message, device));
        const expected = exact(settings, records);
        same(part({ ...settings, keepAll: true }, records).finish(), expected);
        try {
          same(part({ ...settings, keepAll: false }, records).finish(), expected);
        } catch (error) {
          if (!(error instanceof WindowReopened)) throw error;
          refused++;
        }
      }),
      { seed: 42, numRuns: 60 },
    );
    expect(refused).toBeGreaterThan(5);
  });
});
