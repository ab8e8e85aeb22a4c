import { ASSOCIATION, DISCONNECT, LINK_LOST, VOLUNTARY } from './event-class.js';
import { forcedReconnects, HEAD_SECONDS } from './forced-reconnects.js';
import { Moments } from './moments.js';
import { SlotTally, type TallyState } from './slot-tally.js';
import { BURST, FORCED } from './window-slots.js';

/** IEEE 802.11 reason codes of a client that leaves the network or the cell. */
const REASON_LEAVES_NETWORK = 3;
const REASON_LEAVES_CELL = 8;
/** What stands for a line without an address; above all addresses. */
const NOBODY = 2 ** 48;
/** Whole seconds of a burst. */
const BURST_SECONDS = 10;
/** Link events of a window that are followed before it takes a sample of them by address. */
const MAX_LINK_EVENTS = 4096;

const KIND_LOST = 0;
const KIND_ASSOCIATED = 1;
const KIND_LEFT = 2;
const KIND_BITS = 2;
const KIND_MASK = (1 << KIND_BITS) - 1;
const PRESENT = 1;
/** Of a loss: at least one of its lines does not say that the client left. */
const UNWILLING = 2;

/** Lines that matter here. */
export const LINK = LINK_LOST | ASSOCIATION | VOLUNTARY | DISCONNECT;

/** Tags of what the windows before and after need of one address; values are masks of seconds. */
export const HEAD_TAG = 200;
export const HEAD_LEFT_TAG = 201;
export const TAIL_TAG = 202;

/** Takes what a closed window leaves by address. */
interface EndsKeeper {
  append(address: number, tag: number, value: number): void;
}

/**
 * Who lost, made and left a link in which second of the open windows. A lost link is often logged by several layers at
 * once: what happened to one address in one second counts once.
 */
export class LinkEvents {
  private readonly tally = new SlotTally((a, b) => a | b, MAX_LINK_EVENTS);
  // Seconds of a window that is closed, and of one address in it.
  private readonly losses = new Moments();
  private readonly lost = new Moments();
  private readonly left = new Moments();
  private readonly made = new Moments();
  // Masks of the seconds at both ends of the window (bit s = second s of the stretch) of one address.
  private headMade = 0;
  private headLost = 0;
  private headLeft = 0;
  private tailLost = 0;
  private tailLeft = 0;

  /** @param lengthSeconds of a window */
  constructor(private readonly lengthSeconds: number) {}

  openSlot(slot: number): void {
    this.tally.openSlot(slot);
  }

  /** @param second since the beginning of the window */
  add(slot: number, address: number, second: number, groups: number, reason: number): void {
    const { tally } = this;
    const isLeaving =
      (groups & VOLUNTARY) !== 0 ||
      ((groups & DISCONNECT) !== 0 && (reason === REASON_LEAVES_NETWORK || reason === REASON_LEAVES_CELL));
    const tag = second << KIND_BITS;
    if ((groups & LINK_LOST) !== 0) {
      const value = isLeaving ? PRESENT : PRESENT | UNWILLING;
      tally.put(slot, address < 0 ? NOBODY : address, tag | KIND_LOST, value);
    }
    if (address < 0) return;
    if ((groups & ASSOCIATION) !== 0) tally.put(slot, address, tag | KIND_ASSOCIATED, PRESENT);
    if (isLeaving) tally.put(slot, address, tag | KIND_LEFT, PRESENT);
  }

  /** Writes the counts of a window, hands out what its neighbours need, and forgets its events. */
  close(slot: number, ints: Int32Array, at: number, ends: EndsKeeper): void {
    const { tally, losses } = this;
    const size = tally.gather(slot);
    if (size === 0) return;
    losses.clear();
    let forced = 0;
    for (let i = 0; i < size;) {
      const next = this.readAddress(i, size);
      if (tally.addresses[i] !== NOBODY) {
        if (this.lost.count > 0 && this.made.count > 0) {
          forced += forcedReconnects(this.lost, this.left, this.made, HEAD_SECONDS);
        }
        this.appendEnds(tally.addresses[i], ends);
      }
      i = next;
    }
    const scale = 2 ** tally.level(slot);
    ints[at + BURST] = mostWithin(losses, BURST_SECONDS) * scale;
    ints[at + FORCED] = forced * scale;
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

  /** The events of the address at `from` of those gathered; returns where the next address begins. */
  private readAddress(from: number, size: number): number {
    const { addresses, tags, values } = this.tally;
    const { losses, lost, left, made } = this;
    const tailFrom = this.lengthSeconds - HEAD_SECONDS;
    lost.clear();
    left.clear();
    made.clear();
    this.headMade = this.headLost = this.headLeft = this.tailLost = this.tailLeft = 0;
    const address = addresses[from];
    let i = from;
    for (; i < size && addresses[i] === address; i++) {
      const kind = tags[i] & KIND_MASK;
      const second = tags[i] >> KIND_BITS;
      const head = second < HEAD_SECONDS ? 1 << second : 0;
      const tail = second >= tailFrom ? 1 << (second - tailFrom) : 0;
      if (kind === KIND_ASSOCIATED) {
        made.add(second);
        this.headMade |= head;
      } else if (kind === KIND_LEFT) {
        left.add(second);
        this.headLeft |= head;
        this.tailLeft |= tail;
      } else {
        losses.add(second);
        if ((values[i] & UNWILLING) === 0) continue;
        lost.add(second);
        this.headLost |= head;
        this.tailLost |= tail;
      }
    }
    return i;
  }

  /** What the windows before and after need of an address. */
  private appendEnds(address: number, ends: EndsKeeper): void {
    const { headMade, headLeft } = this;
    if (headMade !== 0) {
      ends.append(address, HEAD_TAG, headMade | (this.headLost << HEAD_SECONDS));
      if (headLeft !== 0) ends.append(address, HEAD_LEFT_TAG, headLeft);
    }
    const tail = this.tailLost | (this.tailLeft << HEAD_SECONDS);
    if (tail !== 0) ends.append(address, TAIL_TAG, tail);
  }
}

/** Most of the moments that lie within a span. Puts them in order. */
function mostWithin(moments: Moments, span: number): number {
  moments.sort();
  const { seconds, count } = moments;
  let most = 0;
  for (let last = 0, first = 0; last < count; last++) {
    while (seconds[last] - seconds[first] >= span) first++;
    if (last - first >= most) most = last - first + 1;
  }
  return most;
}
