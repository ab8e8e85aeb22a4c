import { describe, expect, it } from 'vitest';
import { decodeText, RecordBatches } from '../../../test/support/record-batches.js';
import type { LogRecord } from '../../export/core/log-record.js';
import type { FeatureBasis } from './feature-set.js';
import { parseFeatureState, stateFile } from './feature-state.js';
import { featureSet } from './feature-sets.js';
import type { WindowConfig, WindowTable } from './window-table.js';

/** Monday 2025-06-02 10:00:00 UTC, a multiple of 300 s. */
const T0 = Date.UTC(2025, 5, 2, 10);
const CONFIG: WindowConfig = {
  ...{ lengthSeconds: 300, strideSeconds: 300, contextSeconds: 1800 },
  ...{ groupBy: 'device', timezone: 'UTC', maxWindows: 100_000 },
};

type Line = readonly [second: number, message: string, device?: string];

const record = ([second, message, device = 'ap']: Line): LogRecord => ({
  ...{ recordIndex: 0, byteOffset: 0, level: 6, device, message },
  timestampMs: T0 + second * 1000,
  // A program nobody knows may write any sentence.
  program: 'relay',
});

function aggregate(lines: readonly Line[], basis?: FeatureBasis, config = CONFIG): WindowTable {
  const batches = new RecordBatches();
  const options = { names: batches.names, decode: decodeText, keepAll: false };
  const aggregator = featureSet('wifi').createAggregator(config, () => 0, options);
  batches.feed(aggregator, lines.map(record));
  return aggregator.finish(basis);
}

/** A feature of one device, window by window. */
function series(table: WindowTable, name: string, device = 'ap'): number[] {
  const columns = table.featureNames.length;
  const column = table.featureNames.indexOf(name);
  return [...table.deviceIndex].flatMap((index, row) =>
    table.devices[index] === device ? [table.values[row * columns + column]] : [],
  );
}

/** Makes a grid of so many windows; `x` is no event. */
const frame = (windows: number): Line[] => [
  [0, 'x'],
  [windows * 300, 'x'],
];
const A = 'aa:bb:cc:00:00:01';
const B = 'aa:bb:cc:00:00:02';
const lost = (mac = A): string => `wlan0: AP-STA-DISCONNECTED ${mac}`;
const back = (mac = A): string => `wlan0: STA ${mac} IEEE 802.11: associated (aid 1)`;
const left = (mac = A): string => `wlan0: STA ${mac} IEEE 802.11: disassociated`;
const deauth = (mac: string, reason: number): string =>
  `wlceventd_proc_event(464): eth6: Deauth_ind ${mac}, status: 0, reason: x (${reason})`;

describe('sums over the context', () => {
  it('fall from six to one, and end after six windows', () => {
    const radar = 'wlan0: DFS-RADAR-DETECTED freq=5500 ht_enabled=0 chan_offset=0 chan_width=1 cf1=0 cf2=0';
    const table = aggregate([...frame(9), [10, radar], [320, radar], [330, radar]]);
    expect(series(table, 'radar_30m')).toEqual([6, 17, 14, 11, 8, 5, 2, 0, 0]);
  });

  it('of one address follow the client that comes back most', () => {
    const lines: Line[] = [
      [1, back()],
      [2, back(B)],
      [301, back(B)],
      [302, back(B)],
      [605, back()],
    ];
    // B: 6, then 5 + 2 x 6, then 4 + 2 x 5; A: 6, 5, then 4 + 6.
    expect(series(aggregate([...frame(3), ...lines]), 'max_reconnects_per_mac_30m')).toEqual([6, 17, 14]);
  });

  it('take side by side windows when windows overlap', () => {
    const table = aggregate([...frame(3), [400, 'wlan0: CTRL-EVENT-BEACON-LOSS ']], undefined, {
      ...CONFIG,
      strideSeconds: 150,
      contextSeconds: 600,
    });
    // Windows begin at 0, 150, 300, 450, 600; the line lies in those of 150 and 300, whose followers begin at 450 and 600.
    expect(series(table, 'weak_link_30m')).toEqual([0, 2, 2, 1, 1]);
  });
});

describe('lost links', () => {
  it('of one address count once a second, and the burst spans ten seconds', () => {
    const burst: Line[] = [100, 100, 103, 109, 110].map((second) => [second, lost()]);
    expect(series(aggregate([...frame(1), ...burst]), 'disconnect_burst_10s')).toEqual([3]);
    expect(series(aggregate([...frame(1), ...burst, [104, lost(B)]]), 'disconnect_burst_10s')).toEqual([4]);
  });

  it('are a share of the clients that ever got on', () => {
    const join = (mac: string): string => `wlan0: AP-STA-CONNECTED ${mac} auth_alg=open`;
    const lines: Line[] = [
      [10, join(A)],
      [20, join(B)],
      [310, lost()],
      [320, lost()],
      [610, join('aa:bb:cc:00:00:03')],
      [620, join('aa:bb:cc:00:00:04')],
      [630, lost(B)],
    ];
    expect(series(aggregate([...frame(3), ...lines]), 'lost_client_share')).toEqual([0, 0.5, 0.25]);
  });
});

describe('forced reconnects', () => {
  const forced = (lines: readonly Line[], windows = 1): number[] =>
    series(aggregate([...frame(windows), ...lines]), 'forced_reconnects_30m');

  it('are associations within ten seconds of a loss', () => {
    expect(forced([[50, lost()], [60, back()]])).toEqual([6]); // prettier-ignore
    expect(forced([[50, lost()], [61, back()]])).toEqual([0]); // prettier-ignore
    expect(forced([[50, lost(B)], [60, back()]])).toEqual([0]); // prettier-ignore
    expect(forced([[60, back()], [61, lost()]])).toEqual([0]); // prettier-ignore
  });

  it('are not those of a client that left: from two seconds before the loss to two behind it', () => {
    expect(forced([[48, left()], [50, lost()], [55, back()]])).toEqual([0]); // prettier-ignore
    expect(forced([[47, left()], [50, lost()], [55, back()]])).toEqual([6]); // prettier-ignore
    expect(forced([[52, left()], [50, lost()], [55, back()]])).toEqual([0]); // prettier-ignore
    expect(forced([[53, left()], [50, lost()], [55, back()]])).toEqual([6]); // prettier-ignore
    // Leaving again after the reconnect says nothing about the loss.
    expect(forced([[52, left()], [50, lost()], [51, back()]])).toEqual([6]); // prettier-ignore
  });

  it('take a loss with a reason of leaving for leaving, not for a loss', () => {
    expect(forced([[50, deauth(A, 8)], [55, back()]])).toEqual([0]); // prettier-ignore
    expect(forced([[50, deauth(A, 7)], [55, back()]])).toEqual([6]); // prettier-ignore
    // The latest loss is the one at 50.
    expect(forced([[50, deauth(A, 7)], [54, deauth(A, 3)], [55, back()]])).toEqual([6]); // prettier-ignore
  });

  it('are found across the border of two windows, with the leaving before it', () => {
    expect(forced([[295, lost()], [304, back()]], 2)).toEqual([0, 6]); // prettier-ignore
    expect(forced([[295, lost()], [306, back()]], 2)).toEqual([0, 0]); // prettier-ignore
    expect(forced([[293, left()], [295, lost()], [304, back()]], 2)).toEqual([0, 0]); // prettier-ignore
    expect(forced([[299, left()], [301, lost()], [311, back()]], 2)).toEqual([0, 0]); // prettier-ignore
    expect(forced([[298, left()], [301, lost()], [311, back()]], 2)).toEqual([0, 6]); // prettier-ignore
  });
});

describe('addresses', () => {
  it('that ask for a lease and get none count once, and lines of an empty pool count each', () => {
    const ask = (mac: string): string => `DHCPDISCOVER(br-lan) ${mac}`;
    const lines: Line[] = [
      [10, ask(A)],
      [20, ask(A)],
      [30, ask(B)],
      [310, `DHCPACK(br-lan) 192.168.1.7 ${B} phone`],
      [320, `DHCPDISCOVER(br-lan) ${A} no address available`],
    ];
    expect(series(aggregate([...frame(2), ...lines]), 'dhcp_unanswered_30m')).toEqual([2, 2]);
  });

  it('of access points are new once', () => {
    const join = (mac: string): string =>
      `wlan1: Trying to associate with ${mac} (SSID='Home' freq=2412 MHz)`;
    const table = aggregate([...frame(2), [10, join(A)], [310, join(A)], [320, join(B)]]);
    expect(series(table, 'new_bssid_30m')).toEqual([6, 11]);
  });
});

describe('silence', () => {
  it('is as surprising as its minutes are unusual, and goes on from window to window', () => {
    // Training: two windows at 10 h, one active minute of ten; q = 2 / 12.
    const table = aggregate(frame(2));
    const minute = -Math.log(1 - 2 / 12);
    expect(series(table, 'silence_surprise')).toEqual([4, 9].map((minutes) => Math.fround(minutes * minute)));
  });

  it('ends at a line, whose window still shows it', () => {
    const lines: Line[] = [...frame(2), [420, 'x']];
    const minute = -Math.log(1 - 3 / 12);
    // Minutes 1 to 4 of the first window, then 0 and 1 of the second; after the line 3 and 4.
    expect(series(aggregate(lines), 'silence_surprise')).toEqual(
      [4, 6].map((minutes) => Math.fround(minutes * minute)),
    );
  });
});

describe('signals below what is usual of the client', () => {
  const reading = (mac: string, dbm: number): string =>
    `wlceventd_proc_event(527): eth6: Assoc ${mac}, status: Successful (0), rssi:${dbm}`;

  it('weigh as much as their windows', () => {
    const lines: Line[] = [-60, -60, -61, -59, -60].map((dbm, i) => [i * 20, reading(A, dbm)]);
    lines.push([310, reading(A, -80)], [320, reading(B, -90)]);
    // Learnt from the first window alone: median -60; B has too few readings.
    const table = aggregate([...frame(2), ...lines], { trainingWindows: () => 1 });
    // The drops of the first window add up to 0; 6 x 20 from the second, over the root of 6 x 6 + 5 x 5 x 5.
    expect(series(table, 'rssi_drop_30m')).toEqual([0, Math.fround(120 / Math.sqrt(161))]);
  });
});

describe('what training learnt', () => {
  /** Two days of lines of three devices, with clients and access points that come and go. */
  const lines: Line[] = Array.from({ length: 6000 }, (_, i): Line => {
    const mac = `aa:bb:cc:00:00:${(10 + ((i * 7) % 40)).toString()}`;
    const messages = [back(mac), lost(mac), left(mac), deauth(mac, 7), `wlan0: AP-STA-CONNECTED ${mac}`];
    messages.push(`wlceventd_proc_event(527): eth6: Assoc ${mac}, status: 0, rssi:${-40 - ((i * 13) % 40)}`);
    messages.push(`wlan1: Trying to associate with ${mac} (SSID='Home' freq=2412 MHz)`);
    return [i * 29 + ((i * i) % 17), messages[(i * 11) % 7], `ap-${i % 3}`];
  });
  const half: FeatureBasis = { trainingWindows: ({ length }) => Math.floor(length / 2) };

  const saved = (table: WindowTable): FeatureBasis => ({
    state: parseFeatureState(JSON.parse(stateFile(table.state!))),
  });

  it('gives the training rows when the training span is scored with it', () => {
    const trained = aggregate(lines, half);
    expect(aggregate(lines, saved(trained)).values).toEqual(trained.values);
    // The training span alone, in any order: what was first seen later is not known yet.
    const end = T0 + Math.floor(trained.startMs.length / 6) * 300_000;
    const span = lines.filter((line) => T0 + line[0] * 1000 < end).reverse();
    const scored = aggregate(span, saved(trained));
    expect(scored.startMs.length).toBeGreaterThan(800);
    expect(scored.values).toEqual(trained.values.subarray(0, scored.values.length));
  });

  it('knows clients of training in a later export, which an empty state does not', () => {
    const trained = aggregate(lines, half);
    const contact = `wlan1: Trying to associate with aa:bb:cc:00:00:13 (SSID='Home' freq=2412 MHz)`;
    const later = [...frame(2), [20, contact] as const].map(([second, message]): Line => [
      second + 10 * 86_400,
      message,
      'ap-1',
    ]);
    expect(series(aggregate(later), 'new_bssid_30m', 'ap-1')[0]).toBe(6);
    expect(series(aggregate(later, saved(trained)), 'new_bssid_30m', 'ap-1')[0]).toBe(0);
  });

  it('is only fitted on the training windows', () => {
    const flood = Array.from({ length: 3000 }, (_, i): Line => [120_000 + i, 'x', 'ap-0']);
    const state = (all: readonly Line[]): unknown => {
      const { hourly_lines, silent_minutes, signals } = aggregate(all, half).state!.devices['ap-0'];
      return { hourly_lines, silent_minutes, signals };
    };
    expect(state([...lines, ...flood])).toEqual(state(lines));
  });

  it('stands for a device it never saw as all devices together', () => {
    const trained = aggregate(lines, half);
    const other = aggregate([...frame(1), [5, 'x', 'new']], saved(trained));
    const usual = trained.state!.hourly_lines[10]!;
    expect(series(other, 'log_rate_logratio', 'new')).toEqual([Math.fround(Math.log(2 / (usual + 1)))]);
  });

  it('is refused when it is damaged', () => {
    const json = (change: object): unknown => ({ ...aggregate(lines, half).state!, ...change });
    expect(() => parseFeatureState(json({ joined_level: 31 }))).toThrow('"joined_level"');
    expect(() => parseFeatureState(json({ silent_minutes: [1] }))).toThrow('"silent_minutes"');
    expect(() => parseFeatureState(json({ devices: { a: { joined: { xyz: 1 } } } }))).toThrow('joined.xyz');
  });
});
