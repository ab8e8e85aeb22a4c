import { normaliseLevel } from '../../export/core/log-level.js';
import { WIFI_PROGRAMS } from '../../export/core/wifi-programs.js';
import { programBits } from '../../features/core/device-kind.js';
import { EVENT_CLASSES, eventClassId, eventGroups } from '../../features/core/event-class.js';
import { CATALOGUE_VERSION } from '../../features/core/feature-catalogue.js';
import {
  STATION_RULES,
  TOKEN_PREFIX_RULES,
  TOKEN_RULES,
  WPA_RULES,
  type EventRule,
} from '../../features/core/event-rules.js';
import {
  BROADCOM_RULES,
  DHCP_RULES,
  KERNEL_RULES,
  SYSTEM_RULES,
} from '../../features/core/event-rules-system.js';
import { pythonPattern } from './package-python-pattern.js';

/** Feature sets whose columns the packaged extractor can compute. */
export const EXTRACTED_SETS: readonly string[] = ['wifi', 'system'];

/** IEEE 802.11 reason code 15, the one that makes a disconnect a failed authentication. */
const HANDSHAKE_TIMEOUT = 15;

const TABLES = {
  token: TOKEN_RULES,
  token_prefix: TOKEN_PREFIX_RULES,
  station: STATION_RULES,
  wpa: WPA_RULES,
  kernel: KERNEL_RULES,
  broadcom: BROADCOM_RULES,
  dhcp: DHCP_RULES,
  system: SYSTEM_RULES,
} as const satisfies Record<string, readonly EventRule[]>;

type SentenceTable = 'wpa' | 'kernel' | 'broadcom' | 'dhcp' | 'system';

/** Tables tried per program, by a part of its lower-case name, first that fits; as in event-classifier.ts. */
const TABLES_BY_PROGRAM: readonly (readonly [string, readonly SentenceTable[]])[] = [
  ['hostapd', ['wpa', 'system']],
  ['wpa_supplicant', ['wpa', 'system']],
  ['wlceventd', ['broadcom', 'system']],
  ['acsd', ['broadcom', 'system']],
  ['roamast', ['broadcom', 'system']],
  ['watchdog', ['broadcom', 'system']],
  ['kernel', ['kernel', 'broadcom', 'system']],
  ['dnsmasq', ['dhcp', 'system']],
  ['netifd', ['system']],
];

const OTHER_PROGRAMS: readonly SentenceTable[] = ['wpa', 'kernel', 'broadcom', 'dhcp', 'system'];

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

function ruleRow({ class: name, needles, pattern, take }: EventRule): Record<string, unknown> {
  const python = pattern === undefined ? null : pythonPattern(pattern);
  return {
    class: name,
    needles,
    ...(python === null ? {} : { pattern: python.pattern }),
    ...(python?.ignoreCase ? { ignore_case: true } : {}),
    ...(take === undefined ? {} : { take }),
  };
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
      eventGroups(id, { status: -1, reason: HANDSHAKE_TIMEOUT }),
    ];
  };
  return {
    catalogue_version: CATALOGUE_VERSION,
    feature_sets: EXTRACTED_SETS,
    handshake_timeout_reason: HANDSHAKE_TIMEOUT,
    classes: Object.fromEntries(EVENT_CLASSES.map((name) => [name, groups(name)])),
    tables: Object.fromEntries(Object.entries(TABLES).map(([name, rules]) => [name, rules.map(ruleRow)])),
    tables_by_program: TABLES_BY_PROGRAM,
    tables_of_other_programs: OTHER_PROGRAMS,
    wifi_programs: [...WIFI_PROGRAMS],
    device_bits: TELLING_PROGRAMS.map((part) => [part, programBits(part)]),
    levels: Object.fromEntries(LEVEL_NAMES.map((name) => [name, normaliseLevel(name)])),
  };
}
