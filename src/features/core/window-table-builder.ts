import type { ContextSums } from './context-sums.js';
import { ContextWalk } from './context-walk.js';
import { connectionType, deviceType } from './device-kind.js';
import type { EarliestWindows } from './earliest-windows.js';
import type { FeatureBasis } from './feature-set.js';
import { recallFirstSeen } from './recall-state.js';
import type { FeatureState } from './feature-state.js';
import { fitState } from './fit-state.js';
import type { FeatureColumns, GridCell } from './feature-formulas.js';
import { gridRange, type GridRange } from './window-grid.js';
import type { WindowLedger } from './window-ledger.js';
import type { WindowConfig, WindowTable } from './window-table.js';

/** Whole numbers at the end of the row of a window: what the grid needs besides the finished columns. */
export const ROW_LOGS = 0;
/** Bits of programs (lowest eight) and bands (above) of device-kind.ts. */
export const ROW_KIND = 1;
export const KIND_BAND_SHIFT = 8;
/** Pooled windows only: devices, and lines of the most active one. */
export const ROW_DEVICES = 2;
export const ROW_TOP_DEVICE = 3;
/** Numbers of a row of one device, and of a pooled one. */
export const ROW_INTEGERS = 2;
export const POOLED_ROW_INTEGERS = 4;

/** Adds to the numbers of lists of addresses in rows of another part; `at` = where they are in a row. */
export function rebaseLists(blocks: readonly ArrayBuffer[], width: number, at: number, base: number): void {
  for (const block of blocks) {
    const rows = new Int32Array(block);
    for (let i = at; i < rows.length; i += width) if (rows[i] !== 0) rows[i] += base;
  }
}

const PROGRAM_MASK = (1 << KIND_BAND_SHIFT) - 1;

export interface TableInput {
  readonly config: WindowConfig;
  readonly featureNames: readonly string[];
  readonly columns: FeatureColumns;
  /** Columns of a window without a line that begins at a moment. */
  readonly emptyWindow: (startMs: number, values: Float32Array) => void;
  /** All windows closed. */
  readonly ledger: WindowLedger;
  readonly deviceName: (owner: number) => string;
  /** First window of each program; null when no feature asks. */
  readonly earliest: EarliestWindows | null;
  /** Null when no feature asks. */
  readonly context: ContextSums | null;
  /** What the features of context take from what was learnt. */
  readonly basis: FeatureBasis;
  /** Local hour, 0 to 23, at a moment. */
  readonly hourAt: (ms: number) => number;
}

/**
 * The complete grid: every device has a row for every window, empty ones included, in the order of time. Whatever a
 * feature needs besides its own window is resolved here, so that it does not depend on the order of the lines.
 */
export function buildWindowTable(input: TableInput): WindowTable {
  const { config, ledger, featureNames } = input;
  ledger.checkSize();
  const range = gridRange(config, ledger.first, ledger.last);
  const owners = [...ledger.ownerList].map((owner) => ({ owner, name: input.deviceName(owner) }));
  // By code units, as everywhere else; names are unique.
  owners.sort((a, b) => (a.name < b.name ? -1 : 1));
  const rows = range.windows * owners.length;
  const table: WindowTable = {
    featureNames,
    devices: owners.map(({ name }) => name),
    deviceIndex: new Int32Array(rows),
    startMs: new Float64Array(rows),
    logCount: new Int32Array(rows),
    // Shared: the threads that grow, score and judge read it in place.
    values: new Float32Array(
      new SharedArrayBuffer(rows * featureNames.length * Float32Array.BYTES_PER_ELEMENT),
    ),
    windowSeconds: config.lengthSeconds,
  };
  const numbers = owners.map(({ owner }) => owner);
  const context = contextWalk(input, range, numbers, table.devices);
  new GridWalk(input, range, numbers, table, context?.walk ?? null).fill();
  return context === null ? table : { ...table, state: context.state };
}

function contextWalk(
  { config, ledger, context: sums, basis, hourAt }: TableInput,
  range: GridRange,
  owners: readonly number[],
  names: readonly string[],
): { readonly walk: ContextWalk; readonly state: FeatureState } | null {
  if (sums === null) return null;
  const startOf = (index: number): number => index * config.strideSeconds * 1000;
  const hourOf = (index: number): number => hourAt(startOf(index));
  let state: FeatureState;
  if ('state' in basis) {
    ({ state } = basis);
    recallFirstSeen(state, sums, owners, names);
  } else {
    const starts = Float64Array.from({ length: range.windows }, (_, i) => startOf(range.firstIndex + i));
    const trainingWindows = basis.trainingWindows(starts);
    const { lengthSeconds } = config;
    state = fitState({ ledger, sums, range, trainingWindows, owners, names, hourOf, lengthSeconds });
  }
  const walk = new ContextWalk({ config, ledger, sums, owners, names, state, hourAt });
  return { walk, state };
}

/** Fills the rows of a table, one time slot after the other. */
class GridWalk {
  /** What each device has shown up to the current window: bits of programs, bands of the last window that named one. */
  private readonly programs: Int32Array;
  private readonly bands: Int32Array;
  private readonly cell = {
    ...{ deviceType: 0, connectionType: 0, newPrograms: 0 },
    ...{ slotDevices: 0, slotTopDevice: 0, slotLogs: 0 },
  } satisfies GridCell;
  /** Rows of the current time slot by device; -1 = empty. */
  private readonly slotRows: Int32Array;
  private readonly empty: Float32Array;
  private readonly newPrograms: Int32Array | null;

  constructor(
    private readonly input: TableInput,
    private readonly range: GridRange,
    private readonly owners: readonly number[],
    private readonly table: WindowTable,
    private readonly context: ContextWalk | null,
  ) {
    this.programs = new Int32Array(owners.length);
    this.bands = new Int32Array(owners.length);
    this.slotRows = new Int32Array(owners.length);
    this.empty = new Float32Array(input.columns.window.length);
    this.newPrograms = input.earliest === null ? null : this.countNewPrograms(input.earliest);
    this.readEdge();
  }

  fill(): void {
    const { owners, range, slotRows, table, input } = this;
    const { ledger } = input;
    for (let window = 0; window < range.windows; window++) {
      const index = range.firstIndex + window;
      const startMs = index * input.config.strideSeconds * 1000;
      let isComplete = true;
      for (let device = 0; device < owners.length; device++) {
        const row = -ledger.index.get(owners[device], index) - 1;
        slotRows[device] = row;
        if (row < 0) isComplete = false;
      }
      this.readActivity();
      this.context?.next(index);
      if (!isComplete) input.emptyWindow(startMs, this.empty);
      for (let device = 0; device < owners.length; device++) {
        const row = window * owners.length + device;
        table.deviceIndex[row] = device;
        table.startMs[row] = startMs;
        this.fillRow(row, device);
      }
    }
  }

  private fillRow(row: number, device: number): void {
    const { cell, input, table } = this;
    const { rows } = input.ledger;
    const finished = this.slotRows[device];
    let source = this.empty;
    let from = 0;
    if (finished >= 0) {
      source = rows.floats[rows.block(finished)];
      from = rows.offset(finished);
      const ints = rows.ints[rows.block(finished)];
      const at = from + rows.columns;
      this.show(device, ints[at + ROW_KIND]);
      table.logCount[row] = ints[at + ROW_LOGS];
    }
    const base = row * input.featureNames.length;
    const { window, grid } = input.columns;
    for (let i = 0; i < window.length; i++) table.values[base + window[i].column] = source[from + i];
    cell.deviceType = deviceType(this.programs[device]);
    cell.connectionType = connectionType(this.bands[device]);
    cell.newPrograms = this.newPrograms === null ? 0 : this.newPrograms[row];
    for (const { column, formula } of grid) table.values[base + column] = formula(cell);
    if (this.context !== null) {
      const context = this.context.read(device, finished, table.logCount[row]);
      for (const { column, formula } of input.columns.context) table.values[base + column] = formula(context);
    }
    if (finished >= 0) rows.release(finished);
  }

  /** Adds what a window shows of its device. */
  private show(device: number, kind: number): void {
    this.programs[device] |= kind & PROGRAM_MASK;
    const bands = kind >> KIND_BAND_SHIFT;
    if (bands !== 0) this.bands[device] = bands;
  }

  /** How busy the devices were in this time slot. */
  private readActivity(): void {
    const { cell, slotRows } = this;
    const { ledger, config } = this.input;
    const { rows } = ledger;
    cell.slotDevices = 0;
    cell.slotTopDevice = 0;
    cell.slotLogs = 0;
    for (const row of slotRows) {
      if (row < 0) continue;
      const ints = rows.ints[rows.block(row)];
      const at = rows.offset(row) + rows.columns;
      const logs = ints[at + ROW_LOGS];
      const pooled = config.groupBy === 'all';
      cell.slotDevices += pooled ? ints[at + ROW_DEVICES] : 1;
      cell.slotLogs += logs;
      const most = pooled ? ints[at + ROW_TOP_DEVICE] : logs;
      if (most > cell.slotTopDevice) cell.slotTopDevice = most;
    }
  }

  /** The windows before the grid (the dropped edge) still tell what their device is. */
  private readEdge(): void {
    const { ledger } = this.input;
    const { rows } = ledger;
    const deviceOf = new Map(this.owners.map((owner, device) => [owner, device]));
    const edge: { device: number; window: number; kind: number }[] = [];
    ledger.index.forEach((owner, window, place) => {
      const device = deviceOf.get(owner);
      if (window >= this.range.firstIndex || device === undefined) return;
      const row = -place - 1;
      edge.push({
        device,
        window,
        kind: rows.ints[rows.block(row)][rows.offset(row) + rows.columns + ROW_KIND],
      });
    });
    edge.sort((a, b) => a.window - b.window);
    for (const { device, kind } of edge) this.show(device, kind);
  }

  /** Programs shown for the first time, by row of the table. */
  private countNewPrograms(earliest: EarliestWindows): Int32Array {
    const { owners, range } = this;
    const counts = new Int32Array(range.windows * owners.length);
    const deviceOf = new Map(owners.map((owner, device) => [owner, device]));
    earliest.forEach((owner, _program, window) => {
      const device = deviceOf.get(owner);
      const at = window - range.firstIndex;
      if (device !== undefined && at >= 0 && at < range.windows) counts[at * owners.length + device]++;
    });
    return counts;
  }
}
