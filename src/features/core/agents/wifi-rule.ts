import type { AgentRule, MessageTally } from './agent-rule.js';
import { DIGIT } from './python-text.js';

const AUTH_FAILURES = 0;
const DEAUTHS = 1;
const BEACONS = 2;
const MACS = 3;
const SSIDS = 4;
const FIRST_REASON = 5;
const CODES = 17;
const FIRST_STATUS = FIRST_REASON + CODES;
const COLUMNS = FIRST_STATUS + CODES;

const MAC = /([0-9A-Fa-f]{2}[:-]){5}([0-9A-Fa-f]{2})/g;
const SSID = /SSID='([^']+)'/;
const REASON = new RegExp(`reason=(${DIGIT}+)`, 'u');
const STATUS = new RegExp(`status=(${DIGIT}+)`, 'u');

/** The texts 1 to 17: `01` and `18` are counted nowhere. */
const CODE_TEXTS: ReadonlyMap<string, number> = new Map(
  Array.from({ length: CODES }, (_, index) => [String(index + 1), index]),
);

/** Only the first match of a message counts, also when it is none of the codes. */
function addCode(pattern: RegExp, message: string, firstColumn: number, tally: MessageTally): void {
  const code = CODE_TEXTS.get(pattern.exec(message)?.[1] ?? '');
  if (code !== undefined) tally.add(firstColumn + code, 1);
}

/** 39 columns, case-sensitive. */
export const WIFI_RULE: AgentRule = {
  sums: COLUMNS,
  read(message, tally) {
    if (message.includes('authentication failure')) tally.add(AUTH_FAILURES, 1);
    if (message.includes('deauthentication')) tally.add(DEAUTHS, 1);
    if (message.includes('beacon')) tally.add(BEACONS, 1);
    // A repeated group keeps its last turn: the value is the fifth octet with its separator, and the sixth octet.
    for (const [, fifth, sixth] of message.matchAll(MAC)) tally.addDistinct(MACS, fifth + sixth);
    const ssid = SSID.exec(message);
    if (ssid !== null) tally.addDistinct(SSIDS, ssid[1]);
    addCode(REASON, message, FIRST_REASON, tally);
    addCode(STATUS, message, FIRST_STATUS, tally);
  },
};
