import type { AddressLists } from './address-lists.js';
import { forcedReconnects, HEAD_SECONDS, secondsOf } from './forced-reconnects.js';
import { HEAD_LEFT_TAG, HEAD_TAG, TAIL_TAG } from './link-events.js';

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

  constructor(private readonly lists: AddressLists) {}

  /** @param before list of the window before; 0 = none */
  count(list: number, before: number): number {
    const { ends, lists } = this;
    lists.visit(list, (address, tag, value) => {
      if (tag === HEAD_TAG) this.of(address).head = value;
      else if (tag === HEAD_LEFT_TAG) this.of(address).headLeft = value;
    });
    if (ends.size === 0) return 0;
    lists.visit(before, (address, tag, value) => {
      const known = tag === TAIL_TAG ? ends.get(address) : undefined;
      if (known !== undefined) known.tail = value;
    });
    let forced = 0;
    for (const { head, headLeft, tail } of ends.values()) {
      const lost = [...secondsOf(tail & MASK, -HEAD_SECONDS), ...secondsOf(head >>> HEAD_SECONDS, 0)];
      if (lost.length === 0) continue;
      const left = [...secondsOf(tail >>> HEAD_SECONDS, -HEAD_SECONDS), ...secondsOf(headLeft, 0)];
      forced += forcedReconnects(lost, left, secondsOf(head & MASK, 0), 0);
    }
    ends.clear();
    return forced;
  }

  private of(address: number): Ends {
    let ends = this.ends.get(address);
    if (ends === undefined) this.ends.set(address, (ends = { head: 0, headLeft: 0, tail: 0 }));
    return ends;
  }
}
