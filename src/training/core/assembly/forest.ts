// Scores a block of up to 512 rows with trees of at most 8 levels, one bit a row (AssemblyScript).
//
// Walking 512 rows down 100 trees costs 410,000 steps, each three dependent loads. Here every comparison of the forest
// is made for all rows at once instead: the thresholds of a column lie in order, so the position of a row's value among
// them decides all its comparisons with that column, and the comparisons of 512 rows with one threshold are 512 bits.
// A tree then is a few AND operations a node on those bits. It pays because isolation trees are small (256 rows: about
// 60 splits). Going through the thresholds column by column, not tree by tree, is the idea of QuickScorer (Lucchese et
// al. 2015), which has one bit a leaf where this has one bit a row.
//
// The meaning is that of forest/score.ts: float32 `x <= threshold` goes left, path lengths are added in the order of
// the trees. The caller (forest/score-kernel.ts) lays out the memory and passes every address.

export { addDeepTree } from './deep';
export { growTree, placeNodes, placeRows, placeTables, placeWork, turnRows } from './grow';

/** Rows of a block: one bit each in four vectors. */
const BLOCK: usize = 512;
const MASK_BYTES: usize = 64;
const LEVELS: usize = 8;
/** Leaves of a complete tree of 8 levels. */
const LEAVES: usize = 256;
/** Trees whose leaves are added in one pass over the rows. */
const TOGETHER: usize = 4;

/** Bucket of every row's value in one column. */
const buckets = memory.data(2048, 16);
/** Which rows reach a node, breadth first. */
const reach = memory.data(16512, 64);
/** For each level, which rows go right there. */
const planes = memory.data(512, 64);
/** Byte offset of every row's leaf, for TOGETHER trees. */
const leafOf = memory.data(4096, 64);
/** Leaf values of TOGETHER trees: at a fixed place, so that their address is part of the instruction. */
const leafValues = memory.data(8192, 64);

export function heapBase(): usize {
  return __heap_base;
}

/**
 * Turns rows x columns at `raw` (row-major float32) into columns of BLOCK values at `out`, which has room for a multiple
 * of four columns. Reads up to 12 bytes behind the matrix.
 *
 * @returns 1 when all values are finite
 */
export function turn(raw: usize, rows: usize, columns: usize, out: usize): i32 {
  const stride = columns * 4;
  for (let column: usize = 0; column < columns; column += 4) {
    let from = raw + column * 4;
    let to = out + column * (BLOCK * 4);
    for (let row: usize = 0; row < rows; row += 4) {
      const a = v128.load(from);
      const b = v128.load(from + stride);
      const c = v128.load(from + 2 * stride);
      const d = v128.load(from + 3 * stride);
      const ab = v128.shuffle<u32>(a, b, 0, 4, 1, 5);
      const cd = v128.shuffle<u32>(c, d, 0, 4, 1, 5);
      const abHigh = v128.shuffle<u32>(a, b, 2, 6, 3, 7);
      const cdHigh = v128.shuffle<u32>(c, d, 2, 6, 3, 7);
      v128.store(to, v128.shuffle<u64>(ab, cd, 0, 2));
      v128.store(to, v128.shuffle<u64>(ab, cd, 1, 3), BLOCK * 4);
      v128.store(to, v128.shuffle<u64>(abHigh, cdHigh, 0, 2), BLOCK * 8);
      v128.store(to, v128.shuffle<u64>(abHigh, cdHigh, 1, 3), BLOCK * 12);
      from += 4 * stride;
      to += 16;
    }
  }
  return allFinite(raw, rows * columns);
}

/** Zero times a value is zero, or NaN for NaN and the infinite ones; a NaN stays in the sum. */
export function allFinite(from: usize, count: usize): i32 {
  const zero = f32x4.splat(0);
  let sum = zero;
  const whole = count & ~3;
  for (let i: usize = 0; i < whole; i += 4) sum = f32x4.add(sum, f32x4.mul(v128.load(from + i * 4), zero));
  let poison =
    f32x4.extract_lane(sum, 0) +
    f32x4.extract_lane(sum, 1) +
    f32x4.extract_lane(sum, 2) +
    f32x4.extract_lane(sum, 3);
  for (let i = whole; i < count; i++) poison += load<f32>(from + i * 4) * 0;
  return i32(poison == 0);
}

/**
 * Compares one column of the block with all `count` thresholds of the forest in that column, ascending at `thresholds`
 * and followed by 4 x 2^steps times +infinity. Bit r of the mask numbered slots[j] becomes `value of row r > thresholds[j]`.
 *
 * A value's position among the thresholds is looked up by its bucket, round((value - low) * scale) cut to
 * [0, bucketLimit], in `starts` (uint16: thresholds in lower buckets) and found exactly among the 4 x 2^steps thresholds
 * from there. Every float operation keeps the order of its inputs, so a threshold in a higher bucket is never below.
 *
 * @param bits room for count + 1 masks, all zero, and all zero again afterwards
 */
export function compare(
  column: usize,
  rows: usize,
  low: f32,
  scale: f32,
  bucketLimit: f32,
  starts: usize,
  thresholds: usize,
  slots: usize,
  count: usize,
  steps: u32,
  bits: usize,
  masks: usize,
): void {
  findBuckets(column, rows, low, scale, bucketLimit);
  let word = bits;
  for (let chunk: usize = 0; chunk < rows; chunk += 32) {
    const end = min(chunk + 32, rows);
    let bit: u32 = 1;
    for (let row = chunk; row < end; row++) {
      const value = load<f32>(column + row * 4);
      let at: usize = usize(load<u16>(starts + load<u32>(row * 4, buckets))) << 2;
      for (let step = steps + 3; step > 3; step--) {
        at += usize(load<f32>(thresholds + at + (1 << step) - 4) < value) << step;
      }
      // The last four at once: those below the value come first, so their number is that of the bits set.
      at += usize(popcnt(i32x4.bitmask(f32x4.lt(v128.load(thresholds + at), f32x4.splat(value))))) << 2;
      const mask = word + at * (MASK_BYTES / 4);
      store<u32>(mask, load<u32>(mask) | bit);
      bit <<= 1;
    }
    word += 4;
  }
  spread(slots, count, bits, masks);
}

/** Writes twice the bucket of every row: the offset in a table of uint16. */
function findBuckets(column: usize, rows: usize, low: f32, scale: f32, bucketLimit: f32): void {
  const lows = f32x4.splat(low);
  const scales = f32x4.splat(scale);
  const limits = f32x4.splat(bucketLimit);
  const zeros = f32x4.splat(0);
  // Adding 2^23 leaves the rounded integer in the low bits of the float.
  const magic = f32x4.splat(8388608);
  const fraction = i32x4.splat(0x7fffff);
  for (let row: usize = 0; row < rows; row += 4) {
    const position = f32x4.mul(f32x4.sub(v128.load(column + row * 4), lows), scales);
    const inside = f32x4.pmin(f32x4.pmax(position, zeros), limits);
    const bucket = v128.and(f32x4.add(inside, magic), fraction);
    v128.store(row * 4, i32x4.add(bucket, bucket), buckets);
  }
}

/** From "rows at this position" to "rows above this threshold", the highest threshold first. */
function spread(slots: usize, count: usize, bits: usize, masks: usize): void {
  const zero = i32x4.splat(0);
  let m0 = zero;
  let m1 = zero;
  let m2 = zero;
  let m3 = zero;
  let from = bits + count * MASK_BYTES;
  for (let slot = slots + count * 2; slot > slots; from -= MASK_BYTES) {
    slot -= 2;
    m0 = v128.or(m0, v128.load(from));
    m1 = v128.or(m1, v128.load(from, 16));
    m2 = v128.or(m2, v128.load(from, 32));
    m3 = v128.or(m3, v128.load(from, 48));
    v128.store(from, zero);
    v128.store(from, zero, 16);
    v128.store(from, zero, 32);
    v128.store(from, zero, 48);
    const to = masks + (usize(load<u16>(slot)) << 6);
    v128.store(to, m0);
    v128.store(to, m1, 16);
    v128.store(to, m2, 32);
    v128.store(to, m3, 48);
  }
  v128.store(from, zero);
  v128.store(from, zero, 16);
  v128.store(from, zero, 32);
  v128.store(from, zero, 48);
}

/**
 * Adds the path lengths of `trees` (a multiple of TOGETHER) trees to the rows' sums.
 *
 * @param levels uint16 x 8 a tree: how many nodes split at each depth
 * @param moves two bytes a splitting node, trees in order and breadth first within: 64 when the left (right) child
 *   splits too, 0 when it is a leaf
 * @param masks one mask a splitting node, same order
 * @param values float64 x 256 a tree; bit d of the index tells whether the row went right at depth d
 * @param sums float64 x rows
 */
export function addTrees(
  trees: usize,
  levels: usize,
  moves: usize,
  masks: usize,
  values: usize,
  rows: usize,
  sums: usize,
): void {
  for (let tree: usize = 0; tree < trees; tree += TOGETHER) {
    for (let i: usize = 0; i < TOGETHER; i++) {
      const nodes = walk(levels, moves, masks);
      moves += nodes * 2;
      masks += nodes * MASK_BYTES;
      levels += LEVELS * 2;
      writeLeaves(leafOf + i * (BLOCK * 2), (rows + 127) >> 7);
    }
    memory.copy(leafValues, values, TOGETHER * LEAVES * 8);
    values += TOGETHER * LEAVES * 8;
    addLeaves(rows, sums);
  }
}

/** Fills `planes` for one tree; returns how many nodes it splits. */
function walk(levels: usize, moves: usize, masks: usize): usize {
  const ones = i32x4.splat(-1);
  v128.store(0, ones, reach);
  v128.store(0, ones, reach + 16);
  v128.store(0, ones, reach + 32);
  v128.store(0, ones, reach + 48);
  let mask = masks;
  let head: usize = 0;
  let tail: usize = MASK_BYTES;
  for (let level: usize = 0; level < LEVELS; level++) {
    let p0 = i32x4.splat(0);
    let p1 = i32x4.splat(0);
    let p2 = i32x4.splat(0);
    let p3 = i32x4.splat(0);
    for (let end = head + usize(load<u16>(levels + level * 2)) * MASK_BYTES; head < end; head += MASK_BYTES) {
      const h0 = v128.load(head, reach);
      const h1 = v128.load(head, reach + 16);
      const h2 = v128.load(head, reach + 32);
      const h3 = v128.load(head, reach + 48);
      const r0 = v128.and(h0, v128.load(mask));
      const r1 = v128.and(h1, v128.load(mask, 16));
      const r2 = v128.and(h2, v128.load(mask, 32));
      const r3 = v128.and(h3, v128.load(mask, 48));
      p0 = v128.or(p0, r0);
      p1 = v128.or(p1, r1);
      p2 = v128.or(p2, r2);
      p3 = v128.or(p3, r3);
      // Both children are written and the place moves on only for those that split: no branch to mispredict.
      v128.store(tail, v128.xor(h0, r0), reach);
      v128.store(tail, v128.xor(h1, r1), reach + 16);
      v128.store(tail, v128.xor(h2, r2), reach + 32);
      v128.store(tail, v128.xor(h3, r3), reach + 48);
      tail += usize(load<u8>(moves));
      v128.store(tail, r0, reach);
      v128.store(tail, r1, reach + 16);
      v128.store(tail, r2, reach + 32);
      v128.store(tail, r3, reach + 48);
      tail += usize(load<u8>(moves, 1));
      moves += 2;
      mask += MASK_BYTES;
    }
    v128.store(level * MASK_BYTES, p0, planes);
    v128.store(level * MASK_BYTES, p1, planes + 16);
    v128.store(level * MASK_BYTES, p2, planes + 32);
    v128.store(level * MASK_BYTES, p3, planes + 48);
  }
  return head / MASK_BYTES;
}

/** Turns eight planes of bits into one byte a row, and the byte into an offset of float64 values. */
function writeLeaves(out: usize, vectors: usize): void {
  for (let at: usize = 0; at < vectors * 16; at += 16) {
    const a = v128.load(at, planes);
    const b = v128.load(at, planes + 64);
    const c = v128.load(at, planes + 128);
    const d = v128.load(at, planes + 192);
    const e = v128.load(at, planes + 256);
    const f = v128.load(at, planes + 320);
    const g = v128.load(at, planes + 384);
    const h = v128.load(at, planes + 448);
    const ab = low8(a, b);
    const cd = low8(c, d);
    const ef = low8(e, f);
    const gh = low8(g, h);
    writeEight(out, low16(ab, cd), low16(ef, gh));
    writeEight(out + 64, high16(ab, cd), high16(ef, gh));
    const AB = high8(a, b);
    const CD = high8(c, d);
    const EF = high8(e, f);
    const GH = high8(g, h);
    writeEight(out + 128, low16(AB, CD), low16(EF, GH));
    writeEight(out + 192, high16(AB, CD), high16(EF, GH));
    out += 256;
  }
}

function writeEight(out: usize, abcd: v128, efgh: v128): void {
  write16(out, v128.shuffle<u32>(abcd, efgh, 0, 4, 1, 5));
  write16(out + 32, v128.shuffle<u32>(abcd, efgh, 2, 6, 3, 7));
}

/** Transposes two 8 x 8 bit matrices (Hacker's Delight 7-3): 16 rows. */
function write16(out: usize, matrix: v128): void {
  let x = matrix;
  let t = v128.and(v128.xor(x, i64x2.shr_u(x, 7)), i64x2.splat(0x00aa00aa00aa00aa));
  x = v128.xor(x, v128.xor(t, i64x2.shl(t, 7)));
  t = v128.and(v128.xor(x, i64x2.shr_u(x, 14)), i64x2.splat(0x0000cccc0000cccc));
  x = v128.xor(x, v128.xor(t, i64x2.shl(t, 14)));
  t = v128.and(v128.xor(x, i64x2.shr_u(x, 28)), i64x2.splat(0x00000000f0f0f0f0));
  x = v128.xor(x, v128.xor(t, i64x2.shl(t, 28)));
  v128.store(out, i16x8.shl(i16x8.extend_low_i8x16_u(x), 3));
  v128.store(out, i16x8.shl(i16x8.extend_high_i8x16_u(x), 3), 16);
}

function low8(a: v128, b: v128): v128 {
  return v128.shuffle<u8>(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

function high8(a: v128, b: v128): v128 {
  return v128.shuffle<u8>(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

function low16(a: v128, b: v128): v128 {
  return v128.shuffle<u16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}

function high16(a: v128, b: v128): v128 {
  return v128.shuffle<u16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}

/** One addition a tree, in the order of the trees. */
function addLeaves(rows: usize, sums: usize): void {
  for (let row: usize = 0; row < rows; row++) {
    let sum = load<f64>(sums + row * 8);
    sum += load<f64>(usize(load<u16>(row * 2, leafOf)), leafValues);
    sum += load<f64>(usize(load<u16>(row * 2, leafOf + 1024)), leafValues + 2048);
    sum += load<f64>(usize(load<u16>(row * 2, leafOf + 2048)), leafValues + 4096);
    sum += load<f64>(usize(load<u16>(row * 2, leafOf + 3072)), leafValues + 6144);
    store<f64>(sums + row * 8, sum);
  }
}
