import type { DetectorFit } from './detector.js';

/** Rows a group is fitted on: all for group 0, else those that carry its number. */
export function rowsOfGroup(
  { rows, groups }: Pick<DetectorFit, 'rows' | 'groups'>,
  group: number,
): Int32Array {
  if (group === 0) return Int32Array.from({ length: rows }, (_, row) => row);
  let count = 0;
  for (let row = 0; row < rows; row++) if (groups[row] === group) count++;
  const picked = new Int32Array(count);
  for (let row = 0, i = 0; row < rows; row++) if (groups[row] === group) picked[i++] = row;
  return picked;
}
