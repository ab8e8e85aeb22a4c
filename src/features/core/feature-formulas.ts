import { CONTEXT_FORMULAS, type ContextCell, type ContextFeature } from './context-formulas.js';
import type { FeatureName } from './feature-catalogue.js';
import {
  AUTH_FAILURES,
  BEACONS,
  BINS_HIGH,
  BINS_LOW,
  BURST,
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

/**
 * What one cell of the grid tells beyond the sums of its window: the windows of other devices in the same time slot, and
 * those of the device before it. Known only when all lines are in.
 */
export interface GridCell {
  /** Codes of what the device is and what it talks on, up to and including this window. */
  readonly deviceType: number;
  readonly connectionType: number;
  /** Programs the device shows for the first time. */
  readonly newPrograms: number;
  /** Devices with a line in this time slot, lines of the most active one, lines of all. */
  readonly slotDevices: number;
  readonly slotTopDevice: number;
  readonly slotLogs: number;
}

type GridFeature =
  | 'device_type'
  | 'connection_type'
  | 'total_devices'
  | 'max_device_activity'
  | 'mean_device_activity'
  | 'new_program_count';
type WindowFeature = Exclude<FeatureName, GridFeature | ContextFeature>;

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

const WINDOW_FORMULAS: Readonly<Record<WindowFeature, FeatureFormula>> = {
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
  signal_missing: ({ ints }) => (ints[SIGNALS] > 0 ? 0 : 1),
  max_gap_seconds: ({ ints, lengthSeconds }) =>
    (longestEmptyRun(ints[BINS_LOW], ints[BINS_HIGH]) * lengthSeconds) / BINS,
  top_program_share: perLine(TOP_PROGRAM),
  disconnect_burst_10s: count(BURST),
};

const GRID_FORMULAS: Readonly<Record<GridFeature, (cell: GridCell) => number>> = {
  device_type: ({ deviceType }) => deviceType,
  connection_type: ({ connectionType }) => connectionType,
  total_devices: ({ slotDevices }) => slotDevices,
  max_device_activity: ({ slotTopDevice }) => slotTopDevice,
  mean_device_activity: ({ slotLogs, slotDevices }) => ratio(slotLogs, slotDevices),
  new_program_count: ({ newPrograms }) => newPrograms,
};

export interface FormulaColumn<Source> {
  /** Position in the feature set. */
  readonly column: number;
  readonly formula: (source: Source) => number;
}

export interface FeatureColumns {
  /** Computed when a window is closed, in the order of its row. */
  readonly window: readonly FormulaColumn<WindowView>[];
  /** Computed when the grid is built. */
  readonly grid: readonly FormulaColumn<GridCell>[];
  /** Computed then, too, from the windows of the device before it. */
  readonly context: readonly FormulaColumn<ContextCell>[];
}

/** The features of a set, by when they can be computed. */
export function featureColumns(names: readonly string[]): FeatureColumns {
  const window: FormulaColumn<WindowView>[] = [];
  const grid: FormulaColumn<GridCell>[] = [];
  const context: FormulaColumn<ContextCell>[] = [];
  names.forEach((name, column) => {
    if (name in GRID_FORMULAS) grid.push({ column, formula: GRID_FORMULAS[name as GridFeature] });
    else if (name in CONTEXT_FORMULAS)
      context.push({ column, formula: CONTEXT_FORMULAS[name as ContextFeature] });
    else window.push({ column, formula: WINDOW_FORMULAS[name as WindowFeature] });
  });
  return { window, grid, context };
}
