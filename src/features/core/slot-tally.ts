import { isFollowed, MAX_LEVEL } from './address-sample.js';

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
/** Up to so many keys insertion is the fastest way to sort. */
const FEW = 24;
/** Distances of Shell's sort for more (Ciura, Best increments for the average case of Shellsort, 2001). */
const GAPS: readonly number[] = [4861, 1750, 701, 301, 132, 57, 23, 10, 4, 1];

/**
 * Numbers by address and tag of each open slot: what is put is only noted (20 bytes), and brought together when somebody
 * asks, or when a slot has twice as many notes as the limit. That is faster than a hash table, because most windows have
 * few keys and are asked once, when they close. A slot that has more keys than the limit follows its addresses by sample,
 * so that a flood of addresses takes a bounded place and still says how large it was; which addresses are followed
 * depends on the keys alone, not on their order.
 */
export class SlotTally {
  /** Keys of the slot that {@link gather} was asked for, ascending by address and tag. */
  addresses = new Float64Array(64);
  tags = new Int32Array(64);
  values = new Int32Array(64);
  private heads = new Int32Array(64).fill(NONE);
  private sizes = new Int32Array(64);
  /** With more notes than this, the slot's are brought together. */
  private due = new Int32Array(64);
  private levels = new Uint8Array(64);
  /** Whether each key of a slot has one note. */
  private settled = new Uint8Array(64);
  private notedAddress = new Float64Array(MIN_ENTRIES);
  private notedTag = new Int32Array(MIN_ENTRIES);
  private notedValue = new Int32Array(MIN_ENTRIES);
  /** Next note of the same slot, or of the free list. */
  private next = new Int32Array(MIN_ENTRIES);
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
    this.clear(slot);
  }

  level(slot: number): number {
    this.settle(slot);
    return this.levels[slot];
  }

  /** Keys of a slot. */
  size(slot: number): number {
    this.settle(slot);
    return this.sizes[slot];
  }

  /** Joins a number with what the key has already; the first one is taken as it is. */
  put(slot: number, address: number, tag: number, value: number): void {
    const { notedAddress, notedTag, notedValue } = this;
    const head = this.heads[slot];
    // What several layers log at once comes one behind the other.
    if (head >= 0 && notedAddress[head] === address && notedTag[head] === tag) {
      notedValue[head] = this.join(notedValue[head], value);
      return;
    }
    const level = this.levels[slot];
    if (level > 0 && !isFollowed(address, level)) return;
    let entry = this.free;
    if (entry >= 0) this.free = this.next[entry];
    else entry = this.newEntry();
    this.notedAddress[entry] = address;
    this.notedTag[entry] = tag;
    this.notedValue[entry] = value;
    this.next[entry] = head;
    this.heads[slot] = entry;
    this.settled[slot] = 0;
    if (++this.sizes[slot] > this.due[slot]) this.settle(slot);
  }

  /** Puts the keys of a slot into the columns of this object, in order, and tells how many there are. */
  gather(slot: number): number {
    if (this.settled[slot] === 0) this.settle(slot);
    else this.load(slot);
    return this.sizes[slot];
  }

  /** Calls back for each key of a slot, in no particular order. */
  visit(slot: number, visitor: (address: number, tag: number, value: number) => void): void {
    this.settle(slot);
    for (let entry = this.heads[slot]; entry >= 0; entry = this.next[entry]) {
      visitor(this.notedAddress[entry], this.notedTag[entry], this.notedValue[entry]);
    }
  }

  /** Forgets the keys of a slot. */
  empty(slot: number): void {
    this.release(this.heads[slot]);
    this.clear(slot);
  }

  /** Gives the memory back; of no use afterwards. */
  drop(): void {
    const nothing = new Int32Array(0);
    this.addresses = new Float64Array(0);
    this.notedAddress = new Float64Array(0);
    for (const name of ['tags', 'values', 'heads', 'sizes', 'due', 'notedTag', 'notedValue', 'next'] as const)
      this[name] = nothing;
  }

  /** What some slots hold; they are numbered by their order. */
  export(slots: Int32Array): TallyState {
    const size = slots.reduce((sum, slot) => sum + this.size(slot), 0);
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
      const slot = slots[row];
      if (level <= this.levels[slot]) return;
      this.levels[slot] = level;
      this.settled[slot] = 0;
    });
    for (let i = 0; i < rows.length; i++) this.put(slots[rows[i]], addresses[i], tags[i], values[i]);
  }

  /** Brings the notes of a slot together: one for each key, in order, and of no more keys than the limit. */
  private settle(slot: number): void {
    if (this.settled[slot] === 1) return;
    this.load(slot);
    this.sort(this.sizes[slot]);
    let size = this.joinEqual(this.sizes[slot]);
    size = this.sampled(size, this.levels[slot]);
    while (size > this.limit && this.levels[slot] < MAX_LEVEL) size = this.sampled(size, ++this.levels[slot]);
    this.store(slot, size);
  }

  /** Copies the notes of a slot into the columns. */
  private load(slot: number): void {
    const size = this.sizes[slot];
    if (size > this.addresses.length) {
      this.addresses = new Float64Array(2 * size);
      this.tags = new Int32Array(2 * size);
      this.values = new Int32Array(2 * size);
    }
    const { addresses, tags, values, notedAddress, notedTag, notedValue, next } = this;
    for (let entry = this.heads[slot], i = 0; entry >= 0; entry = next[entry], i++) {
      addresses[i] = notedAddress[entry];
      tags[i] = notedTag[entry];
      values[i] = notedValue[entry];
    }
  }

  private sort(size: number): void {
    const { addresses, tags, values } = this;
    for (let round = size <= FEW ? GAPS.length - 1 : 0; round < GAPS.length; round++) {
      const gap = GAPS[round];
      for (let i = gap; i < size; i++) {
        const address = addresses[i];
        const tag = tags[i];
        const value = values[i];
        let at = i;
        for (let from = i - gap; from >= 0; from -= gap) {
          if (addresses[from] < address || (addresses[from] === address && tags[from] <= tag)) break;
          addresses[at] = addresses[from];
          tags[at] = tags[from];
          values[at] = values[from];
          at = from;
        }
        addresses[at] = address;
        tags[at] = tag;
        values[at] = value;
      }
    }
  }

  /** Of the first columns, joins the neighbours with one key. */
  private joinEqual(size: number): number {
    const { addresses, tags, values } = this;
    let kept = Math.min(size, 1);
    for (let i = 1; i < size; i++) {
      const last = kept - 1;
      if (addresses[i] === addresses[last] && tags[i] === tags[last]) {
        values[last] = this.join(values[last], values[i]);
        continue;
      }
      addresses[kept] = addresses[i];
      tags[kept] = tags[i];
      values[kept++] = values[i];
    }
    return kept;
  }

  /** Of the first columns, keeps those whose address is followed at a level. */
  private sampled(size: number, level: number): number {
    if (level === 0) return size;
    const { addresses, tags, values } = this;
    let kept = 0;
    for (let i = 0; i < size; i++) {
      if (!isFollowed(addresses[i], level)) continue;
      addresses[kept] = addresses[i];
      tags[kept] = tags[i];
      values[kept++] = values[i];
    }
    return kept;
  }

  /** Writes the columns back into the notes of a slot. */
  private store(slot: number, size: number): void {
    const { addresses, tags, values, notedAddress, notedTag, notedValue, next } = this;
    let last = NONE;
    let entry = this.heads[slot];
    for (let i = 0; i < size; i++) {
      notedAddress[entry] = addresses[i];
      notedTag[entry] = tags[i];
      notedValue[entry] = values[i];
      last = entry;
      entry = next[entry];
    }
    this.release(entry);
    if (last === NONE) this.heads[slot] = NONE;
    else next[last] = NONE;
    this.sizes[slot] = size;
    this.due[slot] = 2 * Math.max(size, this.limit);
    this.settled[slot] = 1;
  }

  /** Gives a list of notes back. */
  private release(first: number): void {
    if (first === NONE) return;
    const { next } = this;
    let last = first;
    while (next[last] >= 0) last = next[last];
    next[last] = this.free;
    this.free = first;
  }

  private clear(slot: number): void {
    this.heads[slot] = NONE;
    this.sizes[slot] = 0;
    this.due[slot] = 2 * this.limit;
    this.levels[slot] = 0;
    this.settled[slot] = 1;
  }

  private newEntry(): number {
    if (this.taken === this.next.length) {
      const size = this.next.length * 2;
      this.notedAddress = grown(this.notedAddress, new Float64Array(size));
      this.notedTag = grown(this.notedTag, new Int32Array(size));
      this.notedValue = grown(this.notedValue, new Int32Array(size));
      this.next = grown(this.next, new Int32Array(size));
    }
    return this.taken++;
  }

  private growSlots(size: number): void {
    const used = this.heads.length;
    this.heads = grown(this.heads, new Int32Array(size)).fill(NONE, used);
    this.sizes = grown(this.sizes, new Int32Array(size));
    this.due = grown(this.due, new Int32Array(size)).fill(2 * this.limit, used);
    this.levels = grown(this.levels, new Uint8Array(size));
    this.settled = grown(this.settled, new Uint8Array(size)).fill(1, used);
  }
}

function grown<Column extends Int32Array | Float64Array | Uint8Array>(from: Column, to: Column): Column {
  to.set(from);
  return to;
}
