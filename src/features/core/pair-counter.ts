import { pairHash } from './pair-hash.js';

const MIN_CELLS = 1024;
/** Cells a live pair may have before the table shrinks again. */
const ROOMY = 8;

/**
 * The distinct things of the open windows: a set of (slot, id) pairs, or a count of each, in an open-addressed table of
 * typed arrays (linear probing, at most five eighths full): 12 bytes a cell, 16 with counts. An id is any whole number
 * of up to 53 bits, so that an address is its own id and nothing has to remember the addresses seen.
 */
export class PairCounter {
  private slots = new Int32Array(MIN_CELLS).fill(-1);
  private ids = new Float64Array(MIN_CELLS);
  private counts: Int32Array;
  private mask = MIN_CELLS - 1;
  private used = 0;

  /** @param counted false: a set, which only tells a new pair from a known one */
  constructor(private readonly counted: boolean) {
    this.counts = new Int32Array(counted ? MIN_CELLS : 0);
  }

  /** Pairs held. */
  get size(): number {
    return this.used;
  }

  /** Cells of the table. */
  get capacity(): number {
    return this.slots.length;
  }

  /**
   * Adds occurrences and returns how many there are now: the pair was new when that equals `count`. A set takes one at a
   * time and returns 2 for every pair it knows. Both numbers of a pair are >= 0.
   */
  add(slot: number, id: number, count = 1): number {
    const { slots, ids, mask } = this;
    let cell = pairHash(slot, id) & mask;
    for (; slots[cell] >= 0; cell = (cell + 1) & mask) {
      if (slots[cell] === slot && ids[cell] === id) return this.counted ? (this.counts[cell] += count) : 2;
    }
    this.insert(cell, slot, id, count);
    return count;
  }

  /** Forgets the pairs of the slots marked 1, and gives memory back that only they needed. */
  dropSlots(closed: Uint8Array): void {
    const { slots, ids, counts } = this;
    let kept = 0;
    for (let cell = 0; cell < slots.length; cell++) {
      if (slots[cell] >= 0 && closed[slots[cell]] === 0) kept++;
    }
    if (kept === this.used) return;
    let cells = slots.length;
    while (cells > MIN_CELLS && cells > kept * ROOMY * 2) cells /= 2;
    this.allocate(cells);
    for (let cell = 0; cell < slots.length; cell++) {
      if (slots[cell] >= 0 && closed[slots[cell]] === 0) {
        this.place(slots[cell], ids[cell], this.counted ? counts[cell] : 1);
      }
    }
  }

  /** Forgets all pairs. */
  clear(): void {
    this.allocate(MIN_CELLS);
  }

  /** Calls back for every pair, in no particular order; `count` is 1 in a set. */
  forEach(visit: (slot: number, id: number, count: number) => void): void {
    const { slots, ids, counts } = this;
    for (let cell = 0; cell < slots.length; cell++) {
      if (slots[cell] >= 0) visit(slots[cell], ids[cell], this.counted ? counts[cell] : 1);
    }
  }

  private insert(cell: number, slot: number, id: number, count: number): void {
    this.slots[cell] = slot;
    this.ids[cell] = id;
    if (this.counted) this.counts[cell] = count;
    if (++this.used * 8 > this.slots.length * 5) this.grow();
  }

  private place(slot: number, id: number, count: number): void {
    let cell = pairHash(slot, id) & this.mask;
    while (this.slots[cell] >= 0) cell = (cell + 1) & this.mask;
    this.insert(cell, slot, id, count);
  }

  private grow(): void {
    const { slots, ids, counts } = this;
    this.allocate(slots.length * 2);
    for (let cell = 0; cell < slots.length; cell++) {
      if (slots[cell] >= 0) this.place(slots[cell], ids[cell], this.counted ? counts[cell] : 1);
    }
  }

  private allocate(cells: number): void {
    this.slots = new Int32Array(cells).fill(-1);
    this.ids = new Float64Array(cells);
    this.counts = new Int32Array(this.counted ? cells : 0);
    this.mask = cells - 1;
    this.used = 0;
  }
}
