import type { WindowTable } from './window-table.js';

/** The given rows of a table, in the given order, as a table of their own. */
export function selectRows(table: WindowTable, rows: Int32Array): WindowTable {
  const columns = table.featureNames.length;
  const values = new Float32Array(rows.length * columns);
  for (let i = 0; i < rows.length; i++) {
    values.set(table.values.subarray(rows[i] * columns, (rows[i] + 1) * columns), i * columns);
  }
  return {
    ...table,
    deviceIndex: Int32Array.from(rows, (row) => table.deviceIndex[row]),
    startMs: Float64Array.from(rows, (row) => table.startMs[row]),
    logCount: Int32Array.from(rows, (row) => table.logCount[row]),
    values,
  };
}

/** Windows that hold at least one line. */
export function nonEmptyWindowCount({ logCount }: WindowTable): number {
  let count = 0;
  for (const lines of logCount) if (lines > 0) count++;
  return count;
}
