import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { EXTRACTOR_SCRIPTS } from '../../../src/deployment/core/package-layout.js';
import { extractorRules } from '../../../src/deployment/core/package-rules.js';
import { EVENT_CLASSES, eventGroups } from '../../../src/features/core/event-class.js';
import { classify } from '../../../src/features/core/event-classifier.js';
import { conditionsHold, type RuleConditions } from '../../../src/features/core/event-conditions.js';
import { createEventFields, formatMac } from '../../../src/features/core/event-fields.js';
import { RULE_LISTS } from '../../../src/features/core/event-rule-lists.js';
import {
  STATION_RULES,
  TOKEN_PREFIX_RULES,
  TOKEN_RULES,
  type EventRule,
} from '../../../src/features/core/event-rules.js';
import { createRng, nextBelow } from '../../../src/shared/rng.js';
import { sharedData } from '../../support/export-fixtures.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { pythonModule, runPython } from './python.js';

const ASSETS = join(import.meta.dirname, '../../../src/deployment/package-assets');
const PROGRAMS = ['hostapd', 'Kernel', 'wlceventd', 'dnsmasq-dhcp', 'netifd', 'WATCHDOG', 'shill', ''];

type Line = readonly [program: string, message: string];

/** Real wordings for the rules that want more than a needle, and wordings that come close. */
const SENTENCES = [
  'wlan0: associated',
  'wlan0: authenticated \t\v',
  '[   12.5] wlan0: associated',
  'kernel: wlan0: associated\n',
  'x wlan0: associated',
  'wlan0: associated\u00a0',
  ': associated',
  'wlan0: associated, wlan1: associated',
  'wlan0: Associated with 02:00:00:aa:bb:01',
  'wlan0: Associated with xX:**:00:aa:bb:01',
  'wlan0: Associated with 02-00-00-aa-bb-02',
  'wlan0: Associated with the network',
  'eth5: Deauth_ind ff:ff:ff:xx:xx:xx, status: 0, reason: left (15)',
  'eth5: Assoc 02:00:00:aa:bb:01, status: Failed (1), rssi:-71',
  'wlan0: disassociated from 02:00:00:aa:bb:01 by local choice (Reason: 3=DEAUTH_LEAVING)',
  'wlan0: disassociated from 02:00:00:aa:bb:01 (Reason: 8=DISASSOC_STA_HAS_LEFT)',
  'wlan0: deauthenticating from 02:00:00:aa:bb:01 by local choice (Reason: 3=DEAUTH_LEAVING)',
  'wlan0: 02:00:00:aa:bb:01 denied authentication (status 30)',
  'wlan0: authentication with 02:00:00:aa:bb:01 timed out',
  'wlan0: Connection to AP 02:00:00:aa:bb:01 lost',
  'ath: Message 00000012 (seq 3) timeout',
  'WARNING: CPU: 0 PID: 17 at net/mac80211/sta_info.c:1',
  'br0: port 3(wlan0) entered forwarding state',
  'wlan0: interface state COUNTRY_UPDATE->HT_SCAN',
  'wlan0: interface state HT_SCAN->ENABLED',
  'wlan0: interface state DFS->DISABLED',
  'Added BSSID 02:00:00:aa:bb:01 into ignore list, ignoring for 10 seconds',
  'wlan0: CTRL-EVENT-SSID-TEMP-DISABLED id=0 ssid="home" auth_failures=2 duration=20 reason=WRONG_KEY',
  'wlan0: CTRL-EVENT-SUBNET-STATUS-UPDATE status=0',
  'wlan0: CTRL-EVENT-9',
  'wlan0: RADIUS: EAPOL-Key timeout \n',
  'wlan0: EAPOL-Key timeout of 02:00:00:aa:bb:01',
  'wlan0: STA 02:00:00:aa:bb:01 WPA: EAPOL-Key timeout',
  'wlan0: STA 02:00:00:aa:bb:01 WPA: received EAPOL-Key with invalid MIC',
  'old STA 02:00:00:aa:bb:02 wlan0: received invalid EAPOL-Key from 02:00:00:aa:bb:03',
  '3312 DHCPINFORM(br-lan) 192.168.1.7 02:00:00:aa:bb:01',
  '3312 10.0.0.1/53 query[A] example.org from 192.168.1.7',
  '3312  query[A] two spaces',
  '3312 a b query[A] two words',
  'a query[A] no number',
  'query[A] example.org from 192.168.1.7',
  'DHCPDISCOVER(br0) 02:00:00:aa:bb:01 no address available',
  'DHCPDISCOVER(br0) 02:00:00:aa:bb:01',
  'no address available for 02:00:00:aa:bb:01',
  "Interface 'wan' is now up",
  "17 Interface 'wan' has link connectivity",
  "the Interface 'wan' is now up",
  "Interface 'wan'",
  'Linux version 6.6.86',
  'The system is going down for reboot',
  'Running @reboot jobs',
  'Running @reboot jobs, then reboot',
  'reboot',
  'phy0: radar detected=0',
  'phy0: Radar detected',
  'wlan0: CTRL-EVENT-SIGNAL-CHANGE above=1 signal=-71 noise=9999 txrate=6000',
  'wlan0: CTRL-EVENT-SIGNAL-CHANGE above=1 signal=9999 noise=9999 txrate=0',
];

const ALL_RULES: readonly EventRule[] = [
  ...TOKEN_RULES,
  ...TOKEN_PREFIX_RULES,
  ...STATION_RULES,
  ...new Set(RULE_LISTS.flatMap(({ rules }) => rules)),
];

/** Every needle of every rule with every text it wants beside it, bare and in the surroundings lines have. */
function ruleSentences(): string[] {
  return ALL_RULES.flatMap(({ needles, when }) =>
    needles.flatMap((needle) =>
      (when?.also ?? ['']).flatMap((also) => [
        `${needle}${also}`,
        `${also} ${needle}`,
        `wlan0: ${needle} 02:00:00:AA:bb:01 ${also} reason=15 status_code=17 signal=-71 txrate=6000 freq=5180`,
        `ap0: STA 02-00-00-aa-bb-02 ${needle} 02:00:00:aa:bb:03, 15) ssid="home" (Reason: 15=X) ${also}`,
        `eth5: ${needle}02:00:00:aa:bb:04, status: Failed (1), reason: left (15), rssi:-67 ${also}`,
        `${needle.toUpperCase()}\n`,
        `x \u00a0${needle}\u2028 ${also} SSID='cafe\u0301' freq=2412 MHz)`,
      ]),
    ),
  );
}

const PIECES = [
  ...['02:00:00:aa:bb:01', '02-00-00-AA-BB-02', 'xx:xx:xx:aa:bb:03', '02:00:00:aa:bb', 'wlan0', 'STA '],
  ...[': ', ' ', '\n', '\t', '\u00a0', '@', '] ', 'kernel: ', '12 ', '10.0.0.1/53 ', '-', 'Z', '\u{1f600}'],
  ...[' reason=15', ' status_code=1', ' signal=-60', ' txrate=54000', ' freq=5955', 'rssi:-70', ' (15)'],
];

/** Needles, wanted texts and what may stand around them, thrown together: mostly near misses. */
function thrownTogether(lines: number): Line[] {
  const rng = createRng(20_251_121);
  const texts = [...new Set(ALL_RULES.flatMap(({ needles, when }) => [...needles, ...(when?.also ?? [])]))];
  const conditional = ALL_RULES.filter(({ when }) => when !== undefined);
  const pick = <T>(list: readonly T[]): T => list[nextBelow(rng, list.length)];
  return Array.from({ length: lines }, () => {
    const { needles, when } = pick(conditional);
    const parts = Array.from({ length: 1 + nextBelow(rng, 6) }, () =>
      pick(nextBelow(rng, 4) === 0 ? texts : PIECES),
    );
    parts.splice(nextBelow(rng, parts.length + 1), 0, pick(needles));
    if (when?.also !== undefined) parts.splice(nextBelow(rng, parts.length + 1), 0, pick(when.also));
    return [pick(PROGRAMS), parts.join('')] as const;
  });
}

/** The conditions of a rule one by one, with a name for the kind of each. */
function singleConditions({ also, next, place, notAfter }: RuleConditions): [string, RuleConditions][] {
  const kinds: [string, RuleConditions][] = [];
  if (also !== undefined) kinds.push(['also', { also }]);
  if (next !== undefined) kinds.push([`next ${next}`, { next }]);
  if (place !== undefined) kinds.push([`place ${place}`, { place }]);
  if (notAfter !== undefined) kinds.push(['not after', { notAfter }]);
  return kinds;
}

/** How the lines decide the conditions of the rules whose needles they hold: `<kind> holds`, `<kind> fails`. */
function decisions(messages: readonly string[]): Set<string> {
  const seen = new Set<string>();
  for (const { needles, when } of ALL_RULES) {
    if (when === undefined) continue;
    for (const [kind, condition] of singleConditions(when)) {
      for (const needle of needles) {
        for (const message of messages) {
          const at = message.indexOf(needle);
          if (at < 0) continue;
          seen.add(`${kind} ${conditionsHold(condition, message, needle, at) ? 'holds' : 'fails'}`);
        }
      }
    }
  }
  return seen;
}

const CLASSIFY = `
import json
from wifi_events import load_rules
from wifi_events import Classifier
classifier = Classifier(load_rules('wifi_rules.json'))
for line in open('lines.json', encoding='utf-8'):
    event = classifier.classify(*json.loads(line))
    number = lambda v: None if v != v else v
    print(json.dumps([event.name, classifier.groups(event), event.mac, event.ssid, event.reason, event.status,
        number(event.signal), number(event.txrate), event.freq]))
`;

const UNKNOWN_CONDITION = `
import json
from wifi_events import Classifier
rules = json.load(open('wifi_rules.json', encoding='utf-8'))
rules['sentence_rules'][0]['when'] = json.loads('WHEN')
Classifier(rules)
`;

const numpy = pythonModule('numpy', 'event rules were not compared with Python.');

describe.skipIf(numpy === undefined)('event rules in Python', () => {
  const directory = temporaryDirectory('package-events');

  beforeAll(() => {
    for (const name of EXTRACTOR_SCRIPTS) copyFileSync(join(ASSETS, name), join(directory, name));
    writeFileSync(join(directory, 'wifi_rules.json'), JSON.stringify(extractorRules()));
  });

  /** Classifies lines in both languages and compares all fields. Returns the names of the classes. */
  async function compareLines(lines: readonly Line[]): Promise<Set<string>> {
    writeFileSync(join(directory, 'lines.json'), lines.map((line) => JSON.stringify(line)).join('\n'));
    const { code, stdout, stderr } = await runPython(directory, ['-W', 'error', '-c', CLASSIFY]);
    expect(code, stderr).toBe(0);
    const answers = stdout.trimEnd().split('\n');
    expect(answers).toHaveLength(lines.length);
    const fields = createEventFields();
    const seen = new Set<string>();
    lines.forEach(([program, message], i) => {
      const id = classify(program, message, fields);
      seen.add(EVENT_CLASSES[id]);
      const { mac, ssid, reason, status, signal, txrate, freq } = fields;
      const missing = (value: number): number | null => (Number.isNaN(value) ? null : value);
      const expected = [
        EVENT_CLASSES[id],
        eventGroups(id, fields),
        mac < 0 ? '' : formatMac(mac).replaceAll(':', ''),
        ssid,
        reason,
        status,
        missing(signal),
        missing(txrate),
        freq,
      ];
      expect(JSON.parse(answers[i]), `${program}: ${JSON.stringify(message)}`).toEqual(expected);
    });
    return seen;
  }

  const everywhere = (texts: readonly string[]): Line[] =>
    texts.flatMap((text) => PROGRAMS.map((program) => [program, text] as const));

  it('classify a sentence of every rule as the training service does', async () => {
    const seen = await compareLines(everywhere([...SENTENCES, ...ruleSentences()]));
    // Otherwise the comparison would prove little.
    expect([...EVENT_CLASSES].filter((name) => !seen.has(name))).toEqual([]);
  });

  it('decide each kind of condition both ways, as the training service does', async () => {
    const kinds = ['also', 'next address', 'next capital', 'not after'];
    const places = ['place start', 'place end', 'place interface'];
    const ways = [...kinds, ...places].flatMap((kind) => [`${kind} holds`, `${kind} fails`]);
    expect([...decisions(SENTENCES)].sort()).toEqual(ways.sort());
    await compareLines([...everywhere(SENTENCES), ...thrownTogether(20_000)]);
  });

  it('classify real lines as the training service does', async ({ skip }) => {
    // Says loudly when it is not there.
    const path = sharedData('wifi/corpus.jsonl.gz');
    if (path === null) return skip();
    const rows = gunzipSync(readFileSync(path)).toString('utf8').trimEnd().split('\n');
    const lines = rows.map((row): Line => {
      const { process_name, message } = JSON.parse(row) as { process_name: string; message: string };
      return [process_name, message];
    });
    expect((await compareLines(lines)).size).toBeGreaterThan(40);
  });

  it('name the client that got no address', async () => {
    const script = `
from wifi_events import load_rules
from wifi_events import Classifier
classifier = Classifier(load_rules('wifi_rules.json'))
event = classifier.classify('dnsmasq-dhcp', 'DHCPDISCOVER(br0) 02:00:00:aa:bb:01 no address available')
print(event.name, event.mac)`;
    const { stdout, stderr } = await runPython(directory, ['-W', 'error', '-c', script]);
    expect(stdout.trim(), stderr).toBe('dhcp_exhausted 020000aabb01');
  });

  it.each(['{"before": "x"}', '{"next": "digit"}', '{"place": "middle"}'])(
    'are refused with a condition nobody evaluates: %s',
    async (when) => {
      const { code, stderr } = await runPython(directory, ['-c', UNKNOWN_CONDITION.replace('WHEN', when)]);
      expect(code).toBe(1);
      expect(stderr).toContain('ValueError: wifi_rules.json: this extractor does not know the condition');
    },
  );
});
