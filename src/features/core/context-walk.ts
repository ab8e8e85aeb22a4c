import { AddressUnion } from './address-union.js';
import type { ContextCell } from './context-formulas.js';
import type { ContextSums } from './context-sums.js';
import { BorderLinks } from './border-links.js';
import {
  CONTEXT_INTEGERS,
  contextReach,
  ContextWindows,
  FORCED_PLACE,
  NEW_ACCESS_POINTS_PLACE,
  type ContextReach,
} from './context-windows.js';
import { addressNumber, type FeatureState } from './feature-state.js';
import type { FirstSeen } from './first-seen.js';
import { FirstSeenCursor } from './first-seen-cursor.js';
import { deviceState } from './recall-state.js';
import { Silence } from './silence.js';
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

type Writable<Cell> = { -readonly [Key in keyof Cell]: Cell[Key] };

/** What a model knows of a device. */
interface Usual {
  /** Lines and surprise of a silent minute at each hour. */
  readonly lines: readonly (number | null)[];
  readonly silence: Float64Array;
  /** dBm by client. */
  readonly signals: ReadonlyMap<number, number>;
}

/** The features of context of every device, while the grid is walked in the order of time. */
export class ContextWalk {
  private readonly reach: ContextReach;
  private readonly windows: ContextWindows;
  private readonly silence: Silence;
  private readonly union: AddressUnion;
  private readonly border: BorderLinks;
  private readonly joined: FirstSeenCursor;
  private readonly accessPoints: FirstSeenCursor;
  private readonly usual: readonly Usual[];
  private hour = 0;
  private index = 0;
  private readonly cell: Writable<ContextCell>;

  constructor(private readonly input: ContextWalkInput) {
    const { config, sums, owners, names, state } = input;
    const devices = owners.length;
    this.reach = contextReach(config);
    this.windows = new ContextWindows(this.reach, devices);
    this.silence = new Silence(config.lengthSeconds, this.reach.step, devices);
    this.union = new AddressUnion(sums.lists, devices);
    this.border = new BorderLinks(sums.lists);
    const deviceOf = new Map(owners.map((owner, device) => [owner, device]));
    const cursor = (seen: FirstSeen): FirstSeenCursor =>
      new FirstSeenCursor(seen, devices, (owner) => deviceOf.get(owner) ?? -1);
    this.joined = cursor(sums.joined);
    this.accessPoints = cursor(sums.accessPoints);
    this.usual = names.map((name) => usualOf(state, name));
    this.cell = {
      ...{ sums: this.windows, unansweredAddresses: 0, mostAssociations: 0 },
      ...{
        lostAddresses: 0,
        knownClients: 0,
      },
      ...{ silenceSurprise: 0, lines: 0, usualLines: 0, signalDrop: 0, signalWeight: 0 },
    };
  }

  /** Goes to the next window of the grid. */
  next(index: number): void {
    const { lengthSeconds, strideSeconds } = this.input.config;
    const startMs = index * strideSeconds * 1000;
    this.index = index;
    this.hour = this.input.hourAt(startMs);
    this.windows.next();
    const toMs = startMs + lengthSeconds * 1000;
    for (const cursor of [this.joined, this.accessPoints]) cursor.advance(startMs, toMs);
  }

  /**
   * @param row finished row of the device's window; below 0 = no lines
   * @param lines of that window
   */
  read(device: number, row: number, lines: number): ContextCell {
    const { cell, joined } = this;
    this.enter(device, row);
    this.windows.load(device);
    this.readAddresses(device);
    cell.lines = lines;
    cell.usualLines = this.usual[device].lines[this.hour] ?? NaN;
    cell.knownClients = joined.known[device] * joined.scale;
    return cell;
  }

  private enter(device: number, row: number): void {
    const { windows, silence, accessPoints, border, cell } = this;
    const { rows } = this.input.ledger;
    const ints = row < 0 ? null : rows.ints[rows.block(row)];
    const from = row < 0 ? 0 : rows.offset(row) + rows.width - CONTEXT_INTEGERS;
    windows.enter(device, ints, from);
    windows.set(device, NEW_ACCESS_POINTS_PLACE, accessPoints.inWindow[device] * accessPoints.scale);
    const before = this.reach.seamless && this.reach.windows > 1 ? windows.lists[1] : 0;
    const forced = border.count(windows.lists[0], before);
    if (forced > 0) windows.set(device, FORCED_PLACE, windows.get(device, FORCED_PLACE) + forced);
    const end = from + CONTEXT_INTEGERS;
    const low = ints === null ? 0 : ints[end - 2];
    const high = ints === null ? 0 : ints[end - 1];
    silence.enter(device, this.index, this.hour, low, high, this.usual[device].silence);
    cell.silenceSurprise = silence.surprise;
  }

  private readAddresses(device: number): void {
    const { cell, windows, union } = this;
    cell.lostAddresses = union.lost(windows.lists[0]);
    union.load(windows.lists, device, this.usual[device].signals);
    cell.unansweredAddresses = union.unanswered;
    cell.mostAssociations = union.mostAssociations;
    cell.signalDrop = union.signalDrop;
    cell.signalWeight = union.signalWeight;
  }
}

function usualOf(state: FeatureState, name: string): Usual {
  const known = deviceState(state, name);
  const signals = Object.entries(known?.signals ?? {});
  return {
    lines: (known ?? state).hourly_lines,
    silence: Float64Array.from((known ?? state).silent_minutes),
    signals: new Map(signals.map(([address, dbm]) => [addressNumber(address), dbm])),
  };
}
