import { formatTimestamp } from '../../export/core/timestamp.js';
import { AppError } from '../../shared/errors.js';
import { connectionType, deviceType } from './device-kind.js';
import type { FeatureDefinition, FeatureName } from './feature-catalogue.js';
import { FEATURE_FORMULAS } from './feature-formulas.js';
import {
  BAND_BITS,
  DEVICES,
  INT_COLUMNS,
  LOGS,
  OWNER,
  PROGRAM_BITS,
  SUM_COLUMNS,
  TOP_DEVICE,
  WINDOW_INDEX,
  type WindowSlots,
} from './window-slots.js';
import type { WindowConfig, WindowTable, ZoneOffset } from './window-table.js';
import { WindowView } from './window-view.js';

export interface GridInput {
  readonly config: WindowConfig;
  readonly features: readonly FeatureDefinition[];
  readonly zone: ZoneOffset;
  readonly slots: WindowSlots;
  /** Names by owner number. */
  readonly owners: readonly string[];
  /** Per slot: programs its owner shows for the first time in it. */
  readonly newPrograms: Int32Array;
  /** First and last arrival of the whole input, ms; NaN when there is none. */
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Windows that lie wholly inside the input, as indices (start = index x stride). */
export interface GridRange {
  readonly firstIndex: number;
  readonly windows: number;
}

/** Longest window: first and last arrival are kept as 32-bit milliseconds. */
const MAX_LENGTH_SECONDS = 14 * 86_400;

/** @throws AppError `config_invalid` for a length or stride that makes no grid */
export function checkWindows({ lengthSeconds, strideSeconds }: WindowConfig): void {
  const valid = (seconds: number): boolean =>
    Number.isInteger(seconds) && seconds >= 1 && seconds <= MAX_LENGTH_SECONDS;
  if (valid(lengthSeconds) && valid(strideSeconds) && strideSeconds <= lengthSeconds) return;
  throw new AppError(
    'config_invalid',
    `features.window: length ${lengthSeconds} s with stride ${strideSeconds} s is not possible, expected whole ` +
      `seconds from 1 to ${MAX_LENGTH_SECONDS} and a stride of at most the length.`,
    {
      hint: 'A stride above the length would leave lines between the windows unread; 300 and 300 are the default.',
    },
  );
}

/**
 * The first window starts at or after the first line, the last one ends at or before the last line: of the edge
 * windows only a part was exported, and a part looks like silence.
 */
export function gridRange(config: WindowConfig, firstMs: number, lastMs: number): GridRange {
  if (Number.isNaN(firstMs)) return { firstIndex: 0, windows: 0 };
  const strideMs = config.strideSeconds * 1000;
  const firstIndex = Math.ceil(firstMs / strideMs);
  const lastIndex = Math.floor((lastMs - config.lengthSeconds * 1000) / strideMs);
  return { firstIndex, windows: Math.max(0, lastIndex - firstIndex + 1) };
}

/** @throws AppError `export_invalid` when the grid would hold more than `maxWindows` windows */
export function checkGridSize(config: WindowConfig, rows: number, firstMs: number, lastMs: number): void {
  if (rows <= config.maxWindows) return;
  throw new AppError(
    'export_invalid',
    `The export spans ${formatTimestamp(firstMs)} to ${formatTimestamp(lastMs)} and needs more than ` +
      `${config.maxWindows} windows (at least ${rows}) of ${config.lengthSeconds} s.`,
    {
      hint: 'Check the export for wrong timestamps, choose a date range or longer windows, or raise features.window.max_windows.',
      details: { reason: 'too_many_windows', windows: rows, max_windows: config.maxWindows },
    },
  );
}

/** What a device has shown before the current window; goes on where a window says nothing. */
interface DeviceHistory {
  readonly programBits: Int32Array;
  readonly bands: Int32Array;
}

/** Turns the sums into the complete grid: every device has a row for every window, empty ones included. */
export function buildWindowTable(input: GridInput): WindowTable {
  const { config, features, slots, owners } = input;
  const range = gridRange(config, input.firstMs, input.lastMs);
  const deviceCount = owners.length;
  const rows = range.windows * deviceCount;
  checkGridSize(config, rows, input.firstMs, input.lastMs);

  const devices = [...owners].sort();
  const rankByName = new Map(devices.map((device, index) => [device, index]));
  const rank = Int32Array.from(owners, (owner) => rankByName.get(owner) ?? -1);
  const slotAt = new Int32Array(rows).fill(-1);
  const history = placeSlots(slots, range, rank, slotAt);

  const columns = features.length;
  const formulas = features.map(({ name }) => FEATURE_FORMULAS[name as FeatureName]);
  const table: WindowTable = {
    featureNames: features.map(({ name }) => name),
    devices,
    deviceIndex: new Int32Array(rows),
    startMs: new Float64Array(rows),
    logCount: new Int32Array(rows),
    values: new Float32Array(rows * columns),
    windowSeconds: config.lengthSeconds,
  };
  const view = new WindowView(config.lengthSeconds, input.zone);
  for (let window = 0; window < range.windows; window++) {
    const startMs = (range.firstIndex + window) * config.strideSeconds * 1000;
    const firstRow = window * deviceCount;
    if (config.groupBy === 'device') loadActivity(view, slots, slotAt, firstRow, deviceCount);
    for (let device = 0; device < deviceCount; device++) {
      const row = firstRow + device;
      const slot = slotAt[row];
      view.load(slots, slot, startMs);
      if (config.groupBy === 'all') loadPooledActivity(view);
      loadHistory(view, history, device);
      view.newPrograms = slot < 0 ? 0 : input.newPrograms[slot];
      table.deviceIndex[row] = device;
      table.startMs[row] = startMs;
      table.logCount[row] = view.ints[LOGS];
      for (let column = 0; column < columns; column++) {
        table.values[row * columns + column] = formulas[column](view);
      }
    }
  }
  return table;
}

/** Puts the slots on the grid; those before it (the dropped edge) still tell what their device is. */
function placeSlots(
  slots: WindowSlots,
  range: GridRange,
  rank: Int32Array,
  slotAt: Int32Array,
): DeviceHistory {
  const deviceCount = rank.length;
  const programBits = new Int32Array(deviceCount);
  const bands = new Int32Array(deviceCount);
  const bandWindow = new Float64Array(deviceCount).fill(-Infinity);
  for (let slot = 0; slot < slots.count; slot++) {
    const ints = slot * INT_COLUMNS;
    const device = rank[slots.ints[ints + OWNER]];
    const window = slots.sums[slot * SUM_COLUMNS + WINDOW_INDEX] - range.firstIndex;
    if (window >= 0 && window < range.windows) {
      slotAt[window * deviceCount + device] = slot;
    } else if (window < 0) {
      programBits[device] |= slots.ints[ints + PROGRAM_BITS];
      const named = slots.ints[ints + BAND_BITS];
      if (named !== 0 && window > bandWindow[device]) {
        bands[device] = named;
        bandWindow[device] = window;
      }
    }
  }
  return { programBits, bands };
}

function loadHistory(view: WindowView, { programBits, bands }: DeviceHistory, device: number): void {
  programBits[device] |= view.ints[PROGRAM_BITS];
  const named = view.ints[BAND_BITS];
  if (named !== 0) bands[device] = named;
  view.deviceType = deviceType(programBits[device]);
  view.connectionType = connectionType(bands[device]);
}

/** How busy all devices were in this time slot. */
function loadActivity(
  view: WindowView,
  slots: WindowSlots,
  slotAt: Int32Array,
  from: number,
  count: number,
): void {
  let active = 0;
  let most = 0;
  let total = 0;
  for (let row = from; row < from + count; row++) {
    if (slotAt[row] < 0) continue;
    const logs = slots.ints[slotAt[row] * INT_COLUMNS + LOGS];
    active++;
    total += logs;
    if (logs > most) most = logs;
  }
  view.slotDevices = active;
  view.slotTopDevice = most;
  view.slotLogs = total;
}

function loadPooledActivity(view: WindowView): void {
  view.slotDevices = view.ints[DEVICES];
  view.slotTopDevice = view.ints[TOP_DEVICE];
  view.slotLogs = view.ints[LOGS];
}
