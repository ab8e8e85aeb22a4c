import { describe, expect, it } from 'vitest';
import { plainMemory } from '../../export/core/ingest-memory.js';
import { NameTable, recordNames } from '../../export/core/name-table.js';
import { RecordBatch, ROW } from '../../export/core/record-batch.js';
import { TextClassifier } from './batch-classifier.js';
import { AUTH_FAILURE, CLIENT, EVENT_CLASSES, WIFI } from './event-class.js';
import { EVENT, EventColumns } from './event-columns.js';

const decode = (bytes: Uint8Array, start: number, end: number): string =>
  new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(start, end));

function setup(lines: readonly (readonly [string, string])[]): { batch: RecordBatch; events: EventColumns } {
  const memory = plainMemory();
  const batch = new RecordBatch(memory, recordNames());
  const ssids = new NameTable({ what: 'networks', field: 'message', maxNames: 2 });
  for (const [program, message] of lines) {
    const text = new TextEncoder().encode(message);
    const at = batch.reserveText(text.length);
    batch.bytes.set(text, at);
    const row = batch.count++;
    batch.program[row] = batch.names.programs.id(program);
    batch.messageStart[row] = at;
    batch.messageEnd[row] = at + text.length;
    batch.flags[row] = ROW.kept;
  }
  return { batch, events: new EventColumns(memory, ssids) };
}

describe('TextClassifier', () => {
  it('fills all columns of a row that carries them', () => {
    const { batch, events } = setup([
      [
        'wpa_supplicant',
        "wlo1: SME: Trying to authenticate with 70:1e:a6:8f:89:54 (SSID='home' freq=2437 MHz)",
      ],
      [
        'wlceventd',
        'wlceventd_proc_event(527): eth6: Assoc 92:AE:98:27:C7:E2, status: Denied (17), rssi:-67',
      ],
      [
        'wpa_supplicant',
        'wlan0: CTRL-EVENT-DO-ROAM cur_bssid=02:00:00:00:00:01 sel_bssid=02:00:00:00:00:02 Failed',
      ],
      ['wpa_supplicant', 'wlan0: CTRL-EVENT-DISCONNECTED bssid=8a:bc:e3:99:53:47 reason=4'],
    ]);
    new TextClassifier(events, decode).classify(batch);
    expect(Array.from(events.eventClass.subarray(0, 4), (id) => EVENT_CLASSES[id])).toEqual([
      'supp_auth_try',
      'wlc_assoc',
      'roam',
      'supp_disconnected',
    ]);
    expect([...events.mac.subarray(0, 4)]).toEqual([
      0x701ea68f8954, 0x92ae9827c7e2, 0x020000000001, 0x8abce3995347,
    ]);
    expect([...events.bssid.subarray(0, 4)]).toEqual([-1, -1, 0x020000000002, -1]);
    expect(events.ssids.name(events.ssid[0])).toBe('home');
    expect([...events.ssid.subarray(1, 4)]).toEqual([-1, -1, -1]);
    expect([...events.freq.subarray(0, 4)]).toEqual([2437, -1, -1, -1]);
    expect([...events.status.subarray(0, 4)]).toEqual([-1, 17, -1, -1]);
    expect([...events.reason.subarray(0, 4)]).toEqual([-1, -1, -1, 4]);
    expect([...events.signal.subarray(0, 4)]).toEqual([NaN, -67, NaN, NaN]);
    // A refused association is no link, whatever its wording; its client is one that the device has met.
    expect(events.groups[1]).toBe(WIFI | AUTH_FAILURE | CLIENT);
    expect([...events.flags.subarray(0, 4)]).toEqual([0, 0, EVENT.errorText, 0]);
  });

  it('reads only rows that are kept', () => {
    const { batch, events } = setup([['hostapd', 'wlan0: AP-ENABLED ']]);
    batch.flags[0] = 0;
    events.eventClass[0] = -7;
    new TextClassifier(events, decode).classify(batch);
    expect(events.eventClass[0]).toBe(-7);
  });

  it('refuses more networks than the table takes', () => {
    const tries = ['a', 'b', 'c'].map(
      (ssid) => ['wpa_supplicant', `w: Trying to associate with SSID '${ssid}' (SSID='${ssid}')`] as const,
    );
    const { batch, events } = setup(tries);
    expect(() => {
      new TextClassifier(events, decode).classify(batch);
    }).toThrow('more than 2 networks');
  });
});
