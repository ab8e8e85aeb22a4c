import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClassifierPair, type Line } from '../../../test/support/classifier-pair.js';
import { ROW } from '../../export/core/record-batch.js';
import { eventClassId } from './event-class.js';
import { RULE_LISTS } from './event-rule-lists.js';
import { STATION_RULES, TOKEN_PREFIX_RULES, TOKEN_RULES } from './event-rules.js';

const pair = new ClassifierPair();
const CORPUS = '../shared/data/wifi/corpus.jsonl.gz';
const present = existsSync(CORPUS);
if (!present) console.warn(`SKIPPED: the corpus of real log lines is not at ${CORPUS}.`);

const PROGRAMS = [
  ...[
    'hostapd',
    'HostAPD-5g',
    'wpa_supplicant',
    'kernel',
    'KERNEL',
    'wlceventd',
    'roamast',
    'acsd',
    'WATCHDOG',
  ],
  ...['dnsmasq', 'dnsmasq-dhcp', 'netifd', 'syslog', 'NetworkManager', '', 'ядро', 'K\u212Aernel'],
];

const rules = [
  ...TOKEN_RULES,
  ...TOKEN_PREFIX_RULES,
  ...STATION_RULES,
  ...RULE_LISTS.flatMap((list) => list.rules),
];
/** Every text that a rule looks for. */
const texts = [
  ...new Set(
    rules.flatMap(({ needles, when, take = {} }) => [
      ...needles,
      ...(when?.also ?? []),
      ...Object.values(take)
        .flat()
        .filter((key): key is string => typeof key === 'string'),
    ]),
  ),
];
const text = fc.constantFrom(...texts);
const mac = fc
  .array(fc.integer({ min: 0, max: 255 }), { minLength: 6, maxLength: 6 })
  .map((octets) => octets.map((octet) => octet.toString(16).padStart(2, '0')).join(':'));
const piece = fc.oneof(
  { weight: 6, arbitrary: text },
  // A piece of a needle: its beginning, its end, or in another case.
  { weight: 2, arbitrary: fc.tuple(text, fc.nat(40)).map(([needle, length]) => needle.slice(0, length)) },
  { weight: 1, arbitrary: fc.tuple(text, fc.nat(40)).map(([needle, length]) => needle.slice(length)) },
  { weight: 1, arbitrary: text.map((needle) => needle.toLowerCase()) },
  { weight: 3, arbitrary: mac },
  { weight: 1, arbitrary: mac.map((address) => address.toUpperCase().replaceAll(':', '-')) },
  { weight: 1, arbitrary: fc.tuple(mac, fc.nat(17)).map(([address, length]) => address.slice(0, length)) },
  { weight: 1, arbitrary: fc.constantFrom('56:XX:XX:XX:XX:3a', '**:**:**:**:aa:bb', '0a:0b-0c:0d:0e:0f') },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      ...[
        'wlan0: ',
        'STA ',
        ': ',
        ' ',
        '  ',
        '\t',
        '\n',
        '-',
        '(',
        ')',
        '"',
        "'",
        '[ 12.5] wlan0',
        'kernel: ',
      ],
      ...['12 ', '12 10.0.0.1/53 ', '@', 'ERROR', 'eRRor', 'Fail', 'rror', 'faiL', 'ufa', 'x', 'A', 'Z9'],
    ),
  },
  {
    weight: 2,
    arbitrary: fc.oneof(fc.integer(), fc.constantFrom(0, 15, -0, -149, -150, 9999)).map(String),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('4294967311', '999999999999999', '1234567890123456', '-', '-x', '007'),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 6 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('é', '\u00a0', '\ufeff', '\u017fa\u0130l', '🛜', '\u2028', '\u212a'),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary-ascii', maxLength: 40 }) },
);
const line: fc.Arbitrary<Line> = fc
  .record({
    program: fc.constantFrom(...PROGRAMS),
    pieces: fc.array(piece, { maxLength: 9 }),
    /** How many characters count: the others stay in memory behind the message. */
    cut: fc.option(fc.nat(120)),
  })
  .map(({ program, pieces, cut }) => {
    const message = pieces.join('');
    const kept = cut === null ? message : Array.from(message).slice(0, cut).join('');
    return { program, message, end: new TextEncoder().encode(kept).length };
  });

describe('the compiled classifier', () => {
  it('gives the columns of its twin on lines made of all that the rules look for', () => {
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 50 }), (lines) => {
        expect(pair.differences(lines)).toEqual([]);
      }),
      { seed: 4, numRuns: 600 },
    );
  });

  it('gives them on lines that begin like events and go on like them', () => {
    const event = fc
      .record({
        program: fc.constantFrom(...PROGRAMS),
        front: fc.constantFrom('wlan0: ', '', 'wlan0: STA ', 'STA ', ': ', 'x: y: '),
        event: fc.oneof(
          text,
          fc.tuple(mac, text).map(([address, needle]) => `${address} ${needle}`),
        ),
        rest: fc.array(piece, { maxLength: 6 }),
      })
      .map(({ program, front, event: middle, rest }) => ({
        program,
        message: [front, middle, ...rest].join(''),
      }));
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 50 }), (lines) => {
        expect(pair.differences(lines)).toEqual([]);
      }),
      { seed: 44, numRuns: 600 },
    );
  });

  it('gives them for each needle alone, cut at each place, with the rest of it behind the message', () => {
    const fronts = ['', 'wlan0: ', 'wlan0: STA 90:6c:22:77:32:05 ', '[ 12.5] wlan0'];
    const lines = texts.flatMap((needle) =>
      fronts.flatMap((front) =>
        Array.from({ length: needle.length + 1 }, (_, cut): Line => ({
          program: PROGRAMS[(needle.length + cut) % PROGRAMS.length],
          message: `${front}${needle} 90:6c:22:77:32:05`,
          end: front.length + cut,
        })),
      ),
    );
    expect(pair.differences(lines)).toEqual([]);
  });

  const hand: readonly (readonly [string, string])[] = [
    ['hostapd', ''],
    ['hostapd', ': '],
    ['hostapd', 'STA '],
    ['hostapd', 'wlan0: STA aa:bb'],
    ['hostapd', 'wlan0: STA 56:XX:XX:XX:XX:3a IEEE 802.11: authenticated'],
    ['hostapd', 'wlan0: STA 56:é:XX:XX:XX:3a IEEE 802.11: authenticated'],
    ['hostapd', 'wlan0: STA 🛜🛜🛜🛜🛜🛜🛜🛜a IEEE 802.11: authenticated'],
    ['hostapd', 'wlan0: STA 90:6c:22:77:32:05 IEEE 802.11: disassociated due to inactivity'],
    ['hostapd', 'wlan0: STA 90:6c:22:77:32:05 WPA: EAPOL-Key timeout \t\n'],
    ['hostapd', 'wlan0: STA 90:6c:22:77:32:05 WPA: EAPOL-Key timeout, once more'],
    ['hostapd', 'wlan0: STA 90:6c:22:77:32:0é IEEE 802.11: authenticated'],
    ['HOSTAPD', 'é: AP-STA-CONNECTED 90:6c:22:77:32:05'],
    ['hostapd', 'wlan0: AP-STA-CONNECTED 90:6c:22:77:32:0'],
    ['hostapd', 'AP-STA-DISCONNECTED'],
    ['hostapd', 'AP-STA-DISCONNECTED: 90:6c:22:77:32:05'],
    ['wpa_supplicant', 'w: CTRL-EVENT-SOMETHING-NEW status=0'],
    ['wpa_supplicant', 'w: CTRL-EVENT-9'],
    ['wpa_supplicant', 'w: CTRL-EVENT-'],
    ['wpa_supplicant', 'w: CTRL-EVENT-DISCONNECTED bssid=8a:bc:e3:99:53:47 reason=-4294967281'],
    ['wpa_supplicant', 'w: CTRL-EVENT-DISCONNECTED bssid=8a:bc:e3:99:53:47 reason=15'],
    ['wpa_supplicant', 'w: CTRL-EVENT-DISCONNECTED bssid=8a:bc:e3:99:53:47 reason=1234567890123456'],
    ['wpa_supplicant', 'w: CTRL-EVENT-SIGNAL-CHANGE above=0 signal=-150 noise=9999 txrate=6000'],
    ['wpa_supplicant', 'w: CTRL-EVENT-SIGNAL-CHANGE above=0 signal=-0 noise=9999 txrate=0'],
    ['wpa_supplicant', "w: Trying to associate with 8a:bc:e3:99:53:47 (SSID='' freq=2437 MHz)"],
    ['wpa_supplicant', "w: Trying to associate with 8a:bc:e3:99:53:47 (SSID='Café 🛜' freq=2437 MHz)"],
    ['wpa_supplicant', `w: Trying to associate with 8a:bc:e3:99:53:47 (SSID='${'x'.repeat(64)}' freq=1`],
    ['wpa_supplicant', `w: Trying to associate with 8a:bc:e3:99:53:47 (SSID='${'y'.repeat(65)}' freq=1`],
    ['wpa_supplicant', "w: Trying to associate with 8a:bc:e3:99:53:47 (SSID='\ufeffa' freq=2437 MHz)"],
    ['wpa_supplicant', "w: Trying to associate with 8a:bc:e3:99:53:47 (SSID='cut"],
    ['kernel', 'wlan0: authenticated'],
    ['kernel', '[ 1.5] wlan0: authenticated \n'],
    ['kernel', '[ 1.5] wlan 0: authenticated'],
    ['kernel', 'kernel: wlan0: associated'],
    ['kernel', '\u00a0wlan0: associated'],
    ['kernel', 'wlan0: associated\u00a0'],
    ['kernel', 'wlan0: associated\r'],
    ['syslog', 'WLCEVENTD wlceventd_proc_event(386): eth5: Auth 92:AE:98:27:C7:E2, status: 0, reason: x (0)'],
    ['wlceventd', 'wlceventd_proc_event(464): eth6: Deauth_ind 92:AE:98:27:C7:E2, status: 0, reason: x (15)'],
    ['wlceventd', 'eth6: Assoc 92:AE:98:27:C7:E2, status: Denied (17), rssi:-67'],
    ['wlceventd', 'eth6: Disassoc 92:AE:98:27:C7:E2, status: 0, reason: (or has left) BSS (8), rssi:0'],
    ['dnsmasq-dhcp', '12 DHCPREQUEST(br0) 10.0.0.1 92:ae:98:27:c7:e2 DHCPACK'],
    ['dnsmasq-dhcp', 'DHCPACK(br0) 10.0.0.1 92:ae:98:27:c7:e2 DHCPREQUEST'],
    ['dnsmasq', '12 10.0.0.1/53 reply a.b is 1.2.3.4'],
    ['dnsmasq', '12 10.0.0.1/53  reply a.b is 1.2.3.4'],
    ['dnsmasq', '12  reply a.b'],
    ['dnsmasq', ' reply a.b'],
    ['netifd', "Interface 'wan' is now up"],
    ['cron', 'Running @reboot jobs, then reboot'],
    ['busybox', 'reboot: Restarting system'],
    ['x', 'nothing but an ErRoR'],
    ['x', 'eRRo'],
    ['x', 'FAIL'],
  ];
  for (const [program, message] of hand) {
    it(`gives them for ${program}: ${JSON.stringify(message)}`, () => {
      expect(pair.differences([{ program, message }])).toEqual([]);
    });
  }

  it('leaves to its twin only station lines whose address is not ASCII', () => {
    const before = pair.kernel.rowsLeft;
    pair.differences(hand.map(([program, message]) => ({ program, message })));
    expect(pair.kernel.rowsLeft - before).toBe(3);
  });

  // What lies around a message in memory is none of it.
  const neighbours: readonly (readonly [string, string, string])[] = [
    ['kernel', ': wlan0: associated', ''],
    ['[ 1.5]', ' wlan0: associated', ''],
    ['Running @', 'reboot', ''],
    ['e', 'rror', ''],
    ['', 'err', 'or'],
    ['', 'fai', 'l'],
    ['', 'timeout MCU', ' '],
    ['', 'AssocReq did not match 90:6c:22:77:32:05: STA', ' 90:6c:22:77:32:06'],
    ['', 'Associated with 90', ':6c:22:77:32:05'],
    ['wlan0: CTRL-', 'EVENT-BEACON-LOSS', ''],
  ];
  for (const [before, message, after] of neighbours) {
    it(`reads ${JSON.stringify(message)} between ${JSON.stringify(before)} and ${JSON.stringify(after)}`, () => {
      for (const program of ['', 'kernel', 'hostapd']) {
        const lines = [before, message, after].map((part): Line => ({ program, message: part }));
        expect(pair.differences(lines)).toEqual([]);
      }
    });
  }

  it('passes over rows that are not kept', () => {
    pair.fill([
      { program: 'hostapd', message: 'wlan0: AP-ENABLED ' },
      { program: 'hostapd', message: 'wlan0: AP-ENABLED ' },
    ]);
    pair.batch.flags[0] = ROW.noZone;
    pair.kernel.events.eventClass[0] = -7;
    pair.kernel.classify(pair.batch);
    expect([...pair.kernel.events.eventClass.subarray(0, 2)]).toEqual([-7, eventClassId('ap_enabled')]);
  });

  it('numbers SSIDs in the order of the rows, also of those that it leaves to its twin', () => {
    const tries = Array.from({ length: 600 }, (_, i): Line => {
      const front = i % 3 === 0 ? 'STA é:bc:e3:99:53:47 x x x' : '';
      const name = `${'net '.repeat(1 + (i % 40))}${(i * 7) % 400}`;
      return { program: 'wpa_supplicant', message: `w: ${front}Trying to associate with SSID='${name}'` };
    });
    const other = new ClassifierPair();
    other.fill(tries);
    const compiled = other.rows(other.kernel);
    expect(compiled).toEqual(other.rows(other.text));
    expect(new Set(compiled.map((row) => row.ssid)).size).toBeGreaterThan(300);
    expect(other.kernel.events.ssids.names()).toEqual(other.text.events.ssids.names());
    expect(other.kernel.rowsLeft).toBe(200);
  });
});

describe.skipIf(!present)('the compiled classifier on 23,559 real lines', () => {
  it('gives the columns of its twin and leaves it nothing', () => {
    const lines = gunzipSync(readFileSync(CORPUS))
      .toString('utf8')
      .trim()
      .split('\n')
      .map((json) => JSON.parse(json) as { process_name: string | null; message: string })
      .map(({ process_name: program, message }): Line => ({ program: program ?? '', message }));
    const before = pair.kernel.rowsLeft;
    expect(pair.differences(lines).slice(0, 5)).toEqual([]);
    expect(pair.kernel.rowsLeft - before).toBe(0);
  });
});
