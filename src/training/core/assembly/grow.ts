// Grows one isolation tree (AssemblyScript). The meaning, draw for draw and rounding for rounding, is that of
// forest/grow-tree.ts; what differs is where the values are read from.
//
// A node's rows lie scattered over the matrix, and fetching them costs more than comparing them. Nodes with many rows
// read the matrix turned into columns: their rows are in ascending order, so neighbours share cache lines. Once a node
// has few rows they are gathered, all columns at once, from the row-major matrix into a small buffer of columns, where
// the whole subtree finds them close together.

const FEATURE_THRESHOLD: f64 = 1e-7;
/** Bytes of a pending node on the stack: first row, end, depth, parent, is right child, live columns. */
const FRAME: usize = 24;

/** Where the host has put things, in bytes. */
let rng: usize = 0;
/** int32 a column of the tree: permutation of the columns, those constant within the current node last. */
let candidates: usize = 0;
/** int32 a column of the tree: byte offset within a row of the matrix. */
let offsets: usize = 0;
let stack: usize = 0;
/** The tree's rows, row-major, `rowBytes` a row. */
let matrix: usize = 0;
let rowBytes: usize = 0;
/** The same values column by column, `columnBytes` a column; read by nodes of more than `nearRows` rows only. */
let turned: usize = 0;
let columnBytes: usize = 0;
/** Gathered columns of `nearRows` values each. */
let near: usize = 0;
let nearRows: usize = 0;
/** uint32 a row: permutation of the tree's rows (gathered rows: places in `near`); each node owns one range of it. */
let rows: usize = 0;
let rightRows: usize = 0;
/** The node's values of the chosen column, in the order of `rows`. */
let values: usize = 0;
let left: usize = 0;
let right: usize = 0;
let feature: usize = 0;
let threshold: usize = 0;
let nodeSamples: usize = 0;

export function placeTables(rngAt: usize, candidatesAt: usize, offsetsAt: usize, stackAt: usize): void {
  rng = rngAt;
  candidates = candidatesAt;
  offsets = offsetsAt;
  stack = stackAt;
}

export function placeRows(
  matrixAt: usize,
  bytesOfRow: usize,
  turnedAt: usize,
  bytesOfColumn: usize,
  nearAt: usize,
  nearCount: usize,
): void {
  matrix = matrixAt;
  rowBytes = bytesOfRow;
  turned = turnedAt;
  columnBytes = bytesOfColumn;
  near = nearAt;
  nearRows = nearCount;
}

export function placeWork(rowsAt: usize, rightRowsAt: usize, valuesAt: usize): void {
  rows = rowsAt;
  rightRows = rightRowsAt;
  values = valuesAt;
}

export function placeNodes(
  leftAt: usize,
  rightAt: usize,
  featureAt: usize,
  thresholdAt: usize,
  samplesAt: usize,
): void {
  left = leftAt;
  right = rightAt;
  feature = featureAt;
  threshold = thresholdAt;
  nodeSamples = samplesAt;
}

/** Fills `turned` from the first `count` rows of the matrix, in tiles so that both sides stay in the cache. */
export function turnRows(count: usize): void {
  for (let first: usize = 0; first < count; first += 64) {
    const end = min(first + 64, count);
    for (let column: usize = 0; column < rowBytes; column += 4) {
      let to = turned + (column >> 2) * columnBytes + first * 4;
      for (let row = first; row < end; row++, to += 4)
        store<f32>(to, load<f32>(matrix + row * rowBytes + column));
    }
  }
}

/** Grows a tree over the first `count` rows of the matrix and `columns` columns; returns its number of nodes. */
export function growTree(count: usize, columns: u32, maxDepth: u32): u32 {
  for (let i: usize = 0; i < count; i++) store<u32>(rows + i * 4, u32(i));
  for (let c: u32 = 0; c < columns; c++) store<u32>(candidates + c * 4, c);
  let nodeCount: u32 = 0;
  // Rows that are gathered in `near` at present.
  let nearFrom: usize = 0;
  let nearTo: usize = 0;
  let top = push(stack, 0, count, 0, -1, 0, columns);
  while (top > stack) {
    top -= FRAME;
    const from = usize(load<u32>(top));
    const to = usize(load<u32>(top, 4));
    const depth = load<u32>(top, 8);
    const parent = load<i32>(top, 12);
    const node = nodeCount++;
    if (parent >= 0) store<u32>((load<u32>(top, 16) == 1 ? right : left) + usize(parent) * 4, node);
    store<u32>(nodeSamples + node * 4, u32(to - from));
    let live: u32 = 0;
    if (depth < maxDepth && to - from > 1) {
      live = load<u32>(top, 20);
      // Subtrees are grown one after the other: what another one had gathered is not needed any more.
      if (to - from <= nearRows && (from < nearFrom || to > nearTo)) {
        gather(from, to, live);
        nearFrom = from;
        nearTo = to;
      }
      live = chooseColumn(from, to, live, to <= nearTo && from >= nearFrom);
    }
    if (live == 0) {
      store<i32>(left + node * 4, -1);
      store<i32>(right + node * 4, -1);
      store<i32>(feature + node * 4, -2);
      store<f64>(threshold + node * 8, -2);
      continue;
    }
    store<u32>(feature + node * 4, chosen);
    store<f64>(threshold + node * 8, split);
    const middle = partition(from, to, f32(split));
    top = push(top, middle, to, depth + 1, node, 1, live);
    top = push(top, from, middle, depth + 1, node, 0, live);
  }
  return nodeCount;
}

function push(top: usize, from: usize, to: usize, depth: u32, parent: i32, isRight: u32, live: u32): usize {
  store<u32>(top, u32(from));
  store<u32>(top, u32(to), 4);
  store<u32>(top, depth, 8);
  store<i32>(top, parent, 12);
  store<u32>(top, isRight, 16);
  store<u32>(top, live, 20);
  return top + FRAME;
}

/** Copies the live columns of rows [from, to) into `near` and numbers the rows anew. */
function gather(from: usize, to: usize, live: u32): void {
  const stride = nearRows * 4;
  let place: usize = near;
  for (let i = from; i < to; i++) {
    const row = matrix + usize(load<u32>(rows + i * 4)) * rowBytes;
    for (let c: u32 = 0; c < live; c++) {
      const column = load<u32>(candidates + c * 4);
      store<f32>(place + usize(column) * stride, load<f32>(row + load<u32>(offsets + column * 4)));
    }
    place += 4;
    store<u32>(rows + i * 4, u32(i - from));
  }
}

/** Second and third result of `chooseColumn`. */
let chosen: u32 = 0;
let split: f64 = 0;

/** Draws columns until one varies, and its threshold; returns how many may vary (0 = none) as the twin does. */
function chooseColumn(from: usize, to: usize, columns: u32, isNear: bool): u32 {
  let live = columns;
  while (live > 0) {
    const drawn = nextBelow(live);
    const at = candidates + drawn * 4;
    const candidate = load<u32>(at);
    const start = isNear
      ? near + usize(candidate) * nearRows * 4
      : turned + usize(load<u32>(offsets + candidate * 4) >> 2) * columnBytes;
    for (let i = from * 4; i < to * 4; i += 4) {
      store<f32>(values + i, load<f32>(start + (load<u32>(rows + i) << 2)));
    }
    findRange(values + from * 4, to - from);
    const low = f64(smallest);
    const high = f64(largest);
    if (high > low + FEATURE_THRESHOLD) {
      chosen = candidate;
      split = drawThreshold(low, high);
      return live;
    }
    live--;
    const last = candidates + live * 4;
    store<u32>(at, load<u32>(last));
    store<u32>(last, candidate);
  }
  return 0;
}

let smallest: f32 = 0;
let largest: f32 = 0;

function findRange(from: usize, count: usize): void {
  let low = load<f32>(from);
  let high = low;
  let i: usize = 1;
  if (count >= 16) {
    let lows = v128.load(from);
    let highs = lows;
    for (i = 4; i + 4 <= count; i += 4) {
      const next = v128.load(from + i * 4);
      lows = f32x4.pmin(lows, next);
      highs = f32x4.pmax(highs, next);
    }
    const pairLow = f32x4.pmin(lows, v128.shuffle<u32>(lows, lows, 2, 3, 0, 1));
    const pairHigh = f32x4.pmax(highs, v128.shuffle<u32>(highs, highs, 2, 3, 0, 1));
    const oneLow = f32x4.pmin(pairLow, v128.shuffle<u32>(pairLow, pairLow, 1, 0, 3, 2));
    const oneHigh = f32x4.pmax(pairHigh, v128.shuffle<u32>(pairHigh, pairHigh, 1, 0, 3, 2));
    low = f32x4.extract_lane(oneLow, 0);
    high = f32x4.extract_lane(oneHigh, 0);
  }
  for (; i < count; i++) {
    const value = load<f32>(from + i * 4);
    if (value < low) low = value;
    else if (value > high) high = value;
  }
  smallest = low;
  largest = high;
}

/** Uniform in [low, high), rounded down to float32. */
function drawThreshold(low: f64, high: f64): f64 {
  const drawn = low + f64(nextUint32()) * 2.3283064365386963e-10 * (high - low);
  // `+ 0` turns -0 into 0.
  return (drawn < high ? floorToFloat32(drawn) : low) + 0.0;
}

function floorToFloat32(value: f64): f64 {
  const rounded = f32(value);
  if (f64(rounded) <= value) return f64(rounded);
  if (rounded == 0) return f64(reinterpret<f32>(0x80000001));
  return f64(reinterpret<f32>(reinterpret<u32>(rounded) + (rounded > 0 ? -1 : 1)));
}

/** Stable partition of rows [from, to) by `value <= limit`; returns where the right side begins. */
function partition(from: usize, to: usize, limit: f32): usize {
  let kept = rows + from * 4;
  let moved = rightRows;
  for (let i = from * 4; i < to * 4; i += 4) {
    const row = load<u32>(rows + i);
    const goesLeft = usize(load<f32>(values + i) <= limit) << 2;
    store<u32>(kept, row);
    store<u32>(moved, row);
    kept += goesLeft;
    moved += 4 - goesLeft;
  }
  for (let i: usize = 0; i < moved - rightRows; i += 4) store<u32>(kept + i, load<u32>(rightRows + i));
  return (kept - rows) >> 2;
}

/** xoshiro128** 1.1, as in shared/rng.ts. */
function nextUint32(): u32 {
  const s0 = load<u32>(rng);
  const s1 = load<u32>(rng, 4);
  const s2 = load<u32>(rng, 8) ^ s0;
  const s3 = load<u32>(rng, 12) ^ s1;
  store<u32>(rng, s0 ^ s3);
  store<u32>(rng, s1 ^ s2, 4);
  store<u32>(rng, s2 ^ (s1 << 9), 8);
  store<u32>(rng, rotl<u32>(s3, 11), 12);
  return rotl<u32>(s1 * 5, 7) * 9;
}

function nextBelow(bound: u32): u32 {
  if (bound <= 1) return 0;
  const shift = clz<u32>(bound - 1);
  let value = nextUint32() >> shift;
  while (value >= bound) value = nextUint32() >> shift;
  return value;
}
