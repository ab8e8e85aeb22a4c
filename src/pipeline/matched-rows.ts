import type { EpisodeWindows } from '../evaluation/core/episodes.js';

export interface MatchedRows {
  readonly a: Int32Array;
  readonly b: Int32Array;
}

/** Rows of two tables that are the same window of the same device, in the order of the first. */
export function matchedRows(a: EpisodeWindows | null, b: EpisodeWindows | null): MatchedRows {
  const none = { a: new Int32Array(0), b: new Int32Array(0) };
  if (a === null || b === null || a.windowSeconds !== b.windowSeconds) return none;
  const rowsOfB = new Map(Array.from(b.startMs, (_, row) => [keyOf(b, row), row]));
  const pairs = Array.from(a.startMs).flatMap((_, row) => {
    const other = rowsOfB.get(keyOf(a, row));
    return other === undefined ? [] : [[row, other]];
  });
  return { a: Int32Array.from(pairs, ([row]) => row), b: Int32Array.from(pairs, ([, row]) => row) };
}

const keyOf = ({ devices, deviceIndex, startMs }: EpisodeWindows, row: number): string =>
  `${startMs[row]} ${devices[deviceIndex[row]]}`;
