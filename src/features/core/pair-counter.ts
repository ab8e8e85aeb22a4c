/**
 * Counts occurrences of (slot, id) pairs in an open-addressed table of typed arrays: the distinct counts of a window
 * (addresses, SSIDs, programs) without an object per window. 12 bytes a cell at a load of at most one half.
 */
export class PairCounter {
  private slots = new Int32Array(1024).fill(-1);
  private ids = new Int32Array(1024);
  private counts = new Int32Array(1024);
  private mask = 1023;
  private used = 0;

  /** Adds one occurrence and returns how many there are now: 1 means the pair is new. Both numbers are >= 0. */
  add(slot: number, id: number): number {
    let cell = this.cellOf(slot, id);
    for (; this.slots[cell] >= 0; cell = (cell + 1) & this.mask) {
      if (this.slots[cell] === slot && this.ids[cell] === id) return ++this.counts[cell];
    }
    this.slots[cell] = slot;
    this.ids[cell] = id;
    this.counts[cell] = 1;
    if (++this.used * 2 > this.mask) this.grow();
    return 1;
  }

  private cellOf(slot: number, id: number): number {
    // Multiplicative hashing (Knuth): neighbouring slots and ids must not fall on neighbouring cells.
    const hash = Math.imul(slot, 0x9e3779b1) ^ Math.imul(id + 0x7f4a7c15, 0x85ebca6b);
    return (hash ^ (hash >>> 15)) & this.mask;
  }

  private grow(): void {
    const { slots, ids, counts } = this;
    const size = slots.length * 2;
    this.slots = new Int32Array(size).fill(-1);
    this.ids = new Int32Array(size);
    this.counts = new Int32Array(size);
    this.mask = size - 1;
    for (let i = 0; i < slots.length; i++) {
      if (slots[i] < 0) continue;
      let cell = this.cellOf(slots[i], ids[i]);
      while (this.slots[cell] >= 0) cell = (cell + 1) & this.mask;
      this.slots[cell] = slots[i];
      this.ids[cell] = ids[i];
      this.counts[cell] = counts[i];
    }
  }
}

/** Gives equal keys equal small numbers, in order of first appearance. */
export class Interner<Key> {
  private readonly idByKey = new Map<Key, number>();

  id(key: Key): number {
    const known = this.idByKey.get(key);
    if (known !== undefined) return known;
    const id = this.idByKey.size;
    this.idByKey.set(key, id);
    return id;
  }

  get size(): number {
    return this.idByKey.size;
  }

  /** Keys by id. */
  keys(): Key[] {
    return [...this.idByKey.keys()];
  }
}
