import { PairCounter } from './pair-counter.js';

/** (slot, thing) pairs as columns; `counts` is empty when nothing was counted. */
export interface SetState {
  readonly slots: Int32Array;
  readonly ids: Float64Array;
  readonly counts: Int32Array;
}

/** Which rows of a batch belong to which slots; a row may be in several. */
export interface WindowLines {
  count: number;
  readonly rows: Int32Array;
  readonly slots: Int32Array;
}

/** A counter of each slot: `column` of a matrix with rows of `stride` numbers, never above `limit`. */
export interface SlotCounter {
  readonly stride: number;
  readonly column: number;
  readonly limit: number;
}

const NOTHING = -1;
/** Knuth's multiplicative hashing: the highest bits of the product. */
const FACTOR = 0x9e3779b1;

/**
 * The distinct things of each slot: the first few in a small table of the slot's own, which stays in the processor's
 * cache and goes with the slot, the rest of a busy window in one common table. Answers as {@link PairCounter} does.
 */
export class SlotSets {
  private ids: Float64Array;
  private counts: Int32Array;
  /** Things in the small table of each slot. */
  private sizes: Uint8Array;
  private readonly rest: PairCounter;
  private readonly width: number;
  private readonly shift: number;
  /** A quarter of the small table stays empty, so that a search ends. */
  private readonly room: number;

  /**
   * @param counted false: only tell a new thing from a known one
   * @param bits the small table of a slot has 2^bits cells
   */
  constructor(
    private readonly counted: boolean,
    bits: number,
  ) {
    this.width = 1 << bits;
    this.shift = 32 - bits;
    this.room = this.width - this.width / 4;
    this.rest = new PairCounter(counted);
    this.ids = new Float64Array(0);
    this.counts = new Int32Array(0);
    this.sizes = new Uint8Array(0);
  }

  /** Makes room for a slot and empties it; what it had in common with others was dropped before. */
  openSlot(slot: number): void {
    if (slot >= this.sizes.length) this.grow(Math.max(slot + 1, 2 * this.sizes.length, 64));
    const { ids, width } = this;
    // A loop is faster than fill() for so few.
    for (let cell = slot * width, end = cell + width; cell < end; cell++) ids[cell] = NOTHING;
    this.sizes[slot] = 0;
  }

  /**
   * Adds occurrences and returns how many there are now: the id was new in the slot when that equals `count`. When nothing
   * is counted, takes one at a time and returns 2 for every id it knows. Ids are >= 0.
   */
  add(slot: number, id: number, count: number): number {
    const { ids, width } = this;
    const base = slot * width;
    let cell = Math.imul(id | 0, FACTOR) >>> this.shift;
    for (; ids[base + cell] !== NOTHING; cell = (cell + 1) & (width - 1)) {
      if (ids[base + cell] === id) return this.counted ? (this.counts[base + cell] += count) : 2;
    }
    if (this.sizes[slot] === this.room) return this.rest.add(slot, id, count);
    this.sizes[slot]++;
    ids[base + cell] = id;
    if (this.counted) this.counts[base + cell] = count;
    return count;
  }

  /**
   * As {@link add} for `column[row]` of many lines, negative ones left out, and counts what is new: the hot path, without
   * a call for each line. Only for sets that do not count.
   */
  countNew(lines: WindowLines, column: Float64Array, counters: Int32Array, counter: SlotCounter): void {
    const { ids, sizes, width, shift, room } = this;
    const { rows, slots, count } = lines;
    for (let i = 0; i < count; i++) {
      const id = column[rows[i]];
      if (id < 0) continue;
      const slot = slots[i];
      const base = slot * width;
      let cell = Math.imul(id | 0, FACTOR) >>> shift;
      while (ids[base + cell] !== id && ids[base + cell] !== NOTHING) cell = (cell + 1) & (width - 1);
      if (ids[base + cell] === id) continue;
      const at = slot * counter.stride + counter.column;
      if (sizes[slot] < room) {
        sizes[slot]++;
        ids[base + cell] = id;
      } else if (counters[at] >= counter.limit || this.rest.add(slot, id) !== 1) {
        continue;
      }
      counters[at]++;
    }
  }

  /** Forgets what the slots marked 1 have in the common table. */
  dropSlots(closed: Uint8Array): void {
    this.rest.dropSlots(closed);
  }

  /** Ids in the common table. */
  get restSize(): number {
    return this.rest.size;
  }

  /** Gives the memory back. */
  drop(): void {
    this.ids = new Float64Array(0);
    this.counts = new Int32Array(0);
    this.sizes = new Uint8Array(0);
    this.rest.clear();
  }

  /** What some slots hold; they are numbered by their order. */
  export(slots: Int32Array): SetState {
    const number = new Int32Array(this.sizes.length).fill(-1);
    let size = 0;
    slots.forEach((slot, row) => {
      number[slot] = row;
      size += this.sizes[slot];
    });
    this.rest.forEach((slot) => {
      if (number[slot] >= 0) size++;
    });
    const state: SetState = {
      slots: new Int32Array(size),
      ids: new Float64Array(size),
      counts: new Int32Array(this.counted ? size : 0),
    };
    let at = 0;
    const put = (slot: number, id: number, count: number): void => {
      if (number[slot] < 0) return;
      state.slots[at] = number[slot];
      state.ids[at] = id;
      if (this.counted) state.counts[at] = count;
      at++;
    };
    for (const slot of slots) {
      for (let cell = slot * this.width; cell < (slot + 1) * this.width; cell++) {
        if (this.ids[cell] !== NOTHING) put(slot, this.ids[cell], this.counts[cell]);
      }
    }
    this.rest.forEach(put);
    return state;
  }

  private grow(slots: number): void {
    const ids = new Float64Array(slots * this.width);
    ids.set(this.ids);
    this.ids = ids;
    const counts = new Int32Array(this.counted ? slots * this.width : 0);
    counts.set(this.counts);
    this.counts = counts;
    const sizes = new Uint8Array(slots);
    sizes.set(this.sizes);
    this.sizes = sizes;
  }
}
