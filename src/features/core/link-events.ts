import { ASSOCIATION, LINK_LOST } from './event-class.js';
import { SlotTally, type TallyState } from './slot-tally.js';
import { BURST, LOSSES, ODD_LOSSES } from './window-slots.js';

/** IEEE 802.11 reason codes that a network in order hardly sees: class 2 and 3 frames of strangers, bad handshakes. */
export const ODD_REASONS: readonly number[] = [2, 6, 7, 15, 16];
/** What stands for a line without an address; above all addresses. */
const NOBODY = 2 ** 48;
/** Whole seconds in a burst. */
export const BURST_SECONDS = 10;
/** Link events of a window that are followed before it takes a sample of them by address. */
export const MAX_LINK_EVENTS = 4096;

const KIND_LOST = 0;
const KIND_ASSOCIATED = 1;
const KINDS = 2;
const PRESENT = 1;
const ODD = 2;

/**
 * Who lost and made a link in which second of the open windows. A lost link is often logged by several layers at once:
 * what happened to one address in one second counts once.
 */
export class LinkEvents {
  private readonly tally = new SlotTally((a, b) => a | b, MAX_LINK_EVENTS);
  private seconds = new Int32Array(64);

  openSlot(slot: number): void {
    this.tally.openSlot(slot);
  }

  /** @param second since the beginning of the window */
  add(slot: number, address: number, second: number, groups: number, reason: number): void {
    const who = address < 0 ? NOBODY : address;
    if ((groups & LINK_LOST) !== 0) {
      const value = ODD_REASONS.includes(reason) ? PRESENT | ODD : PRESENT;
      this.tally.put(slot, who, second * KINDS + KIND_LOST, value);
    }
    if ((groups & ASSOCIATION) !== 0) this.tally.put(slot, who, second * KINDS + KIND_ASSOCIATED, PRESENT);
  }

  /** Writes the counts of a window and forgets its events. */
  close(slot: number, ints: Int32Array, at: number): void {
    const { tally } = this;
    const size = tally.size(slot);
    if (size === 0) return;
    if (size > this.seconds.length) this.seconds = new Int32Array(2 * size);
    const { seconds } = this;
    let losses = 0;
    let odd = 0;
    tally.visit(slot, (_, tag, value) => {
      if (tag % KINDS !== KIND_LOST) return;
      seconds[losses++] = Math.floor(tag / KINDS);
      if ((value & ODD) !== 0) odd++;
    });
    const scale = 2 ** tally.level(slot);
    ints[at + LOSSES] = losses * scale;
    ints[at + ODD_LOSSES] = odd * scale;
    ints[at + BURST] = mostWithin(seconds.subarray(0, losses).sort(), BURST_SECONDS) * scale;
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
