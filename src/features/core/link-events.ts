import { ASSOCIATION, DISCONNECT, LINK_LOST, VOLUNTARY } from './event-class.js';
import { forcedReconnects, HEAD_SECONDS, headMask, tailMask } from './forced-reconnects.js';
import { SlotTally, type TallyState } from './slot-tally.js';
import { BURST, FORCED } from './window-slots.js';

/** IEEE 802.11 reason codes of a client that leaves the network or the cell. */
const LEAVING_REASONS: readonly number[] = [3, 8];
/** What stands for a line without an address; above all addresses. */
const NOBODY = 2 ** 48;
/** Whole seconds of a burst. */
const BURST_SECONDS = 10;
/** Link events of a window that are followed before it takes a sample of them by address. */
const MAX_LINK_EVENTS = 4096;

const KIND_LOST = 0;
const KIND_ASSOCIATED = 1;
const KIND_LEFT = 2;
const KINDS = 4;
const PRESENT = 1;
/** Of a loss: at least one of its lines does not say that the client left. */
const UNWILLING = 2;

/** Lines that matter here. */
export const LINK = LINK_LOST | ASSOCIATION | VOLUNTARY | DISCONNECT;

/** Tags of what the windows before and after need of one address; values are masks of seconds. */
export const HEAD_TAG = 200;
export const HEAD_LEFT_TAG = 201;
export const TAIL_TAG = 202;

type Append = (address: number, tag: number, value: number) => void;

/**
 * Who lost, made and left a link in which second of the open windows. A lost link is often logged by several layers at
 * once: what happened to one address in one second counts once.
 */
export class LinkEvents {
  private readonly tally = new SlotTally((a, b) => a | b, MAX_LINK_EVENTS);
  private losses = new Int32Array(64);
  // Room for the events of a window that is closed, and for the seconds of one address.
  private order = new Int32Array(64);
  private addresses = new Float64Array(64);
  private tags = new Int32Array(64);
  private values = new Int32Array(64);
  private readonly lost: number[] = [];
  private readonly left: number[] = [];
  private readonly made: number[] = [];

  /** @param lengthSeconds of a window */
  constructor(private readonly lengthSeconds: number) {}

  openSlot(slot: number): void {
    this.tally.openSlot(slot);
  }

  /** @param second since the beginning of the window */
  add(slot: number, address: number, second: number, groups: number, reason: number): void {
    const { tally } = this;
    const isLeaving =
      (groups & VOLUNTARY) !== 0 || ((groups & DISCONNECT) !== 0 && LEAVING_REASONS.includes(reason));
    if ((groups & LINK_LOST) !== 0) {
      const value = isLeaving ? PRESENT : PRESENT | UNWILLING;
      tally.put(slot, address < 0 ? NOBODY : address, second * KINDS + KIND_LOST, value);
    }
    if (address < 0) return;
    if ((groups & ASSOCIATION) !== 0) tally.put(slot, address, second * KINDS + KIND_ASSOCIATED, PRESENT);
    if (isLeaving) tally.put(slot, address, second * KINDS + KIND_LEFT, PRESENT);
  }

  /** Writes the counts of a window, hands out what its neighbours need, and forgets its events. */
  close(slot: number, ints: Int32Array, at: number, append: Append): void {
    const { tally } = this;
    const size = tally.size(slot);
    if (size === 0) return;
    if (size > this.losses.length) this.losses = new Int32Array(2 * size);
    const { losses } = this;
    let lost = 0;
    let associated = 0;
    tally.visit(slot, (_, tag) => {
      const kind = tag % KINDS;
      if (kind === KIND_ASSOCIATED) associated++;
      if (kind === KIND_LOST) losses[lost++] = Math.floor(tag / KINDS);
    });
    const scale = 2 ** tally.level(slot);
    ints[at + BURST] = mostWithin(losses.subarray(0, lost).sort(), BURST_SECONDS) * scale;
    ints[at + FORCED] = this.closeAddresses(slot, lost > 0 && associated > 0, append) * scale;
    tally.empty(slot);
  }

  drop(): void {
    this.tally.drop();
  }

  export(open: Int32Array): TallyState {
    return this.tally.export(open);
  }

  absorb(state: TallyState, slots: Int32Array): void {
    this.tally.absorb(state, slots);
  }

  /** Address by address: forced reconnects behind the first seconds, and masks of the seconds at both ends. */
  private closeAddresses(slot: number, count: boolean, append: Append): number {
    const size = this.sort(slot);
    const { order, addresses, tags, values, lost, left, made } = this;
    let forced = 0;
    for (let i = 0; i < size;) {
      const address = addresses[order[i]];
      lost.length = 0;
      left.length = 0;
      made.length = 0;
      for (; i < size && addresses[order[i]] === address; i++) {
        const tag = tags[order[i]];
        const kind = tag % KINDS;
        const second = Math.floor(tag / KINDS);
        if (kind === KIND_ASSOCIATED) made.push(second);
        else if (kind === KIND_LEFT) left.push(second);
        else if ((values[order[i]] & UNWILLING) !== 0) lost.push(second);
      }
      if (count && lost.length > 0 && made.length > 0) {
        forced += forcedReconnects(lost, left, made, HEAD_SECONDS);
      }
      this.appendEnds(address, append);
    }
    return forced;
  }

  /** What the windows before and after need of an address. */
  private appendEnds(address: number, append: Append): void {
    const { lost, left, made, lengthSeconds } = this;
    const head = headMask(made);
    if (head !== 0) {
      append(address, HEAD_TAG, head | (headMask(lost) << HEAD_SECONDS));
      const headLeft = headMask(left);
      if (headLeft !== 0) append(address, HEAD_LEFT_TAG, headLeft);
    }
    const tail = tailMask(lost, lengthSeconds) | (tailMask(left, lengthSeconds) << HEAD_SECONDS);
    if (tail !== 0) append(address, TAIL_TAG, tail);
  }

  /** Puts the events that have an address in order, by address and second, and tells how many there are. */
  private sort(slot: number): number {
    const size = this.tally.size(slot);
    if (size > this.order.length) {
      this.order = new Int32Array(2 * size);
      this.addresses = new Float64Array(2 * size);
      this.tags = new Int32Array(2 * size);
      this.values = new Int32Array(2 * size);
    }
    const { order, addresses, tags, values } = this;
    let count = 0;
    this.tally.visit(slot, (address, tag, value) => {
      if (address === NOBODY) return;
      addresses[count] = address;
      tags[count] = tag;
      values[count] = value;
      order[count] = count++;
    });
    order.subarray(0, count).sort((a, b) => addresses[a] - addresses[b] || tags[a] - tags[b]);
    return count;
  }
}

/** Most of the ascending moments that lie within a span. */
function mostWithin(seconds: Int32Array, span: number): number {
  let most = 0;
  for (let last = 0, first = 0; last < seconds.length; last++) {
    while (seconds[last] - seconds[first] >= span) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}
