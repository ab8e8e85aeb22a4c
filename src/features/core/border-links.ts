import type { AddressLists } from './address-lists.js';
import { forcedReconnects, HEAD_SECONDS } from './forced-reconnects.js';
import { HEAD_LEFT_TAG, HEAD_TAG, TAIL_TAG } from './link-events.js';
import { Moments } from './moments.js';

const MASK = (1 << HEAD_SECONDS) - 1;

interface Ends {
  /** Seconds of associations and losses at the beginning of the window, and of leaving. */
  head: number;
  headLeft: number;
  /** Seconds of losses and leaving at the end of the window before. */
  tail: number;
}

/** Forced reconnects in the first seconds of a window, for which the end of the window before counts as well. */
export class BorderLinks {
  private readonly ends = new Map<number, Ends>();
  private readonly lost = new Moments();
  private readonly left = new Moments();
  private readonly made = new Moments();

  constructor(private readonly lists: AddressLists) {}

  /** @param before list of the window before; 0 = none */
  count(list: number, before: number): number {
    const { ends, lists } = this;
    for (let i = lists.untaggedSize(list), size = lists.size(list); i < size; i++) {
      const place = lists.place(list, i);
      const tag = lists.tag(place);
      if (tag === HEAD_TAG) this.of(lists.address(place)).head = lists.value(place);
      else if (tag === HEAD_LEFT_TAG) this.of(lists.address(place)).headLeft = lists.value(place);
    }
    if (ends.size === 0) return 0;
    for (let i = lists.untaggedSize(before), size = lists.size(before); i < size; i++) {
      const place = lists.place(before, i);
      const known = lists.tag(place) === TAIL_TAG ? ends.get(lists.address(place)) : undefined;
      if (known !== undefined) known.tail = lists.value(place);
    }
    let forced = 0;
    for (const found of ends.values()) forced += this.forced(found);
    ends.clear();
    return forced;
  }

  private forced({ head, headLeft, tail }: Ends): number {
    const { lost, left, made } = this;
    lost.clear();
    lost.addMask(tail & MASK, -HEAD_SECONDS);
    lost.addMask(head >>> HEAD_SECONDS, 0);
    if (lost.count === 0) return 0;
    left.clear();
    left.addMask(tail >>> HEAD_SECONDS, -HEAD_SECONDS);
    left.addMask(headLeft, 0);
    made.clear();
    made.addMask(head & MASK, 0);
    return forcedReconnects(lost, left, made, 0);
  }

  private of(address: number): Ends {
    let ends = this.ends.get(address);
    if (ends === undefined) this.ends.set(address, (ends = { head: 0, headLeft: 0, tail: 0 }));
    return ends;
  }
}
