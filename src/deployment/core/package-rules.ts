import { normaliseLevel } from '../../export/core/log-level.js';
import { WIFI_PROGRAMS } from '../../export/core/wifi-programs.js';
import { programBits } from '../../features/core/device-kind.js';
import {
  EVENT_CLASSES,
  eventClassId,
  eventGroups,
  REASON_HANDSHAKE_TIMEOUT,
} from '../../features/core/event-class.js';
import type { RuleConditions } from '../../features/core/event-conditions.js';
import { RULE_LISTS } from '../../features/core/event-rule-lists.js';
import {
  STATION_RULES,
  TOKEN_PREFIX_RULES,
  TOKEN_RULES,
  type EventRule,
} from '../../features/core/event-rules.js';
import { CATALOGUE_VERSION } from '../../features/core/feature-catalogue.js';

/** Feature sets whose columns the packaged extractor can compute. */
export const EXTRACTED_SETS: readonly string[] = ['wifi', 'system'];

/** Parts of program names that tell what a device is; their bits come from device-kind.ts. */
const TELLING_PROGRAMS = [
  'wlceventd',
  'acsd',
  'roamast',
  'watchdog',
  'netifd',
  'odhcpd',
  'procd',
  'hostapd',
  'dnsmasq',
  'wpa_supplicant',
  'networkmanager',
  'iwd',
] as const;

/** Spellings of a severity; their numbers come from log-level.ts. */
const LEVEL_NAMES = [
  ...['emergency', 'emerg', 'panic', 'alert', 'critical', 'crit', 'fatal', 'error', 'err', 'severe'],
  ...['warning', 'warn', 'notice', 'info', 'informational', 'information', 'debug', 'trace', 'verbose'],
  ...['0', '1', '2', '3', '4', '5', '6', '7'],
] as const;

/** The conditions of a rule under the names of the file; a condition that is new in the code does not compile here. */
function conditionRow({ also, next, place, notAfter, ...rest }: RuleConditions): Record<string, unknown> {
  const nothingElse: Record<string, never> = rest;
  return { also, next, place, not_after: notAfter, ...nothingElse };
}

/** JSON leaves out what is undefined. */
function ruleRow({ class: name, needles, when, take }: EventRule): Record<string, unknown> {
  return { class: name, needles, when: when === undefined ? undefined : conditionRow(when), take };
}

/**
 * `wifi_rules.json`: the event rules and every other table the packaged extractor needs, taken from the code that
 * trained the model, so that there is no second copy to forget. `classes` gives per event class the bit sets it counts
 * in: usually, with a status above 0 (a refused wlceventd association), and with reason 15.
 */
export function extractorRules(): Record<string, unknown> {
  const groups = (name: (typeof EVENT_CLASSES)[number]): [number, number, number] => {
    const id = eventClassId(name);
    return [
      eventGroups(id, { status: -1, reason: -1 }),
      eventGroups(id, { status: 1, reason: -1 }),
      eventGroups(id, { status: -1, reason: REASON_HANDSHAKE_TIMEOUT }),
    ];
  };
  // The lists share rules: each is written once, and a list names them by their place.
  const sentences = [...new Set(RULE_LISTS.flatMap(({ rules }) => rules))];
  return {
    catalogue_version: CATALOGUE_VERSION,
    feature_sets: EXTRACTED_SETS,
    handshake_timeout_reason: REASON_HANDSHAKE_TIMEOUT,
    classes: Object.fromEntries(EVENT_CLASSES.map((name) => [name, groups(name)])),
    token_rules: TOKEN_RULES.map(ruleRow),
    token_prefix_rules: TOKEN_PREFIX_RULES.map(ruleRow),
    station_rules: STATION_RULES.map(ruleRow),
    sentence_rules: sentences.map(ruleRow),
    rule_lists: RULE_LISTS.map(({ programs, rules }) => ({
      programs,
      rules: rules.map((rule) => sentences.indexOf(rule)),
    })),
    wifi_programs: [...WIFI_PROGRAMS],
    device_bits: TELLING_PROGRAMS.map((part) => [part, programBits(part)]),
    levels: Object.fromEntries(LEVEL_NAMES.map((name) => [name, normaliseLevel(name)])),
  };
}
