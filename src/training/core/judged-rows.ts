/** Rows that tell as much about a forest of 256-row trees as any larger number does. */
export const MAX_JUDGED_ROWS = 50_000;

/** Row numbers of a part to judge a model with: all, or {@link MAX_JUDGED_ROWS} spread evenly over a larger part. */
export function rowsForJudging(rows: number): Int32Array {
  return spreadRows(rows, MAX_JUDGED_ROWS);
}

/** At most `most` of the row numbers 0..rows-1, spread evenly. */
export function spreadRows(rows: number, most: number): Int32Array {
  const count = Math.min(rows, most);
  return Int32Array.from({ length: count }, (_, i) => Math.floor((i * rows) / count));
}
