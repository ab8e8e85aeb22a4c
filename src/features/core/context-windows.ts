import {
  AUTH_FAILURES,
  BINS_HIGH,
  BINS_LOW,
  EXHAUSTED,
  FORCED,
  FORGERIES,
  RADARS,
  RESTARTS,
  WEAK_LINKS,
} from './window-slots.js';
import type { WindowConfig } from './window-table.js';

/** Sums of a window that the row of a finished window keeps for the features of context. */
export const SUMMED = [
  ...[AUTH_FAILURES, RADARS, RESTARTS, EXHAUSTED, FORGERIES, WEAK_LINKS, FORCED],
] as const;
const KEPT = [...SUMMED, BINS_LOW, BINS_HIGH] as const;
/** Integers of such a row: the number of its list of addresses, and the sums. */
export const CONTEXT_INTEGERS = 1 + KEPT.length;
/** Places in the sums of the context: of the forced reconnects, of the lines of exhausted pools, and of new access points. */
export const FORCED_PLACE = SUMMED.indexOf(FORCED);
export const EXHAUSTED_PLACE = SUMMED.indexOf(EXHAUSTED);
export const NEW_ACCESS_POINTS_PLACE = SUMMED.length;
const PLACES = SUMMED.length + 1;

/** Writes the integers of a window that is closed, from its sums. */
export function writeContext(out: Int32Array, at: number, sums: Int32Array, list: number): void {
  out[at] = list;
  for (let i = 0; i < KEPT.length; i++) out[at + 1 + i] = sums[KEPT[i]];
}

/** How many windows side by side make the context of a window, itself included, and how far apart they begin. */
export interface ContextReach {
  readonly windows: number;
  /** In windows of the grid: 1 unless they overlap. */
  readonly step: number;
  /** Whether such windows leave no second between them. */
  readonly seamless: boolean;
}

export function contextReach({ lengthSeconds, strideSeconds, contextSeconds }: WindowConfig): ContextReach {
  const step = Math.ceil(lengthSeconds / strideSeconds);
  const apart = step * strideSeconds;
  return {
    windows: Math.max(1, Math.floor(contextSeconds / apart)),
    step,
    seamless: apart === lengthSeconds,
  };
}

/**
 * What each device left in its last windows, while the windows pass in the order of time. Every window of the grid is
 * entered, empty ones too. The windows of the context are the current one and those side by side in front of it; in
 * front of the grid there is nothing.
 */
export class ContextWindows {
  /** Sums over the context: plain ones, and with weights that fall from `windows` for the current window to 1. */
  readonly sums = new Float64Array(PLACES);
  readonly decayed = new Float64Array(PLACES);
  /** Lists of addresses of the windows of the context, the current one first. */
  readonly lists: Int32Array;
  private readonly places: number;
  private readonly ring: Int32Array;
  private position = 0;

  constructor(
    private readonly reach: ContextReach,
    devices: number,
  ) {
    this.places = reach.windows * reach.step;
    this.lists = new Int32Array(reach.windows);
    this.ring = new Int32Array(devices * this.places * (1 + PLACES));
  }

  /** Goes to the next window of the grid. */
  next(): void {
    this.position = (this.position + 1) % this.places;
  }

  /** The current window of a device: its integers at `from`; `ints` = null for a window without lines. */
  enter(device: number, ints: Int32Array | null, from: number): void {
    const { ring, lists, reach } = this;
    const at = this.at(device, 0);
    for (let i = 0; i <= SUMMED.length; i++) ring[at + i] = ints === null ? 0 : ints[from + i];
    for (let back = 0; back < reach.windows; back++) lists[back] = ring[this.at(device, back)];
  }

  /** Sets one of the sums of the current window of a device. */
  set(device: number, place: number, value: number): void {
    this.ring[this.at(device, 0) + 1 + place] = value;
  }

  get(device: number, place: number): number {
    return this.ring[this.at(device, 0) + 1 + place];
  }

  /** Sums of the context of a device's current window. */
  load(device: number): void {
    const { ring, sums, decayed, reach } = this;
    const first = this.at(device, 0) + 1;
    for (let i = 0; i < PLACES; i++) {
      sums[i] = ring[first + i];
      decayed[i] = reach.windows * ring[first + i];
    }
    for (let back = 1; back < reach.windows; back++) {
      const at = this.at(device, back) + 1;
      for (let i = 0; i < PLACES; i++) {
        sums[i] += ring[at + i];
        decayed[i] += (reach.windows - back) * ring[at + i];
      }
    }
  }

  private at(device: number, back: number): number {
    const place = (this.position - back * this.reach.step + this.places) % this.places;
    return (device * this.places + place) * (1 + PLACES);
  }
}
