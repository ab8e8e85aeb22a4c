import type { FeatureName } from './feature-catalogue.js';
import {
  AUTH_FAILURES,
  BEACONS,
  BINS_HIGH,
  BINS_LOW,
  CONNECTS,
  DISASSOCIATIONS,
  DISCONNECTS,
  ERROR_TEXTS,
  ERRORS,
  FIRST_OFFSET,
  JOINS,
  LAST_OFFSET,
  LOGS,
  MACS,
  PROGRAMS,
  RATE_SUM,
  RATES,
  SIGNAL_PRODUCTS,
  SIGNAL_SECONDS,
  SIGNAL_SECONDS_SQUARES,
  SIGNAL_SQUARES,
  SIGNAL_SUM,
  SIGNALS,
  SSIDS,
  TOP_PROGRAM,
  WARNINGS,
  WIFI_LINES,
} from './window-slots.js';
import type { WindowView } from './window-view.js';

/** Computes one column from the sums of one window; definitions in feature-catalogue.ts. */
export type FeatureFormula = (window: WindowView) => number;

const ratio = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);
const count =
  (column: number): FeatureFormula =>
  ({ ints }) =>
    ints[column];
const perLine =
  (column: number): FeatureFormula =>
  ({ ints }) =>
    ratio(ints[column], ints[LOGS]);
const perWifiLine =
  (column: number): FeatureFormula =>
  ({ ints }) =>
    ratio(ints[column], ints[WIFI_LINES]);

const BINS = 60;
const HALF = 30;

/** Sixtieths of the window without a line, longest run, both edges included. */
function longestEmptyRun(low: number, high: number): number {
  let longest = 0;
  let run = 0;
  for (let bin = 0; bin < BINS; bin++) {
    const used = bin < HALF ? (low >>> bin) & 1 : (high >>> (bin - HALF)) & 1;
    run = used === 1 ? 0 : run + 1;
    if (run > longest) longest = run;
  }
  return longest;
}

/** Population standard deviation of integers from their exact sums. */
function deviation(n: number, sum: number, squares: number): number {
  return n === 0 ? NaN : Math.sqrt((n * squares - sum * sum) / (n * n));
}

function slopePerMinute({ ints, sums }: WindowView): number {
  const n = ints[SIGNALS];
  const seconds = sums[SIGNAL_SECONDS];
  const spread = n * sums[SIGNAL_SECONDS_SQUARES] - seconds * seconds;
  if (n < 2 || spread <= 0) return NaN;
  return (60 * (n * sums[SIGNAL_PRODUCTS] - seconds * sums[SIGNAL_SUM])) / spread;
}

export const FEATURE_FORMULAS: Readonly<Record<FeatureName, FeatureFormula>> = {
  auth_failure_ratio: perWifiLine(AUTH_FAILURES),
  deauth_ratio: perWifiLine(DISCONNECTS),
  beacon_ratio: perWifiLine(BEACONS),
  unique_mac_count: count(MACS),
  unique_ssid_count: count(SSIDS),
  mean_signal_strength: ({ ints, sums }) => (ints[SIGNALS] > 0 ? sums[SIGNAL_SUM] / ints[SIGNALS] : NaN),
  std_signal_strength: ({ ints, sums }) => deviation(ints[SIGNALS], sums[SIGNAL_SUM], sums[SIGNAL_SQUARES]),
  mean_data_rate: ({ ints, sums }) => (ints[RATES] > 0 ? sums[RATE_SUM] / (1000 * ints[RATES]) : NaN),
  mean_packet_loss: () => NaN,
  error_ratio: perLine(ERRORS),
  warning_ratio: perLine(WARNINGS),
  device_type: ({ deviceType }) => deviceType,
  connection_type: ({ connectionType }) => connectionType,
  mean_hour_of_day: ({ hourOfDay }) => hourOfDay,
  mean_day_of_week: ({ dayOfWeek }) => dayOfWeek,
  mean_time_between_events: ({ ints, lengthSeconds }) =>
    ints[LOGS] < 2 ? lengthSeconds : (ints[LAST_OFFSET] - ints[FIRST_OFFSET]) / (1000 * (ints[LOGS] - 1)),
  signal_strength_trend: slopePerMinute,
  connection_stability: ({ ints }) => (1 + ints[CONNECTS]) / (1 + ints[CONNECTS] + ints[DISCONNECTS]),
  network_load: ({ ints, lengthSeconds }) => (60 * ints[JOINS]) / lengthSeconds,
  log_count: count(LOGS),
  error_log_ratio: perLine(ERROR_TEXTS),
  unique_program_count: count(PROGRAMS),
  disassociation_events: count(DISASSOCIATIONS),
  total_devices: ({ slotDevices }) => slotDevices,
  max_device_activity: ({ slotTopDevice }) => slotTopDevice,
  mean_device_activity: ({ slotLogs, slotDevices }) => ratio(slotLogs, slotDevices),
  signal_missing: ({ ints }) => (ints[SIGNALS] > 0 ? 0 : 1),
  new_program_count: ({ newPrograms }) => newPrograms,
  max_gap_seconds: ({ ints, lengthSeconds }) =>
    (longestEmptyRun(ints[BINS_LOW], ints[BINS_HIGH]) * lengthSeconds) / BINS,
  top_program_share: perLine(TOP_PROGRAM),
};
