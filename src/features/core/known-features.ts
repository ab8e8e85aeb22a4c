import {
  AGENT_DNS_FEATURES,
  AGENT_FIREWALL_FEATURES,
  AGENT_GENERIC_FEATURES,
  AGENT_WIFI_FEATURES,
} from './agents/agent-catalogue.js';
import { FEATURE_CATALOGUE } from './feature-catalogue.js';

/** Names of every feature of every set, each once. Light: loads the catalogues, no extractor. */
export function knownFeatureNames(): readonly string[] {
  const agents = [
    ...AGENT_WIFI_FEATURES,
    ...AGENT_GENERIC_FEATURES,
    ...AGENT_DNS_FEATURES,
    ...AGENT_FIREWALL_FEATURES,
  ];
  return [...new Set([...FEATURE_CATALOGUE.keys(), ...agents.map(({ name }) => name)])];
}
