import { isFollowed, MAX_LEVEL } from './address-sample.js';
import { pairHash } from './pair-hash.js';

/** (slot, address, tag) -> number as columns, and how the addresses of each slot are sampled. */
export interface TallyState {
  readonly slots: Int32Array;
  readonly addresses: Float64Array;
  readonly tags: Int32Array;
  readonly values: Int32Array;
  /** Level of each slot (address-sample.ts). */
  readonly levels: Uint8Array;
}

/** How two numbers of one key become one; in any order and grouping the same. */
export type Join = (a: number, b: number) => number;

const NONE = -1;
const MIN_ENTRIES = 256;
/** An odd number that spreads the tags over the hash. */
const TAG_FACTOR = 0x9e3779b1;

/**
 * Numbers by address and tag of each open slot: 28 bytes a key and 8 of hash table. A slot that gets more keys than the
 * limit follows its addresses by sample, so that a flood of addresses takes a bounded place and still says how large
 * it was; which addresses are followed depends on the keys alone, not on their order.
 */
export class SlotTally {
  private heads = new Int32Array(64).fill(NONE);
  private sizes = new Int32Array(64);
  private levels = new Uint8Array(64);
  private slotOf = new Int32Array(MIN_ENTRIES);
  private addresses = new Float64Array(MIN_ENTRIES);
  private tags = new Int32Array(MIN_ENTRIES);
  private values = new Int32Array(MIN_ENTRIES);
  /** Next key of the same slot, or of the free list. */
  private next = new Int32Array(MIN_ENTRIES);
  private cells = new Int32Array(2 * MIN_ENTRIES).fill(NONE);
  private free = NONE;
  private taken = 0;

  /** @param limit keys of a slot */
  constructor(
    private readonly join: Join,
    private readonly limit: number,
  ) {}

  /** Makes room for a slot, which has no keys. */
  openSlot(slot: number): void {
    if (slot >= this.heads.length) this.growSlots(Math.max(slot + 1, 2 * this.heads.length));
    this.heads[slot] = NONE;
    this.sizes[slot] = 0;
    this.levels[slot] = 0;
  }

  level(slot: number): number {
    return this.levels[slot];
  }

  /** Keys of a slot. */
  size(slot: number): number {
    return this.sizes[slot];
  }

  /** Joins a number with what the key has already; the first one is taken as it is. */
  put(slot: number, address: number, tag: number, value: number): void {
    const { cells, slotOf, addresses, tags, values } = this;
    const mask = cells.length - 1;
    let cell = hash(slot, address, tag) & mask;
    for (let entry = cells[cell]; entry >= 0; entry = cells[cell]) {
      if (slotOf[entry] === slot && addresses[entry] === address && tags[entry] === tag) {
        values[entry] = this.join(values[entry], value);
        return;
      }
      cell = (cell + 1) & mask;
    }
    const level = this.levels[slot];
    if (level > 0 && !isFollowed(address, level)) return;
    this.insert(cell, slot, address, tag, value);
    while (this.sizes[slot] > this.limit && this.levels[slot] < MAX_LEVEL)
      this.raise(slot, this.levels[slot] + 1);
  }

  /** Calls back for each key of a slot, in no particular order. */
  visit(slot: number, visitor: (address: number, tag: number, value: number) => void): void {
    for (let entry = this.heads[slot]; entry >= 0; entry = this.next[entry]) {
      visitor(this.addresses[entry], this.tags[entry], this.values[entry]);
    }
  }

  /** Forgets the keys of a slot. */
  empty(slot: number): void {
    for (let entry = this.heads[slot]; entry >= 0;) {
      const next = this.next[entry];
      this.remove(entry);
      entry = next;
    }
    this.heads[slot] = NONE;
    this.sizes[slot] = 0;
    this.levels[slot] = 0;
  }

  /** Gives the memory back; of no use afterwards. */
  drop(): void {
    const nothing = new Int32Array(0);
    this.addresses = new Float64Array(0);
    for (const name of ['heads', 'sizes', 'slotOf', 'tags', 'values', 'next', 'cells'] as const)
      this[name] = nothing;
  }

  /** What some slots hold; they are numbered by their order. */
  export(slots: Int32Array): TallyState {
    const size = slots.reduce((sum, slot) => sum + this.sizes[slot], 0);
    const state: TallyState = {
      slots: new Int32Array(size),
      addresses: new Float64Array(size),
      tags: new Int32Array(size),
      values: new Int32Array(size),
      levels: Uint8Array.from(slots, (slot) => this.levels[slot]),
    };
    let at = 0;
    slots.forEach((slot, row) => {
      this.visit(slot, (address, tag, value) => {
        state.slots[at] = row;
        state.addresses[at] = address;
        state.tags[at] = tag;
        state.values[at++] = value;
      });
    });
    return state;
  }

  /** Adds what another part has of the same windows; `slots` are ours for its rows. */
  absorb({ slots: rows, addresses, tags, values, levels }: TallyState, slots: Int32Array): void {
    levels.forEach((level, row) => {
      this.raise(slots[row], level);
    });
    for (let i = 0; i < rows.length; i++) this.put(slots[rows[i]], addresses[i], tags[i], values[i]);
  }

  private insert(cell: number, slot: number, address: number, tag: number, value: number): void {
    const entry = this.free >= 0 ? this.free : this.taken++;
    if (entry === this.free) this.free = this.next[entry];
    if (entry === this.slotOf.length) this.growEntries();
    this.slotOf[entry] = slot;
    this.addresses[entry] = address;
    this.tags[entry] = tag;
    this.values[entry] = value;
    this.next[entry] = this.heads[slot];
    this.heads[slot] = entry;
    this.sizes[slot]++;
    this.cells[cell] = entry;
    if (this.taken * 2 > this.cells.length) this.rehash();
  }

  /** Follows fewer addresses of a slot, if it is not so already. */
  private raise(slot: number, level: number): void {
    if (level <= this.levels[slot]) return;
    this.levels[slot] = level;
    let entry = this.heads[slot];
    this.heads[slot] = NONE;
    while (entry >= 0) {
      const next = this.next[entry];
      if (isFollowed(this.addresses[entry], level)) {
        this.next[entry] = this.heads[slot];
        this.heads[slot] = entry;
      } else {
        this.remove(entry);
        this.sizes[slot]--;
      }
      entry = next;
    }
  }

  /** Takes a key out of the hash table; what was placed behind it because of it moves up (Knuth, 6.4, algorithm R). */
  private remove(entry: number): void {
    const { cells } = this;
    const mask = cells.length - 1;
    let hole = this.home(entry, mask);
    while (cells[hole] !== entry) hole = (hole + 1) & mask;
    for (let cell = (hole + 1) & mask; cells[cell] >= 0; cell = (cell + 1) & mask) {
      const home = this.home(cells[cell], mask);
      if (((cell - home) & mask) < ((cell - hole) & mask)) continue;
      cells[hole] = cells[cell];
      hole = cell;
    }
    cells[hole] = NONE;
    this.next[entry] = this.free;
    this.free = entry;
  }

  private home(entry: number, mask: number): number {
    return hash(this.slotOf[entry], this.addresses[entry], this.tags[entry]) & mask;
  }

  private rehash(): void {
    const old = this.cells;
    this.cells = new Int32Array(old.length * 2).fill(NONE);
    const mask = this.cells.length - 1;
    for (const entry of old) {
      if (entry < 0) continue;
      let cell = this.home(entry, mask);
      while (this.cells[cell] >= 0) cell = (cell + 1) & mask;
      this.cells[cell] = entry;
    }
  }

  private growEntries(): void {
    const size = this.slotOf.length * 2;
    this.slotOf = grown(this.slotOf, new Int32Array(size));
    this.addresses = grown(this.addresses, new Float64Array(size));
    this.tags = grown(this.tags, new Int32Array(size));
    this.values = grown(this.values, new Int32Array(size));
    this.next = grown(this.next, new Int32Array(size));
  }

  private growSlots(size: number): void {
    const used = this.heads.length;
    this.heads = grown(this.heads, new Int32Array(size)).fill(NONE, used);
    this.sizes = grown(this.sizes, new Int32Array(size));
    this.levels = grown(this.levels, new Uint8Array(size));
  }
}

function hash(slot: number, address: number, tag: number): number {
  return pairHash(slot ^ Math.imul(tag, TAG_FACTOR), address);
}

function grown<Column extends Int32Array | Float64Array | Uint8Array>(from: Column, to: Column): Column {
  to.set(from);
  return to;
}
