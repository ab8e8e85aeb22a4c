import { WPA_RULES, type EventRule } from './event-rules.js';
import { BROADCOM_RULES, DHCP_RULES, KERNEL_RULES, SYSTEM_RULES } from './event-rules-system.js';

/** The sentences one kind of program may write, in the order they are tried: the first that fits counts. */
export interface RuleList {
  /** Parts of the lower-case names of the programs. */
  readonly programs: readonly string[];
  readonly rules: readonly EventRule[];
  /** Nearly every line of these programs is an event of one of the first rules. */
  readonly talkative: boolean;
}

/** The first list that names a part of the program's name counts; the last one is for all others. */
export const RULE_LISTS: readonly RuleList[] = [
  { programs: ['hostapd', 'wpa_supplicant'], rules: [...WPA_RULES, ...SYSTEM_RULES], talkative: false },
  { programs: ['wlceventd', 'roamast'], rules: [...BROADCOM_RULES, ...SYSTEM_RULES], talkative: true },
  { programs: ['acsd', 'watchdog'], rules: [...BROADCOM_RULES, ...SYSTEM_RULES], talkative: false },
  { programs: ['kernel'], rules: [...KERNEL_RULES, ...BROADCOM_RULES, ...SYSTEM_RULES], talkative: false },
  { programs: ['dnsmasq'], rules: [...DHCP_RULES, ...SYSTEM_RULES], talkative: true },
  { programs: ['netifd'], rules: SYSTEM_RULES, talkative: false },
  // A program nobody knows (relayed logs, shill, NetworkManager) may carry any of the wordings.
  {
    programs: [''],
    rules: [...WPA_RULES, ...KERNEL_RULES, ...BROADCOM_RULES, ...DHCP_RULES, ...SYSTEM_RULES],
    talkative: false,
  },
];

/** Index into {@link RULE_LISTS} of a program's name, whatever its case. */
export function ruleListOf(program: string): number {
  const name = program.toLowerCase();
  return RULE_LISTS.findIndex(({ programs }) => programs.some((part) => name.includes(part)));
}
