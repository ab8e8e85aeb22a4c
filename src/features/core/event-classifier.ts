import { eventClassId, type EventClassId } from './event-class.js';
import {
  findMac,
  integerAfter,
  parseIntegerAt,
  parseMacAt,
  resetEventFields,
  type EventFields,
} from './event-fields.js';
import { STATION_RULES, TOKEN_PREFIX_RULES, TOKEN_RULES, WPA_RULES, type EventRule } from './event-rules.js';
import { BROADCOM_RULES, DHCP_RULES, KERNEL_RULES, SYSTEM_RULES } from './event-rules-system.js';

/** The sentences one kind of program may write, in the order they are tried. */
interface RuleList {
  readonly rules: readonly CompiledRule[];
  /**
   * Any needle of the list, where most lines hold none: one scan tells. null where nearly every line is an event of
   * one of the first rules.
   */
  readonly anyNeedle: RegExp | null;
}

interface CompiledRule {
  readonly id: EventClassId;
  readonly needles: readonly string[];
  readonly rule: EventRule;
}

const compile = (rules: readonly EventRule[]): readonly CompiledRule[] =>
  rules.map((rule) => ({ id: eventClassId(rule.class), needles: rule.needles, rule }));

const tokenRules = new Map<string, CompiledRule[]>();
for (const rule of compile(TOKEN_RULES)) {
  for (const token of rule.needles) tokenRules.set(token, [...(tokenRules.get(token) ?? []), rule]);
}
const tokenPrefixRules = compile(TOKEN_PREFIX_RULES);
const stationRules = compile(STATION_RULES);

const wpa = compile(WPA_RULES);
const kernel = compile(KERNEL_RULES);
const broadcom = compile(BROADCOM_RULES);
const dhcp = compile(DHCP_RULES);
const system = compile(SYSTEM_RULES);

function ruleList(...tables: readonly (readonly CompiledRule[])[]): RuleList {
  const rules = tables.flat();
  const needles = new Set(rules.flatMap((rule) => rule.needles));
  const escaped = [...needles].map((needle) => needle.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  return { rules, anyNeedle: new RegExp(escaped.join('|')) };
}

/** For programs that write little else than their events. */
const talkative = (...tables: readonly (readonly CompiledRule[])[]): RuleList => ({
  rules: tables.flat(),
  anyNeedle: null,
});

/** A program nobody knows (relayed logs, shill, NetworkManager) may carry any of the wordings. */
const anything = ruleList(wpa, kernel, broadcom, dhcp, system);

/** Rules to try per program, by a part of its lower-case name; the first that fits. */
const RULES_BY_PROGRAM: readonly (readonly [string, RuleList])[] = [
  ['hostapd', ruleList(wpa, system)],
  ['wpa_supplicant', ruleList(wpa, system)],
  ['wlceventd', talkative(broadcom, system)],
  ['acsd', ruleList(broadcom, system)],
  ['roamast', talkative(broadcom, system)],
  ['watchdog', ruleList(broadcom, system)],
  ['kernel', ruleList(kernel, broadcom, system)],
  ['dnsmasq', talkative(dhcp, system)],
  ['netifd', ruleList(system)],
];

/** Distinct program names are few, but they come from the input: an attacker must not fill the memory with them. */
const MAX_CACHED_PROGRAMS = 4096;
const rulesByProgram = new Map<string, RuleList>();

function rulesFor(program: string): RuleList {
  const known = rulesByProgram.get(program);
  if (known !== undefined) return known;
  const name = program.toLowerCase();
  const rules = RULES_BY_PROGRAM.find(([part]) => name.includes(part))?.[1] ?? anything;
  if (rulesByProgram.size >= MAX_CACHED_PROGRAMS) rulesByProgram.clear();
  rulesByProgram.set(program, rules);
  return rules;
}

/**
 * Class of one log line, 0 (`other`) if none fits; `out` is overwritten with what the line carried.
 *
 * Three stages, the cheapest first: an event token in capitals (exact look-up), a hostapd station line (fixed places),
 * and only then the sentences of the program that wrote the line. Most WiFi lines end in the first two.
 */
export function classify(program: string, message: string, out: EventFields): EventClassId {
  resetEventFields(out);
  // `wlan0: TEXT`: the text begins after the first colon, unless the line begins with the token itself.
  const colon = message.indexOf(': ');
  const id = classifyEventAt(message, colon < 0 ? 0 : colon + 2, out);
  if (id > 0) return id;
  if (colon > 0 && isCapital(message.charCodeAt(0))) {
    const first = classifyEventAt(message, 0, out);
    if (first > 0) return first;
  }
  return classifyText(rulesFor(program), message, out);
}

const isCapital = (code: number): boolean => code >= 65 && code <= 90;

function classifyEventAt(message: string, at: number, out: EventFields): EventClassId {
  if (!isCapital(message.charCodeAt(at))) return 0;
  if (message.startsWith('STA ', at)) return classifyStation(message, at + 4, out);
  let end = at + 1;
  let dashes = 0;
  for (; end < message.length; end++) {
    const code = message.charCodeAt(end);
    if (code === 45) dashes++;
    else if (!isCapital(code) && !(code >= 48 && code <= 57)) break;
  }
  return dashes === 0 ? 0 : classifyToken(message, at, end, out);
}

function classifyToken(message: string, at: number, end: number, out: EventFields): EventClassId {
  const rules = tokenRules.get(message.slice(at, end));
  if (rules !== undefined) {
    for (const { id, rule } of rules) {
      if (rule.pattern === undefined || rule.pattern.test(message)) {
        takeFields(rule, message, end, out);
        return id;
      }
    }
  }
  for (const { id, needles, rule } of tokenPrefixRules) {
    for (const prefix of needles) {
      if (message.startsWith(prefix, at) && (rule.pattern === undefined || rule.pattern.test(message)))
        return id;
    }
  }
  return 0;
}

/** `at` = first character of the address; a masked address has the same 17 characters. */
function classifyStation(message: string, at: number, out: EventFields): EventClassId {
  const textAt = at + 18;
  for (const { id, needles, rule } of stationRules) {
    for (const needle of needles) {
      if (!message.startsWith(needle, textAt)) continue;
      out.mac = parseMacAt(message, at);
      if (rule.take !== undefined) takeFields(rule, message, textAt, out);
      return id;
    }
  }
  return 0;
}

function classifyText({ rules, anyNeedle }: RuleList, message: string, out: EventFields): EventClassId {
  if (anyNeedle !== null && !anyNeedle.test(message)) return 0;
  for (const { id, needles, rule } of rules) {
    for (const needle of needles) {
      const at = message.indexOf(needle);
      if (at < 0) continue;
      if (rule.pattern !== undefined && !rule.pattern.test(message)) break;
      // A station line with an unusual sentence still names its station in front of it.
      takeFields(rule, message, message.includes('STA ') ? 0 : at, out);
      return id;
    }
  }
  return 0;
}

/** Firmware writes 0 or 9999 for "no reading"; a real level is negative. */
const isSignal = (dbm: number): boolean => dbm < 0 && dbm > -150;

function takeFields({ take }: EventRule, message: string, from: number, out: EventFields): void {
  if (take === undefined) return;
  if (take.mac) {
    const at = findMac(message, from);
    if (at >= 0) out.mac = parseMacAt(message, at);
  }
  if (take.bssid !== undefined) {
    const at = message.indexOf(take.bssid, from);
    if (at >= 0) out.bssid = parseMacAt(message, at + take.bssid.length);
  }
  if (take.ssid !== undefined) out.ssid = textBetween(message, take.ssid[0], take.ssid[1], from);
  if (take.reason !== undefined) out.reason = firstInteger(message, take.reason, from);
  if (take.status !== undefined) out.status = firstInteger(message, take.status, from);
  if (take.freq !== undefined) out.freq = firstInteger(message, take.freq, from);
  if (take.signal !== undefined) {
    const dbm = integerAfter(message, take.signal, from);
    out.signal = isSignal(dbm) ? dbm : NaN;
  }
  if (take.txrate !== undefined) {
    const rate = integerAfter(message, take.txrate, from);
    out.txrate = rate > 0 ? rate : NaN;
  }
}

/** Integer after the first occurrence of `key` that a number follows (`(or has left) ... (8)`); -1 = none. */
function firstInteger(message: string, key: string, from: number): number {
  for (let at = message.indexOf(key, from); at >= 0; at = message.indexOf(key, at + 1)) {
    const value = parseIntegerAt(message, at + key.length);
    if (!Number.isNaN(value)) return value;
  }
  return -1;
}

function textBetween(message: string, before: string, after: string, from: number): string {
  const at = message.indexOf(before, from);
  if (at < 0) return '';
  const start = at + before.length;
  const end = message.indexOf(after, start);
  return end < 0 ? '' : message.slice(start, end);
}
