import { AppError } from '../../shared/errors.js';
import { AgentAggregator } from './agents/agent-aggregator.js';
import type { AgentDefinition } from './agents/agent-rule.js';
import { AGENTS } from './agents/agent-sets.js';
import { needsContext } from './context-formulas.js';
import { FEATURE_CATALOGUE, type FeatureName } from './feature-catalogue.js';
import type { FeatureSetDefinition } from './feature-set.js';
import { WindowAggregator } from './window-aggregator.js';

/**
 * The list of the original design documents, in its order, whether there was a signal reading at all, and what tells
 * attacks and faults from busy evenings: context, first times, silence.
 */
const WIFI: readonly FeatureName[] = [
  'auth_failure_ratio',
  'deauth_ratio',
  'beacon_ratio',
  'unique_mac_count',
  'unique_ssid_count',
  'mean_signal_strength',
  'std_signal_strength',
  'mean_data_rate',
  'mean_packet_loss',
  'error_ratio',
  'warning_ratio',
  'device_type',
  'connection_type',
  'mean_hour_of_day',
  'mean_day_of_week',
  'mean_time_between_events',
  'signal_strength_trend',
  'connection_stability',
  'network_load',
  'log_count',
  'error_log_ratio',
  'unique_program_count',
  'disassociation_events',
  'total_devices',
  'max_device_activity',
  'mean_device_activity',
  'signal_missing',
  'max_reconnects_per_mac_30m',
  'forced_reconnects_30m',
  'lost_client_share',
  'disconnect_burst_10s',
  'auth_fail_30m',
  'new_bssid_30m',
  'forged_frames_30m',
  'dhcp_unanswered_30m',
  'radar_30m',
  'boot_crash_30m',
  'log_rate_logratio',
  'silence_surprise',
  'rssi_drop_30m',
  'weak_link_30m',
];

/** For logs without WiFi lines (many real exports have none): volume, severities, programs, pauses. */
const SYSTEM: readonly FeatureName[] = [
  'log_count',
  'error_ratio',
  'warning_ratio',
  'error_log_ratio',
  'unique_program_count',
  'new_program_count',
  'top_program_share',
  'mean_time_between_events',
  'max_gap_seconds',
  'mean_hour_of_day',
  'mean_day_of_week',
  'total_devices',
  'max_device_activity',
  'mean_device_activity',
];

/** A set of features computed from recognised events. */
function events(
  name: string,
  names: readonly FeatureName[],
  { wifiRequired }: Pick<FeatureSetDefinition, 'wifiRequired'>,
): FeatureSetDefinition {
  const features = names.map((feature) => FEATURE_CATALOGUE.get(feature)!);
  return {
    name,
    features,
    pooled: false,
    preprocessing: 'standard',
    hasState: names.some(needsContext),
    wifiRequired,
    programs: null,
    createAggregator: (window, zone, options) => new WindowAggregator({ window, features, zone, ...options }),
  };
}

/** The numbers that an agent of the consumer sends, which are raw and never scaled. */
function agentSet(agent: AgentDefinition): FeatureSetDefinition {
  const { name, features, programs, wifiRequired } = agent;
  return {
    name,
    features,
    pooled: true,
    preprocessing: 'identity',
    hasState: false,
    wifiRequired,
    programs,
    createAggregator: (window, _zone, options) => new AgentAggregator({ window, agent, ...options }),
  };
}

const SETS: ReadonlyMap<string, FeatureSetDefinition> = new Map(
  [
    events('wifi', WIFI, { wifiRequired: true }),
    events('system', SYSTEM, { wifiRequired: false }),
    ...AGENTS.map(agentSet),
  ].map((set) => [set.name, set]),
);

/** Names that `features.set` accepts. */
export function featureSetNames(): readonly string[] {
  return [...SETS.keys()];
}

/** @throws AppError `config_invalid` for a name that is not one of {@link featureSetNames} */
export function featureSet(name: string): FeatureSetDefinition {
  const set = SETS.get(name);
  if (set !== undefined) return set;
  throw new AppError(
    'config_invalid',
    `features.set is "${name}", expected one of: ${featureSetNames().join(', ')}.`,
    {
      hint: 'Choose one of the listed feature sets; "wifi" is the default.',
    },
  );
}
