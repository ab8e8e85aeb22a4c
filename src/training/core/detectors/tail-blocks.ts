import { beyondTop, tailSurprise } from './tail-tables.js';

/** Up to so many rows a float32 and its row number fit into one double, which sorts ten times faster than by a function. */
const PACKED_ROWS = 2 ** 21;

/** One column of the rows of a group, in their order in time, and the rows sorted by it. */
export interface SortedColumn {
  readonly values: Float32Array;
  /** Row numbers, ascending by value; equal values in the order of the rows. */
  readonly order: Int32Array;
}

/** Sorts a column once; values finite. */
export function sortColumn(values: Float32Array): SortedColumn {
  const n = values.length;
  if (n > PACKED_ROWS) {
    const order = Int32Array.from(values.keys()).sort((a, b) => values[a] - values[b] || a - b);
    return { values, order };
  }
  const words = new Int32Array(values.buffer, values.byteOffset, n);
  const keys = new Float64Array(n);
  for (let row = 0; row < n; row++) {
    // The bits of a float32 as an integer that sorts like the float; -0 as 0.
    const bits = values[row] === 0 ? 0 : words[row];
    const rank = bits < 0 ? -(bits & 0x7fffffff) : bits;
    keys[row] = rank * PACKED_ROWS + row;
  }
  keys.sort();
  const order = new Int32Array(n);
  for (let i = 0; i < n; i++) order[i] = keys[i] - Math.floor(keys[i] / PACKED_ROWS) * PACKED_ROWS;
  return { values, order };
}

/** First row of each block, and the number of rows: `blocks` contiguous stretches of nearly equal length. */
export function blockEdges(rows: number, blocks: number): Int32Array {
  return Int32Array.from({ length: blocks + 1 }, (_, i) => Math.floor((i * rows) / blocks));
}

export interface Blocks {
  readonly blockOfRow: Int32Array;
  /** Rows of each block that are learnt from. */
  readonly kept: Int32Array;
  readonly keptRows: number;
}

export function makeBlocks(keep: Uint8Array, blocks: number): Blocks {
  const edges = blockEdges(keep.length, blocks);
  const blockOfRow = new Int32Array(keep.length);
  const kept = new Int32Array(blocks);
  for (let block = 0; block < blocks; block++) {
    blockOfRow.fill(block, edges[block], edges[block + 1]);
    for (let row = edges[block]; row < edges[block + 1]; row++) kept[block] += keep[row];
  }
  return { blockOfRow, kept, keptRows: kept.reduce((sum, count) => sum + count, 0) };
}

/**
 * Raises `out[row]` to the surprise of each row's value under the kept rows of the OTHER blocks: a long episode must not
 * hide itself. O(n) after the sort.
 */
export function raiseToBlockSurprise(
  column: SortedColumn,
  keep: Uint8Array,
  blocks: Blocks,
  twoSided: boolean,
  out: Float64Array,
): void {
  sweep(column, keep, blocks, out, true);
  if (twoSided) sweep(column, keep, blocks, out, false);
}

/** From the highest value down (or the lowest up), counting the kept rows passed so far, in all and by block. */
function sweep(
  { values, order }: SortedColumn,
  keep: Uint8Array,
  { blockOfRow, kept, keptRows }: Blocks,
  out: Float64Array,
  down: boolean,
): void {
  const n = order.length;
  const at = (i: number): number => order[down ? n - 1 - i : i];
  const passed = new Int32Array(kept.length);
  const topOfOthers = down ? highestOfOthers(values, order, keep, blockOfRow, kept.length) : null;
  let all = 0;
  for (let from = 0; from < n;) {
    const value = values[at(from)];
    let to = from;
    for (; to < n && values[at(to)] === value; to++) {
      const row = at(to);
      all += keep[row];
      passed[blockOfRow[row]] += keep[row];
    }
    for (let i = from; i < to; i++) {
      const row = at(i);
      const block = blockOfRow[row];
      const count = all - passed[block];
      let surprise = tailSurprise(count, keptRows - kept[block]);
      if (count === 0 && topOfOthers !== null) surprise += beyondTop(value, topOfOthers[block]);
      if (surprise > out[row]) out[row] = surprise;
    }
    from = to;
  }
}

/** Block -> highest kept value of the other blocks; 0 when there is none. */
function highestOfOthers(
  values: Float32Array,
  order: Int32Array,
  keep: Uint8Array,
  blockOfRow: Int32Array,
  blocks: number,
): Float64Array {
  const highest = new Float64Array(blocks);
  const open = new Set(Array.from({ length: blocks }, (_, block) => block));
  for (let i = order.length - 1; i >= 0 && open.size > 0; i--) {
    const row = order[i];
    if (keep[row] === 0) continue;
    for (const block of open) {
      if (block === blockOfRow[row]) continue;
      highest[block] = values[row];
      open.delete(block);
    }
  }
  return highest;
}
