import {
  AGENT_DNS_FEATURES,
  AGENT_FIREWALL_FEATURES,
  AGENT_GENERIC_FEATURES,
  AGENT_WIFI_FEATURES,
} from './agent-catalogue.js';
import type { AgentDefinition } from './agent-rule.js';
import { DNS_RULE } from './dns-rule.js';
import { FIREWALL_RULE } from './firewall-rule.js';
import { GENERIC_RULE } from './generic-rule.js';
import { WIFI_RULE } from './wifi-rule.js';

const WIFI_PROGRAMS = ['hostapd', 'wpa_supplicant'];

/**
 * The consumer chooses the rule of a window by its rows: a program named exactly like one of the agent's is enough. With
 * rows of other names only (`dnsmasq-dhcp` alone) it sends the generic columns instead, which a model of another set
 * refuses; such a window is computed with the rule of the set here, because a row needs the columns of its model.
 */
export const AGENTS: readonly AgentDefinition[] = [
  {
    name: 'agent-wifi',
    features: AGENT_WIFI_FEATURES,
    programs: WIFI_PROGRAMS,
    wifiRequired: true,
    rule: WIFI_RULE,
  },
  {
    // The WiFi agent again: its rows come from the database without a key `program`, and without one it is generic.
    name: 'agent-generic',
    features: AGENT_GENERIC_FEATURES,
    programs: WIFI_PROGRAMS,
    wifiRequired: true,
    rule: GENERIC_RULE,
  },
  {
    name: 'agent-dns',
    features: AGENT_DNS_FEATURES,
    programs: ['named', 'dnsmasq', 'systemd-resolved'],
    wifiRequired: false,
    rule: DNS_RULE,
  },
  {
    name: 'agent-firewall',
    features: AGENT_FIREWALL_FEATURES,
    programs: ['iptables', 'ufw', 'firewalld'],
    wifiRequired: false,
    rule: FIREWALL_RULE,
  },
];
