import { isFollowed } from './address-sample.js';
import type { AddressLists } from './address-lists.js';
import { ANSWERED, COUNT_SHIFT, DISCOVERED, LAST_SIGNAL_TAG, LOST } from './context-sums.js';
import { pairHash } from './pair-hash.js';

const FLAGS_MASK = 0xffff;
/** An address counts in the context if it did one of these, or associated. */
const ASKED = DISCOVERED | ANSWERED;
/** Numbers from here on have a count of associations. */
const COUNTED = 1 << COUNT_SHIFT;

/** Distinct addresses of several windows by what they did: who did it in two windows counts once. */
export class AddressUnion {
  /** Addresses that asked for a DHCP lease and got none. */
  unanswered = 0;
  /** Most associations of one address, each weighted by its window. */
  mostAssociations = 0;
  /**
   * Of the readings of clients whose usual signal is known: the dB by which they were below it, weighted by their
   * windows, and the sum of the squares of these weights.
   */
  signalDrop = 0;
  signalWeight = 0;
  private cells = new Int32Array(64).fill(-1);
  private addresses = new Float64Array(32);
  private values = new Float64Array(32);
  private flags = new Int32Array(32);
  private size = 0;
  /** Readings of the latest lists of each device, brought together: a list is in several contexts. */
  private readonly readings: Readings;

  constructor(
    private readonly lists: AddressLists,
    devices: number,
  ) {
    this.readings = new Readings(lists, devices);
  }

  /** Addresses that lost a link in one window. */
  lost(list: number): number {
    const { lists } = this;
    let lost = 0;
    for (let i = 0, size = lists.untaggedSize(list); i < size; i++) {
      if ((lists.value(lists.place(list, i)) & LOST) !== 0) lost++;
    }
    return lost * 2 ** lists.level(list);
  }

  /**
   * @param numbers of lists, 0 among them; the first one weighs as much as there are, the last one 1
   * @param usual dBm by address, of the device
   */
  load(numbers: Int32Array, device: number, usual: ReadonlyMap<number, number>): void {
    this.clear();
    let level = 0;
    let entries = 0;
    for (let back = 0; back < numbers.length; back++) {
      level = Math.max(level, this.lists.level(numbers[back]));
      entries += this.lists.untaggedSize(numbers[back]);
    }
    if (entries > this.addresses.length) this.grow(entries);
    for (let back = 0; back < numbers.length; back++) {
      if (numbers[back] === 0) continue;
      const weight = numbers.length - back;
      this.addStations(numbers[back], level, weight);
      if (usual.size === 0) continue;
      this.readings.load(numbers[back], device, level, usual);
      this.signalWeight += weight * weight * this.readings.count;
      this.signalDrop += weight * this.readings.drop;
    }
    this.count(2 ** level);
  }

  private clear(): void {
    if (this.size > 0) this.cells.fill(-1);
    this.size = 0;
    this.unanswered = 0;
    this.mostAssociations = 0;
    this.signalWeight = 0;
    this.signalDrop = 0;
  }

  private addStations(list: number, level: number, weight: number): void {
    const { lists } = this;
    for (let i = 0, size = lists.untaggedSize(list); i < size; i++) {
      const place = lists.place(list, i);
      const value = lists.value(place);
      if (value < COUNTED && (value & ASKED) === 0) continue;
      const address = lists.address(place);
      if (isFollowed(address, level)) this.add(address, value, weight);
    }
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
      if ((this.flags[entry] & ASKED) === DISCOVERED) this.unanswered += scale;
      if (this.values[entry] > this.mostAssociations) this.mostAssociations = this.values[entry];
    }
  }

  private grow(entries: number): void {
    const room = 2 ** Math.ceil(Math.log2(entries));
    this.addresses = new Float64Array(room);
    this.values = new Float64Array(room);
    this.flags = new Int32Array(room);
    this.cells = new Int32Array(2 * room).fill(-1);
  }
}

/** Lists of a device whose readings are remembered: as many as make a context and some. */
const REMEMBERED = 8;

/** The readings in a list of the clients of which it is known where they usually are. */
class Readings {
  /** How many there are, and how many dB below the usual they are together: multiples of a half, exact in any order. */
  count = 0;
  drop = 0;
  private readonly known: Int32Array;
  private readonly counts: Float64Array;
  private readonly drops: Float64Array;

  constructor(
    private readonly lists: AddressLists,
    devices: number,
  ) {
    this.known = new Int32Array(devices * REMEMBERED);
    this.counts = new Float64Array(devices * REMEMBERED);
    this.drops = new Float64Array(devices * REMEMBERED);
  }

  load(list: number, device: number, level: number, usual: ReadonlyMap<number, number>): void {
    const at = device * REMEMBERED + (list % REMEMBERED);
    if (level === 0 && this.known[at] === list) {
      this.count = this.counts[at];
      this.drop = this.drops[at];
      return;
    }
    this.sum(list, level, usual);
    if (level > 0) return;
    this.known[at] = list;
    this.counts[at] = this.count;
    this.drops[at] = this.drop;
  }

  private sum(list: number, level: number, usual: ReadonlyMap<number, number>): void {
    const { lists } = this;
    this.count = 0;
    this.drop = 0;
    for (let i = lists.untaggedSize(list), size = lists.size(list); i < size; i++) {
      const place = lists.place(list, i);
      const tag = lists.tag(place);
      if (tag > LAST_SIGNAL_TAG) continue;
      const address = lists.address(place);
      const known = usual.get(address);
      if (known === undefined || !isFollowed(address, level)) continue;
      const count = lists.value(place) >>> COUNT_SHIFT;
      this.count += count;
      this.drop += (known + tag) * count;
    }
  }
}
