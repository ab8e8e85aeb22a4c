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
export function forcedReconnects(
  lost: readonly number[],
  left: readonly number[],
  made: readonly number[],
  from: number,
): number {
  let forced = 0;
  for (const second of made) {
    if (second < from) continue;
    const loss = latest(lost, second);
    if (second - loss > RETURN_SECONDS) continue;
    // The latest leaving up to the end of the stretch is in it, or none is.
    if (latest(left, Math.min(loss + LEAVING_SECONDS, second)) < loss - LEAVING_SECONDS) forced++;
  }
  return forced;
}

/** The last of the ascending moments up to a given one; -Infinity = none. */
function latest(moments: readonly number[], until: number): number {
  for (let i = moments.length - 1; i >= 0; i--) if (moments[i] <= until) return moments[i];
  return -Infinity;
}

/** Bit s = second s of the window, for its first seconds. */
export function headMask(seconds: readonly number[]): number {
  let mask = 0;
  for (const second of seconds) if (second < HEAD_SECONDS) mask |= 1 << second;
  return mask;
}

/** Bit s = second (length - HEAD_SECONDS + s), for the last seconds of a window. */
export function tailMask(seconds: readonly number[], lengthSeconds: number): number {
  let mask = 0;
  for (const second of seconds) {
    const bit = second - lengthSeconds + HEAD_SECONDS;
    if (bit >= 0) mask |= 1 << bit;
  }
  return mask;
}

/** Seconds of a mask; bit 0 = second `first`. */
export function secondsOf(mask: number, first: number): number[] {
  const seconds: number[] = [];
  for (let bit = 0; bit < HEAD_SECONDS; bit++) if (((mask >>> bit) & 1) === 1) seconds.push(first + bit);
  return seconds;
}
