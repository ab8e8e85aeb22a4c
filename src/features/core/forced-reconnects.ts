import type { Moments } from './moments.js';

/** A link counts as made again when it is made within so many seconds. */
const RETURN_SECONDS = 10;
/** A line of a client that leaves, so many seconds around the loss, makes the loss voluntary. */
const LEAVING_SECONDS = 2;
/** A reconnect looks back so far at most; one in the first seconds of a window therefore into the window before. */
export const HEAD_SECONDS = RETURN_SECONDS + LEAVING_SECONDS;

/**
 * How many of the seconds in which one client made a link follow a loss against its will: the latest loss at most 10 s
 * before, and no line of leaving from 2 s before that loss to 2 s behind it or to the reconnect, whichever is first.
 *
 * @param lost seconds of losses, ascending
 * @param left seconds of leaving, ascending
 * @param made seconds of associations
 * @param from associations before this second do not count
 */
export function forcedReconnects(lost: Moments, left: Moments, made: Moments, from: number): number {
  let forced = 0;
  for (let i = 0; i < made.count; i++) {
    const second = made.seconds[i];
    if (second < from) continue;
    const loss = lost.latest(second);
    if (second - loss > RETURN_SECONDS) continue;
    // The latest leaving up to the end of the stretch is in it, or none is.
    if (left.latest(Math.min(loss + LEAVING_SECONDS, second)) < loss - LEAVING_SECONDS) forced++;
  }
  return forced;
}
