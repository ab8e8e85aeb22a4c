import { eventClassId, type EventClassId } from './event-class.js';
import { conditionsHold, isCapital } from './event-conditions.js';
import {
  findMac,
  integerAfter,
  parseIntegerAt,
  parseMacAt,
  resetEventFields,
  type EventFields,
} from './event-fields.js';
import { RULE_LISTS, ruleListOf } from './event-rule-lists.js';
import { STATION_RULES, TOKEN_PREFIX_RULES, TOKEN_RULES, type EventRule } from './event-rules.js';

interface CompiledRule {
  readonly id: EventClassId;
  readonly rule: EventRule;
}

interface CompiledList {
  readonly rules: readonly CompiledRule[];
  /**
   * Any needle of the list, where most lines hold none: one scan tells. null where nearly every line is an event of
   * one of the first rules.
   */
  readonly anyNeedle: RegExp | null;
}

const compile = (rules: readonly EventRule[]): readonly CompiledRule[] =>
  rules.map((rule) => ({ id: eventClassId(rule.class), rule }));

const tokenRules = new Map<string, CompiledRule[]>();
for (const compiled of compile(TOKEN_RULES)) {
  for (const token of compiled.rule.needles) {
    tokenRules.set(token, [...(tokenRules.get(token) ?? []), compiled]);
  }
}
const tokenPrefixRules = compile(TOKEN_PREFIX_RULES);
const stationRules = compile(STATION_RULES);

function anyOf(rules: readonly EventRule[]): RegExp {
  const needles = new Set(rules.flatMap((rule) => rule.needles));
  const escaped = [...needles].map((needle) => needle.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  return new RegExp(escaped.join('|'));
}

const lists: readonly CompiledList[] = RULE_LISTS.map(({ rules, talkative }) => ({
  rules: compile(rules),
  anyNeedle: talkative ? null : anyOf(rules),
}));

/** Distinct program names are few, but they come from the input: an attacker must not fill the memory with them. */
const MAX_CACHED_PROGRAMS = 4096;
const listByProgram = new Map<string, CompiledList>();

function listFor(program: string): CompiledList {
  const known = listByProgram.get(program);
  if (known !== undefined) return known;
  const list = lists[ruleListOf(program)];
  if (listByProgram.size >= MAX_CACHED_PROGRAMS) listByProgram.clear();
  listByProgram.set(program, list);
  return list;
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
  const textAt = colon < 0 ? 0 : colon + 2;
  const id = classifyEventAt(message, textAt, out);
  if (id > 0) return id;
  if (colon > 0 && isCapital(message.charCodeAt(0))) {
    const first = classifyEventAt(message, 0, out);
    if (first > 0) return first;
  }
  return classifyText(listFor(program), message, textAt, out);
}

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
      if (rule.when === undefined || conditionsHold(rule.when, message, '', at)) {
        takeFields(rule, message, end, out);
        return id;
      }
    }
  }
  for (const { id, rule } of tokenPrefixRules) {
    for (const prefix of rule.needles) {
      if (!message.startsWith(prefix, at)) continue;
      if (rule.when === undefined || conditionsHold(rule.when, message, prefix, at)) return id;
    }
  }
  return 0;
}

/** `at` = first character of the address; a masked address has the same 17 characters. */
function classifyStation(message: string, at: number, out: EventFields): EventClassId {
  const textAt = at + 18;
  for (const { id, rule } of stationRules) {
    for (const needle of rule.needles) {
      if (!message.startsWith(needle, textAt)) continue;
      out.mac = parseMacAt(message, at);
      if (rule.take !== undefined) takeFields(rule, message, textAt, out);
      return id;
    }
  }
  return 0;
}

function classifyText(
  { rules, anyNeedle }: CompiledList,
  message: string,
  textAt: number,
  out: EventFields,
): EventClassId {
  if (anyNeedle !== null && !anyNeedle.test(message)) return 0;
  for (const { id, rule } of rules) {
    for (const needle of rule.needles) {
      const at = message.indexOf(needle);
      if (at < 0) continue;
      if (rule.when !== undefined && !conditionsHold(rule.when, message, needle, at)) continue;
      // A station line with an unusual sentence still names its station in front of it.
      takeFields(rule, message, message.startsWith('STA ', textAt) ? textAt : at, out);
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
