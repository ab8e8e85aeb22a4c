import { isFollowed } from './address-sample.js';
import type { AddressLists } from './address-lists.js';
import { ANSWERED, COUNT_SHIFT, DISCOVERED, LAST_SIGNAL_TAG, LOST, STATION_TAG } from './context-sums.js';
import { pairHash } from './pair-hash.js';

const FLAGS_MASK = 0xffff;

/** Distinct addresses of several windows by what they did: who did it in two windows counts once. */
export class AddressUnion {
  /** Addresses that lost a link, and that asked for a DHCP lease and got none. */
  lost = 0;
  unanswered = 0;
  /** Most associations of one address, each weighted by its window. */
  mostAssociations = 0;
  /**
   * Of the readings of clients whose usual signal is known: the dB by which they were below it, weighted by their
   * windows, and the sum of the squares of these weights.
   */
  signalDrop = 0;
  signalWeight = 0;
  private cells = new Int32Array(256).fill(-1);
  private addresses = new Float64Array(128);
  private values = new Float64Array(128);
  private flags = new Int32Array(128);
  private size = 0;

  constructor(private readonly lists: AddressLists) {}

  /**
   * @param numbers of lists, 0 among them; the first one weighs as much as there are, the last one 1
   * @param usual dBm by address
   */
  load(numbers: Int32Array, usual: ReadonlyMap<number, number>): void {
    this.clear();
    let level = 0;
    let entries = 0;
    for (const list of numbers) {
      if (list === 0) continue;
      level = Math.max(level, this.lists.level(list));
      entries += this.lists.size(list);
    }
    if (entries === 0) return;
    this.reserve(entries);
    numbers.forEach((list, back) => {
      const weight = numbers.length - back;
      this.lists.visit(list, (address, tag, value) => {
        if (tag > LAST_SIGNAL_TAG || !isFollowed(address, level)) return;
        if (tag === STATION_TAG) this.add(address, value, weight);
        else this.addReadings(usual.get(address), -tag, value >>> COUNT_SHIFT, weight);
      });
    });
    this.count(2 ** level);
  }

  private clear(): void {
    if (this.size > 0) this.cells.fill(-1);
    this.size = 0;
    this.lost = 0;
    this.unanswered = 0;
    this.mostAssociations = 0;
    this.signalWeight = 0;
    this.signalDrop = 0;
  }

  private addReadings(usual: number | undefined, dbm: number, count: number, weight: number): void {
    if (usual === undefined) return;
    this.signalWeight += weight * weight * count;
    this.signalDrop += weight * (usual - dbm) * count;
  }

  private add(address: number, value: number, weight: number): void {
    const { cells, addresses } = this;
    const mask = cells.length - 1;
    let cell = pairHash(0, address) & mask;
    while (cells[cell] >= 0 && addresses[cells[cell]] !== address) cell = (cell + 1) & mask;
    let entry = cells[cell];
    if (entry < 0) {
      entry = this.size++;
      cells[cell] = entry;
      addresses[entry] = address;
      this.flags[entry] = 0;
      this.values[entry] = 0;
    }
    this.flags[entry] |= value & FLAGS_MASK;
    this.values[entry] += weight * (value >>> COUNT_SHIFT);
  }

  private count(scale: number): void {
    for (let entry = 0; entry < this.size; entry++) {
      const flags = this.flags[entry];
      if ((flags & LOST) !== 0) this.lost += scale;
      if ((flags & (DISCOVERED | ANSWERED)) === DISCOVERED) this.unanswered += scale;
      if (this.values[entry] > this.mostAssociations) this.mostAssociations = this.values[entry];
    }
  }

  private reserve(entries: number): void {
    if (entries <= this.addresses.length) return;
    const room = 2 ** Math.ceil(Math.log2(entries));
    this.addresses = new Float64Array(room);
    this.values = new Float64Array(room);
    this.flags = new Int32Array(room);
    this.cells = new Int32Array(2 * room).fill(-1);
  }
}
