import type { RecordBatch } from '../../export/core/record-batch.js';
import { AddressLists, type AddressListsState } from './address-lists.js';
import {
  AP_CONTACT,
  ASSOCIATION,
  DHCP_ACK,
  DHCP_DISCOVER,
  DHCP_EXHAUSTED,
  FORGED,
  JOINED,
  LINK_LOST,
  RADAR,
  RESTART,
  WEAK,
} from './event-class.js';
import type { EventColumns } from './event-columns.js';
import { FirstSeen, type FirstSeenState } from './first-seen.js';
import { LINK, LinkEvents } from './link-events.js';
import type { WindowLines } from './slot-sets.js';
import { SlotTally, type TallyState } from './slot-tally.js';
import * as col from './window-slots.js';

/** What the windows keep by address, of one part of the input. */
export interface ContextState {
  readonly stations: TallyState;
  readonly links: TallyState;
  readonly lists: AddressListsState;
  readonly joined: FirstSeenState;
  readonly accessPoints: FirstSeenState;
}

/** Whose an open slot is. */
interface SlotOwners {
  owner(slot: number): number;
}

/** Flags of an address in a window: the low half of its number; the high half counts. */
export const LOST = 1;
export const DISCOVERED = 2;
export const ANSWERED = 4;
export const COUNT_SHIFT = 16;
/**
 * Tag of an address with its flags and associations; tags 1 to 149 count its readings of so many dB below 0 dBm; tags
 * from 200 on are those of link-events.ts.
 */
export const STATION_TAG = 0;
export const LAST_SIGNAL_TAG = 149;
/** Readings that name no client are of the device itself, as a client; ff:ff:ff:ff:ff:ff is nobody's own address. */
export const DEVICE_ITSELF = 2 ** 48 - 1;

const FLAGS_MASK = 0xffff;
const MAX_COUNT = 0x7fff;
/** Addresses (with their readings) that a window follows before it takes a sample of them. */
export const MAX_STATIONS = 512;

const COUNTED = RESTART | DHCP_EXHAUSTED | RADAR | FORGED | WEAK;
const STATION = LINK_LOST | ASSOCIATION | DHCP_DISCOVER | DHCP_ACK;
const ANY = COUNTED | STATION | AP_CONTACT | JOINED | LINK;

/** Flags of both, and the sum of the counts. */
function joinStations(a: number, b: number): number {
  const count = Math.min(MAX_COUNT, (a >>> COUNT_SHIFT) + (b >>> COUNT_SHIFT));
  return ((a | b) & FLAGS_MASK) | (count << COUNT_SHIFT);
}

/** What the features of context need of the open windows beyond sums: who did what, and who is new. */
export class ContextSums {
  readonly lists = new AddressLists();
  /** First arrivals of the clients of each owner that got on, and of the access points it tried to join. */
  readonly joined = new FirstSeen();
  readonly accessPoints = new FirstSeen();
  private readonly stations = new SlotTally(joinStations, MAX_STATIONS);
  private readonly links: LinkEvents;

  constructor(
    private readonly slots: col.WindowSlots,
    private readonly places: SlotOwners,
    lengthSeconds: number,
  ) {
    this.links = new LinkEvents(lengthSeconds);
  }

  openSlot(slot: number): void {
    this.stations.openSlot(slot);
    this.links.openSlot(slot);
  }

  addLines(batch: RecordBatch, events: EventColumns, { count, rows, slots }: WindowLines): void {
    const { groups, mac } = events;
    const { ints } = this.slots;
    for (let i = 0; i < count; i++) {
      const row = rows[i];
      const bits = groups[row];
      if ((bits & ANY) === 0) continue;
      const slot = slots[i];
      if ((bits & COUNTED) !== 0) countLine(ints, slot * col.INT_COLUMNS, bits);
      const address = mac[row];
      if ((bits & LINK) !== 0) this.addLink(batch, events, row, slot);
      if (address < 0) continue;
      if ((bits & STATION) !== 0) this.stations.put(slot, address, STATION_TAG, stationBits(bits));
      if ((bits & (JOINED | AP_CONTACT)) === 0) continue;
      const owner = this.places.owner(slot);
      if ((bits & JOINED) !== 0) this.joined.note(owner, address, batch.timeMs[row]);
      if ((bits & AP_CONTACT) !== 0) this.accessPoints.note(owner, address, batch.timeMs[row]);
    }
  }

  /** @param dbm below 0 and above -150 */
  addSignal(slot: number, address: number, dbm: number): void {
    this.stations.put(slot, address < 0 ? DEVICE_ITSELF : address, -dbm, 1 << COUNT_SHIFT);
  }

  /** Writes what is known of a window now into its sums, and returns the number of its list of addresses. */
  close(slot: number): number {
    const { stations, lists } = this;
    const list = lists.begin();
    const size = stations.gather(slot);
    const { addresses, tags, values } = stations;
    for (let i = 0; i < size; i++) {
      if (tags[i] === STATION_TAG) lists.append(addresses[i], STATION_TAG, values[i]);
    }
    for (let i = 0; i < size; i++) {
      if (tags[i] !== STATION_TAG) lists.append(addresses[i], tags[i], values[i]);
    }
    this.links.close(slot, this.slots.ints, slot * col.INT_COLUMNS, lists);
    const level = stations.level(slot);
    stations.empty(slot);
    return lists.end(level) ? list : 0;
  }

  /** Gives back what only open windows need. */
  drop(): void {
    this.stations.drop();
    this.links.drop();
  }

  export(open: Int32Array): ContextState {
    return {
      stations: this.stations.export(open),
      links: this.links.export(open),
      lists: this.lists.export(),
      joined: this.joined.export(),
      accessPoints: this.accessPoints.export(),
    };
  }

  /**
   * All but the lists of the finished windows, which {@link lists} takes over.
   *
   * @param slots ours, of the open windows of the other part
   * @param owner our number of an owner there
   */
  absorb(state: ContextState, slots: Int32Array, owner: (owner: number) => number): void {
    this.stations.absorb(state.stations, slots);
    this.links.absorb(state.links, slots);
    this.joined.absorb(state.joined, owner);
    this.accessPoints.absorb(state.accessPoints, owner);
  }

  private addLink(
    batch: RecordBatch,
    { groups, mac, reason }: EventColumns,
    row: number,
    slot: number,
  ): void {
    const startMs = this.slots.sums[slot * col.SUM_COLUMNS + col.START];
    const second = Math.floor((batch.timeMs[row] - startMs) / 1000);
    this.links.add(slot, mac[row], second, groups[row], reason[row]);
  }
}

function countLine(ints: Int32Array, at: number, groups: number): void {
  if ((groups & RESTART) !== 0) ints[at + col.RESTARTS]++;
  if ((groups & DHCP_EXHAUSTED) !== 0) ints[at + col.EXHAUSTED]++;
  if ((groups & RADAR) !== 0) ints[at + col.RADARS]++;
  if ((groups & FORGED) !== 0) ints[at + col.FORGERIES]++;
  if ((groups & WEAK) !== 0) ints[at + col.WEAK_LINKS]++;
}

function stationBits(groups: number): number {
  let bits = 0;
  if ((groups & LINK_LOST) !== 0) bits |= LOST;
  if ((groups & DHCP_DISCOVER) !== 0) bits |= DISCOVERED;
  if ((groups & DHCP_ACK) !== 0) bits |= ANSWERED;
  if ((groups & ASSOCIATION) !== 0) bits |= 1 << COUNT_SHIFT;
  return bits;
}

/** The memory of a state, to be moved to another thread and not copied. */
export function contextBuffers({
  stations,
  links,
  lists,
  joined,
  accessPoints,
}: ContextState): ArrayBuffer[] {
  return [
    ...[stations, links].flatMap(({ slots, addresses, tags, values, levels }) => [
      ...[slots, addresses, tags, values, levels],
    ]),
    ...lists.chunks,
    lists.starts,
    ...[joined, accessPoints].flatMap(({ owners, ids, timesMs }) => [owners, ids, timesMs]),
  ].map(({ buffer }) => buffer as ArrayBuffer);
}
