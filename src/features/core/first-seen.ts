import { isFollowed, MAX_LEVEL } from './address-sample.js';
import { pairHash } from './pair-hash.js';

/** Columns of the same length; plain data that a thread can send. */
export interface FirstSeenState {
  /** Addresses are followed by sample (address-sample.ts); 0 = all. */
  readonly level: number;
  readonly owners: Int32Array;
  /** 48-bit addresses. */
  readonly ids: Float64Array;
  /** First arrival, ms since the epoch. */
  readonly timesMs: Float64Array;
}

const MIN_CELLS = 1024;
/** 20 bytes a cell, at most five eighths full: 20 MB at the limit. */
export const MAX_FIRST_SEEN = 524_288;

/** When an owner showed an address for the first time: an open-addressed table of (owner, address) -> arrival. */
export class FirstSeen {
  private owners = new Int32Array(MIN_CELLS).fill(-1);
  private ids = new Float64Array(MIN_CELLS);
  private timesMs = new Float64Array(MIN_CELLS);
  private used = 0;
  private sample = 0;

  /** @param limit pairs to follow; more are followed by sample */
  constructor(private readonly limit = MAX_FIRST_SEEN) {}

  /** A count of the pairs times 2^level estimates how many there are. */
  get level(): number {
    return this.sample;
  }

  get size(): number {
    return this.used;
  }

  /** Remembers the arrival if it is the earliest so far. */
  note(owner: number, id: number, timeMs: number): void {
    const cell = this.cellOf(owner, id);
    if (this.owners[cell] >= 0) {
      if (timeMs < this.timesMs[cell]) this.timesMs[cell] = timeMs;
      return;
    }
    if (this.sample > 0 && !isFollowed(id, this.sample)) return;
    this.put(cell, owner, id, timeMs);
    if (this.used * 8 > this.owners.length * 5) this.rebuild(this.owners.length * 2);
    while (this.used > this.limit && this.sample < MAX_LEVEL) this.raise(this.sample + 1);
  }

  /** First arrival; Infinity = never, or not followed. */
  get(owner: number, id: number): number {
    const cell = this.cellOf(owner, id);
    return this.owners[cell] < 0 ? Infinity : this.timesMs[cell];
  }

  /** Follows fewer addresses from now on, if it is not so already. */
  raise(level: number): void {
    if (level <= this.sample) return;
    this.sample = level;
    this.rebuild(this.owners.length);
  }

  /** In no particular order. */
  forEach(visit: (owner: number, id: number, timeMs: number) => void): void {
    const { owners, ids, timesMs } = this;
    for (let cell = 0; cell < owners.length; cell++) {
      if (owners[cell] >= 0) visit(owners[cell], ids[cell], timesMs[cell]);
    }
  }

  export(): FirstSeenState {
    const state = {
      level: this.sample,
      owners: new Int32Array(this.used),
      ids: new Float64Array(this.used),
      timesMs: new Float64Array(this.used),
    };
    let at = 0;
    this.forEach((owner, id, timeMs) => {
      state.owners[at] = owner;
      state.ids[at] = id;
      state.timesMs[at++] = timeMs;
    });
    return state;
  }

  absorb(state: FirstSeenState, ownerNumber: (owner: number) => number): void {
    this.raise(state.level);
    for (let i = 0; i < state.owners.length; i++) {
      this.note(ownerNumber(state.owners[i]), state.ids[i], state.timesMs[i]);
    }
  }

  /** Cell of a pair, or the empty one where it belongs. */
  private cellOf(owner: number, id: number): number {
    const { owners, ids } = this;
    const mask = owners.length - 1;
    let cell = pairHash(owner, id) & mask;
    while (owners[cell] >= 0 && (owners[cell] !== owner || ids[cell] !== id)) cell = (cell + 1) & mask;
    return cell;
  }

  private put(cell: number, owner: number, id: number, timeMs: number): void {
    this.owners[cell] = owner;
    this.ids[cell] = id;
    this.timesMs[cell] = timeMs;
    this.used++;
  }

  private rebuild(cells: number): void {
    const { owners, ids, timesMs } = this;
    this.owners = new Int32Array(cells).fill(-1);
    this.ids = new Float64Array(cells);
    this.timesMs = new Float64Array(cells);
    this.used = 0;
    for (let from = 0; from < owners.length; from++) {
      if (owners[from] < 0 || !isFollowed(ids[from], this.sample)) continue;
      this.put(this.cellOf(owners[from], ids[from]), owners[from], ids[from], timesMs[from]);
    }
  }
}
