/** Rows of numbers that came as they are, from a CSV file: like windows, but without a time or a device if need be. */
export interface FeatureTable {
  readonly featureNames: readonly string[];
  /** Device names, sorted; `['*']` when the table has no column for them. */
  readonly devices: readonly string[];
  /** Row -> index into `devices`; length n. */
  readonly deviceIndex: Int32Array;
  /** Row -> time, ms since the epoch UTC; length n. null: the rows have no times, and so no order. */
  readonly startMs: Float64Array | null;
  /** Row -> 1 = anomaly, 0 = normal; length n. null: there is no label column. Never an input of a model. */
  readonly labels: Uint8Array | null;
  /** n x d, row-major, float32 by definition (see WindowTable); NaN = missing. */
  readonly values: Float32Array;
  readonly rowCount: number;
}

/** The rows ordered by time; rows of one time, and all rows of a table without times, stay as they are. */
export function inTimeOrder(table: FeatureTable): FeatureTable {
  const { startMs } = table;
  if (startMs === null || startMs.every((time, row) => row === 0 || time >= startMs[row - 1])) return table;
  const order = Int32Array.from(startMs.keys()).sort((a, b) => startMs[a] - startMs[b] || a - b);
  const columns = table.featureNames.length;
  const values = new Float32Array(table.values.length);
  order.forEach((from, to) => {
    values.set(table.values.subarray(from * columns, (from + 1) * columns), to * columns);
  });
  const { deviceIndex, labels } = table;
  return {
    ...table,
    deviceIndex: order.map((row) => deviceIndex[row]),
    startMs: Float64Array.from(order, (row) => startMs[row]),
    labels: labels && Uint8Array.from(order, (row) => labels[row]),
    values,
  };
}
