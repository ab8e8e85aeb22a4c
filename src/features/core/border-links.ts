import type { AddressLists } from './address-lists.js';
import { forcedReconnects, HEAD_SECONDS } from './forced-reconnects.js';
import { HEAD_LEFT_TAG, HEAD_TAG, TAIL_TAG } from './link-events.js';
import { Moments } from './moments.js';

const MASK = (1 << HEAD_SECONDS) - 1;

/** Forced reconnects in the first seconds of a window, for which the end of the window before counts as well. */
export class BorderLinks {
  private readonly lost = new Moments();
  private readonly left = new Moments();
  private readonly made = new Moments();

  constructor(private readonly lists: AddressLists) {}

  /**
   * What is kept of the ends stands in both lists in the order of the addresses, so that both are read once.
   *
   * @param before list of the window before; 0 = none
   */
  count(list: number, before: number): number {
    const { lists } = this;
    const [size, sizeBefore] = [lists.size(list), lists.size(before)];
    let forced = 0;
    let other = lists.untaggedSize(before);
    for (let i = lists.untaggedSize(list); i < size; i++) {
      const place = lists.place(list, i);
      if (lists.tag(place) !== HEAD_TAG) continue;
      const address = lists.address(place);
      const left = i + 1 < size && lists.tag(lists.place(list, i + 1)) === HEAD_LEFT_TAG;
      let tail = 0;
      for (; other < sizeBefore; other++) {
        const place = lists.place(before, other);
        if (lists.tag(place) !== TAIL_TAG) continue;
        const found = lists.address(place);
        if (found === address) tail = lists.value(place);
        if (found >= address) break;
      }
      forced += this.forced(lists.value(place), left ? lists.value(lists.place(list, i + 1)) : 0, tail);
    }
    return forced;
  }

  /**
   * @param head seconds of associations and losses at the beginning of the window
   * @param headLeft those of leaving
   * @param tail seconds of losses and leaving at the end of the window before
   */
  private forced(head: number, headLeft: number, tail: number): number {
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
}
