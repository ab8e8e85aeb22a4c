import { AddressUnion } from './address-union.js';
import type { ContextCell } from './context-formulas.js';
import type { ContextSums } from './context-sums.js';
import { CONTEXT_INTEGERS, ContextWindows, contextReach, type ContextReach } from './context-windows.js';
import { addressNumber, type FeatureState } from './feature-state.js';
import { FirstSeenCursor } from './first-seen-cursor.js';
import { deviceState } from './recall-state.js';
import type { GridRange } from './window-grid.js';
import type { WindowLedger } from './window-ledger.js';
import type { WindowConfig } from './window-table.js';

export interface ContextWalkInput {
  readonly config: WindowConfig;
  readonly ledger: WindowLedger;
  readonly sums: ContextSums;
  /** Owner and name of each device. */
  readonly owners: readonly number[];
  readonly names: readonly string[];
  readonly state: FeatureState;
  /** Local hour, 0 to 23, at a moment. */
  readonly hourAt: (ms: number) => number;
}

/** Sixtieths of a window in a minute: seconds of a window / 3600. */
const SIXTIETHS_A_MINUTE = 3600;

const NO_SIGNALS: ReadonlyMap<number, number> = new Map();

type Writable<Cell> = { -readonly [Key in keyof Cell]: Cell[Key] };

/** The features of context of every device, while the grid is walked in the order of time. */
export class ContextWalk {
  private readonly reach: ContextReach;
  private readonly windows: ContextWindows;
  private readonly union: AddressUnion;
  private readonly one = new Int32Array(1);
  private readonly clients: FirstSeenCursor;
  private readonly accessPoints: FirstSeenCursor;
  /** Lines that are usual at each hour, of each device. */
  private readonly usualLines: readonly (readonly (number | null)[])[];
  private readonly usualSignals: readonly ReadonlyMap<number, number>[];
  private hour = 0;
  private readonly cell: Writable<ContextCell> = {
    ...{ authFailures: 0, channels: 0, restarts: 0, exhausted: 0, oddLosses: 0 },
    ...{ failedAddresses: 0, unansweredAddresses: 0, mostAssociations: 0, lostAddresses: 0 },
    ...{ knownClients: 0, newClients: 0, contextNewClients: 0, contextNewLocalClients: 0 },
    ...{ newAccessPoints: 0, silentMinutes: 0, lines: 0, usualLines: 0, signalDrop: 0, signalReadings: 0 },
  };

  constructor(private readonly input: ContextWalkInput) {
    const { config, sums, owners, names, state } = input;
    this.reach = contextReach(config);
    this.windows = new ContextWindows(this.reach, owners.length);
    this.union = new AddressUnion(sums.lists);
    const devices = new Map(owners.map((owner, device) => [owner, device]));
    const deviceOf = (owner: number): number => devices.get(owner) ?? -1;
    this.clients = new FirstSeenCursor(sums.clients, owners.length, deviceOf);
    this.accessPoints = new FirstSeenCursor(sums.accessPoints, owners.length, deviceOf);
    this.usualLines = names.map((name) => deviceState(state, name)?.hourly_lines ?? state.hourly_lines);
    this.usualSignals = names.map((name) => {
      const signals = Object.entries(deviceState(state, name)?.signals ?? {});
      return new Map(signals.map(([address, dbm]) => [addressNumber(address), dbm]));
    });
  }

  /** The windows in front of the grid, of which only a part was exported, are context all the same. */
  readEdge({ firstIndex }: GridRange): void {
    const { ledger, owners } = this.input;
    for (let index = firstIndex - this.reach.windows * this.reach.step; index < firstIndex; index++) {
      this.windows.next();
      for (let device = 0; device < owners.length; device++) {
        const row = -ledger.index.get(owners[device], index) - 1;
        if (row >= 0) this.enter(device, row);
      }
    }
  }

  /** Goes to the next window of the grid. */
  next(startMs: number): void {
    const { lengthSeconds, strideSeconds } = this.input.config;
    this.windows.next();
    this.hour = this.input.hourAt(startMs);
    const toMs = startMs + lengthSeconds * 1000;
    const window = { fromMs: startMs, toMs };
    const before = (this.reach.windows - 1) * this.reach.step * strideSeconds * 1000;
    const context = { fromMs: startMs - before, toMs };
    this.clients.advance(window, context);
    this.accessPoints.advance(window, context);
  }

  /**
   * @param row finished row of the device's window; below 0 = no lines
   * @param lines of that window
   */
  read(device: number, row: number, lines: number): ContextCell {
    const { cell, windows, union, clients, accessPoints, one } = this;
    if (row >= 0) this.enter(device, row);
    else windows.enter(device, null, 0);
    windows.load(device);
    [cell.authFailures, cell.channels, cell.restarts, cell.exhausted, cell.oddLosses] = windows.sums;
    one[0] = windows.lists[0];
    union.load(one, NO_SIGNALS);
    cell.lostAddresses = union.lost;
    union.load(windows.lists, this.usualSignals[device]);
    cell.failedAddresses = union.failed;
    cell.unansweredAddresses = union.unanswered;
    cell.mostAssociations = union.mostAssociations;
    cell.signalDrop = union.signalDrop;
    cell.signalReadings = union.signalReadings;
    cell.lines = lines;
    cell.usualLines = this.usualLines[device][this.hour] ?? NaN;
    cell.knownClients = clients.known[device] * clients.scale;
    cell.newClients = clients.inWindow[device] * clients.scale;
    cell.contextNewClients = clients.inContext[device] * clients.scale;
    cell.contextNewLocalClients = clients.localInContext[device] * clients.scale;
    cell.newAccessPoints = accessPoints.inWindow[device] * accessPoints.scale;
    cell.silentMinutes = (windows.silentBins * this.input.config.lengthSeconds) / SIXTIETHS_A_MINUTE;
    return cell;
  }

  private enter(device: number, row: number): void {
    const { rows } = this.input.ledger;
    const from = rows.offset(row) + rows.width - CONTEXT_INTEGERS;
    this.windows.enter(device, rows.ints[rows.block(row)], from);
  }
}
