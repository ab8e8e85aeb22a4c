import type { LedgerState } from './aggregator-state.js';
import { checkGridSize, gridRange } from './window-grid.js';
import { WindowIndex } from './window-index.js';
import { WindowReopened } from './window-reopened.js';
import type { WindowRows } from './window-rows.js';
import type { WindowConfig } from './window-table.js';

/** Keeps the sums of the open windows, by slot: a small number that is given out again when its window is closed. */
export interface SlotKeeper {
  /** Makes room for a slot and empties it. */
  openSlot(slot: number): void;
  /** Writes what the grid will need of a window into a row; the slot's sums are not read again. */
  closeSlot(slot: number, row: number): void;
  /** Forgets the distinct sets of the slots marked 1; their numbers are given out again. */
  dropSlots(closed: Uint8Array): void;
}

export interface LedgerInput {
  readonly config: WindowConfig;
  readonly keeper: SlotKeeper;
  readonly rows: WindowRows;
  /** Close nothing before the end. */
  readonly keepAll: boolean;
  readonly ownerName: (owner: number) => string;
  /** Lines between two looks for windows to close; changes no number. */
  readonly sweepLines?: number;
}

/** A window stays open while the stream is less than so many windows, or less than so long, away from it. */
const HORIZON_WINDOWS = 12;
const HORIZON_MS = 3_600_000;
/** Lines, or new windows, between two looks for windows to close. */
const SWEEP_LINES = 4096;
/** A sixty-fourth as many closed slots wait for a common clean-up of the distinct sets. */
const CLOSED_SHARE = 64;
/** Smallest table of slots. */
const MIN_SLOTS = 256;

/**
 * Which windows are open and which are finished rows. Exports are ordered by time, ascending or descending: a window
 * that the stream has left behind by more than the horizon gets no more lines, so that its sums shrink to a row and
 * memory does not grow with the lines, and little with the windows.
 *
 * The windows around the first line of the stream stay open too: they are the seam to the part before it, if this is one
 * of several (see {@link absorb}). Finishing early never changes a number: a line for a finished window is refused
 * ({@link WindowReopened}), and the caller reads again with `keepAll`.
 */
export class WindowLedger {
  readonly index = new WindowIndex();
  readonly rows: WindowRows;
  /** First and last arrival before the current stretch of lines; NaN without any. */
  private firstMs = NaN;
  private lastMs = NaN;
  /** First and last arrival of the stretch since the last sweep. */
  private lowMs = Infinity;
  private highMs = -Infinity;
  /** Arrival of the very first line. */
  private anchorMs = NaN;
  private readonly owners: number[] = [];
  private seen = new Uint8Array(64);
  private ownerOf = new Int32Array(MIN_SLOTS);
  private windowOf = new Float64Array(MIN_SLOTS);
  /** Open slots in no particular order. */
  private open = new Int32Array(MIN_SLOTS);
  private openCount = 0;
  private closed = new Uint8Array(MIN_SLOTS);
  private closedCount = 0;
  private free: number[] = [];
  private slots = 0;
  private linesSince = 0;
  private openedSince = 0;
  private readonly config: WindowConfig;
  private readonly keeper: SlotKeeper;
  private readonly keepAll: boolean;
  private readonly ownerName: (owner: number) => string;
  private readonly sweepLines: number;
  private readonly lengthMs: number;
  private readonly strideMs: number;
  private readonly horizonMs: number;

  constructor({ config, keeper, rows, keepAll, ownerName, sweepLines = SWEEP_LINES }: LedgerInput) {
    this.sweepLines = sweepLines;
    this.config = config;
    this.keeper = keeper;
    this.rows = rows;
    this.keepAll = keepAll;
    this.ownerName = ownerName;
    this.lengthMs = config.lengthSeconds * 1000;
    this.strideMs = config.strideSeconds * 1000;
    this.horizonMs = Math.max(HORIZON_WINDOWS * this.lengthMs, HORIZON_MS);
  }

  /** Open windows. */
  get openWindows(): number {
    return this.openCount;
  }

  /** Slot numbers ever given out: the memory that open windows have taken. */
  get slotLimit(): number {
    return this.slots;
  }

  /** First arrival of all lines, NaN without any. */
  get first(): number {
    return this.lowMs < this.firstMs || Number.isNaN(this.firstMs) ? finite(this.lowMs) : this.firstMs;
  }

  /** Last arrival of all lines, NaN without any. */
  get last(): number {
    return this.highMs > this.lastMs || Number.isNaN(this.lastMs) ? finite(this.highMs) : this.lastMs;
  }

  /** Owners that have a line, in order of appearance. */
  get ownerList(): readonly number[] {
    return this.owners;
  }

  /** Takes note of a stretch of lines; to be called before {@link slotOf} for any of them. */
  extend(lowMs: number, highMs: number): void {
    if (Number.isNaN(this.anchorMs)) this.anchorMs = lowMs;
    if (lowMs < this.lowMs) this.lowMs = lowMs;
    if (highMs > this.highMs) this.highMs = highMs;
  }

  /** Gives an owner a place in the grid. */
  noteOwner(owner: number): void {
    if (owner >= this.seen.length) {
      const seen = new Uint8Array(Math.max(owner + 1, this.seen.length * 2));
      seen.set(this.seen);
      this.seen = seen;
    }
    if (this.seen[owner] === 1) return;
    this.seen[owner] = 1;
    this.owners.push(owner);
  }

  /** To be called after each batch. Closes windows when it is time to. */
  endBatch(lines: number): void {
    this.linesSince += lines;
    this.checkSize();
    if (this.linesSince >= this.sweepDue(this.openCount)) this.sweep();
  }

  /**
   * Slot of a window, a new one if the window has had no line yet.
   *
   * @throws WindowReopened for a window that is finished
   * @throws AppError `export_invalid` when it is certain that the grid has more windows than allowed
   */
  slotOf(owner: number, window: number): number {
    const place = this.index.get(owner, window);
    if (place > 0) return place - 1;
    if (place < 0) this.reopened(owner, window);
    if (owner >= this.seen.length || this.seen[owner] === 0) this.noteOwner(owner);
    this.checkSize();
    if (this.openedSince >= this.sweepDue(this.openCount / 2)) this.sweep();
    return this.create(owner, window);
  }

  /** Owner and window index of an open slot. */
  owner(slot: number): number {
    return this.ownerOf[slot];
  }

  window(slot: number): number {
    return this.windowOf[slot];
  }

  /** Turns every open window into a row. */
  closeAll(): void {
    for (let i = 0; i < this.openCount; i++) this.close(this.open[i]);
    this.openCount = 0;
  }

  /** @throws AppError `export_invalid` when the grid has more windows than allowed */
  checkSize(): void {
    const { config, first, last } = this;
    const owners = config.groupBy === 'all' ? 1 : this.owners.length;
    checkGridSize(config, gridRange(config, first, last).windows * owners, first, last);
  }

  /** Open slots, in the order of the exported open windows. */
  openSlots(): Int32Array {
    return this.open.subarray(0, this.openCount);
  }

  /** Hands out everything; the ledger is of no use afterwards. */
  export(): LedgerState {
    const { index, rows, first: firstMs, last: lastMs } = this;
    const { blocks, position } = rows.export();
    const rowOwners = new Int32Array(rows.size);
    const rowWindows = new Float64Array(rows.size);
    index.forEach((owner, window, place) => {
      if (place > 0) return;
      const at = position(-place - 1);
      rowOwners[at] = owner;
      rowWindows[at] = window;
    });
    const open = this.openSlots();
    return {
      ...{ firstMs, lastMs, rowOwners, rowWindows, rowBlocks: blocks },
      owners: Int32Array.from(this.owners),
      openOwners: Int32Array.from(open, (slot) => this.ownerOf[slot]),
      openWindows: Float64Array.from(open, (slot) => this.windowOf[slot]),
    };
  }

  /**
   * Adds the windows of another part. Rows are taken over as they are; the sums of windows that are open on the other
   * side are the caller's to add.
   *
   * @param ownerNumber our number of each of its owners
   * @returns our slot of each of its open windows, with room made for it
   * @throws WindowReopened when a window is finished on one side and has lines on the other
   */
  absorb(state: LedgerState, ownerNumber: (owner: number) => number): Int32Array {
    for (const owner of state.owners) this.noteOwner(ownerNumber(owner));
    if (!Number.isNaN(state.firstMs)) {
      this.extend(state.firstMs, state.firstMs);
      this.extend(state.lastMs, state.lastMs);
    }
    this.checkSize();
    this.rows.adopt(state.rowBlocks, (row, position) => {
      const owner = ownerNumber(state.rowOwners[position]);
      const window = state.rowWindows[position];
      if (this.index.get(owner, window) !== 0) this.reopened(owner, window);
      this.index.set(owner, window, -row - 1);
    });
    return Int32Array.from(state.openOwners, (other, position) => {
      const owner = ownerNumber(other);
      const window = state.openWindows[position];
      const place = this.index.get(owner, window);
      if (place < 0) this.reopened(owner, window);
      return place > 0 ? place - 1 : this.create(owner, window);
    });
  }

  private reopened(owner: number, window: number): never {
    throw new WindowReopened(this.ownerName(owner), window * this.strideMs);
  }

  private create(owner: number, window: number): number {
    const slot = this.free.pop() ?? this.slots++;
    if (slot === this.ownerOf.length) this.grow();
    this.ownerOf[slot] = owner;
    this.windowOf[slot] = window;
    this.closed[slot] = 0;
    this.open[this.openCount++] = slot;
    this.openedSince++;
    this.index.set(owner, window, slot + 1);
    this.keeper.openSlot(slot);
    return slot;
  }

  private close(slot: number): void {
    const row = this.rows.append();
    this.keeper.closeSlot(slot, row);
    this.index.set(this.ownerOf[slot], this.windowOf[slot], -row - 1);
    this.closed[slot] = 1;
    this.closedCount++;
  }

  /**
   * Closes what is out of reach. The stretch of lines since the last time counts, not the last line alone: a single line
   * with a wrong time makes the stretch longer and less is closed, not everything.
   */
  private sweep(): void {
    const { lowMs, highMs, anchorMs, open } = this;
    // Twice within one line that many windows cover: its windows are still to be filled.
    if (lowMs > highMs) return;
    this.firstMs = this.first;
    this.lastMs = this.last;
    this.linesSince = 0;
    this.openedSince = 0;
    this.lowMs = Infinity;
    this.highMs = -Infinity;
    if (this.keepAll) return;
    let kept = 0;
    for (let i = 0; i < this.openCount; i++) {
      const slot = open[i];
      const startMs = this.windowOf[slot] * this.strideMs;
      if (this.isNear(startMs, lowMs, highMs) || this.isNear(startMs, anchorMs, anchorMs))
        open[kept++] = slot;
      else this.close(slot);
    }
    this.openCount = kept;
    if (this.closedCount >= Math.max(this.sweepLines / CLOSED_SHARE, 2 * kept)) this.recycle();
  }

  /** As many lines as there are windows to look at, so that looking costs little; at least a batch of them. */
  private sweepDue(windows: number): number {
    return this.sweepLines * Math.max(1, windows / SWEEP_LINES);
  }

  private isNear(startMs: number, lowMs: number, highMs: number): boolean {
    return startMs + this.lengthMs + this.horizonMs >= lowMs && startMs - this.horizonMs <= highMs;
  }

  private recycle(): void {
    const { closed } = this;
    this.keeper.dropSlots(closed);
    for (let slot = 0; slot < this.slots; slot++) if (closed[slot] === 1) this.free.push(slot);
    closed.fill(0);
    this.closedCount = 0;
  }

  private grow(): void {
    const size = this.ownerOf.length * 2;
    const owners = new Int32Array(size);
    owners.set(this.ownerOf);
    this.ownerOf = owners;
    const windows = new Float64Array(size);
    windows.set(this.windowOf);
    this.windowOf = windows;
    const open = new Int32Array(size);
    open.set(this.open);
    this.open = open;
    const closed = new Uint8Array(size);
    closed.set(this.closed);
    this.closed = closed;
  }
}

const finite = (value: number): number => (Number.isFinite(value) ? value : NaN);
