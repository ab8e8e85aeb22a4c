import { AppError } from '../../shared/errors.js';
import { FEATURE_CATALOGUE, type FeatureDefinition, type FeatureName } from './feature-catalogue.js';

/** A named, ordered list of features: the columns of a model. */
export interface FeatureSetDefinition {
  readonly name: string;
  readonly features: readonly FeatureDefinition[];
}

/** The list of the original design documents, in its order, and whether there was a signal reading at all. */
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

function define(name: string, features: readonly FeatureName[]): [string, FeatureSetDefinition] {
  const definitions = features.map((feature) => FEATURE_CATALOGUE.get(feature)!);
  return [name, { name, features: definitions }];
}

const SETS = new Map<string, FeatureSetDefinition>([define('wifi', WIFI), define('system', SYSTEM)]);

/** Names that `features.set` accepts. */
export function featureSetNames(): readonly string[] {
  return [...SETS.keys()];
}

/** Names of every feature of the catalogue. */
export function knownFeatureNames(): readonly string[] {
  return [...FEATURE_CATALOGUE.keys()];
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
