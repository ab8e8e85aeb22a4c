import {
  AUTH_FAILURES,
  BINS_HIGH,
  BINS_LOW,
  CHANNELS,
  EXHAUSTED,
  ODD_LOSSES,
  RESTARTS,
} from './window-slots.js';
import type { WindowConfig } from './window-table.js';

/** Sums of a window that the row of a finished window keeps for the features of context. */
export const SUMMED = [AUTH_FAILURES, CHANNELS, RESTARTS, EXHAUSTED, ODD_LOSSES] as const;
const KEPT = [...SUMMED, BINS_LOW, BINS_HIGH] as const;
/** Integers of such a row: the number of its list of addresses, and the sums. */
export const CONTEXT_INTEGERS = 1 + KEPT.length;

const BINS = 60;
const HALF = 30;

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
}

export function contextReach({ lengthSeconds, strideSeconds, contextSeconds }: WindowConfig): ContextReach {
  const step = Math.ceil(lengthSeconds / strideSeconds);
  return { windows: Math.max(1, Math.floor(contextSeconds / (step * strideSeconds))), step };
}

/**
 * What each device left in its last windows, while the windows pass in the order of time. Every window of the grid is
 * entered, empty ones too; the sums are those of the window and of the ones side by side in front of it.
 */
export class ContextWindows {
  /** Sums over the context, in the order of {@link SUMMED}. */
  readonly sums = new Float64Array(SUMMED.length);
  /** Lists of addresses of the windows of the context, the current one first. */
  readonly lists: Int32Array;
  /** Longest time without a line that ends in the window or goes on at its end, in sixtieths of a window. */
  silentBins = 0;
  private readonly places: number;
  private readonly ring: Int32Array;
  private position = 0;

  constructor(
    private readonly reach: ContextReach,
    devices: number,
  ) {
    this.places = reach.windows * reach.step;
    this.lists = new Int32Array(reach.windows);
    // One more number a window: how long the silence at its end is.
    this.ring = new Int32Array(devices * this.places * (CONTEXT_INTEGERS + 1));
  }

  /** Goes to the next window of the grid. */
  next(): void {
    this.position = (this.position + 1) % this.places;
  }

  /** The current window of a device: its integers at `from`, or `ints` = null for a window without lines. */
  enter(device: number, ints: Int32Array | null, from: number): void {
    const { ring } = this;
    const at = this.at(device, 0);
    for (let i = 0; i < CONTEXT_INTEGERS; i++) ring[at + i] = ints === null ? 0 : ints[from + i];
    // The place of the window before is overwritten when the context is one window only.
    const before =
      this.reach.windows > 1 ? ring[this.at(device, 1) + CONTEXT_INTEGERS] : ring[at + CONTEXT_INTEGERS];
    this.listen(ring[at + 1 + SUMMED.length], ring[at + 2 + SUMMED.length], before);
    ring[at + CONTEXT_INTEGERS] = this.endBins;
  }

  /** Sums of the context of a device's current window. */
  load(device: number): void {
    const { ring, sums, lists, reach } = this;
    sums.fill(0);
    for (let back = 0; back < reach.windows; back++) {
      const at = this.at(device, back);
      lists[back] = ring[at];
      for (let i = 0; i < SUMMED.length; i++) sums[i] += ring[at + 1 + i];
    }
  }

  private endBins = 0;

  private at(device: number, back: number): number {
    const place = (this.position - back * this.reach.step + 2 * this.places) % this.places;
    return (device * this.places + place) * (CONTEXT_INTEGERS + 1);
  }

  /** Runs of empty sixtieths of a window, the first one continuing the silence before it. */
  private listen(low: number, high: number, before: number): void {
    let run = before;
    let longest = 0;
    for (let bin = 0; bin < BINS; bin++) {
      const used = bin < HALF ? (low >>> bin) & 1 : (high >>> (bin - HALF)) & 1;
      run = used === 1 ? 0 : run + 1;
      if (run > longest) longest = run;
    }
    this.silentBins = longest;
    this.endBins = run;
  }
}
