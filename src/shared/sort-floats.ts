const DIGIT_BITS = 11;
const DIGITS = 1 << DIGIT_BITS;
const LOW = DIGITS - 1;
/** Below this the library's sort is as fast. */
const FEW = 512;

export type Floats = Float32Array | Float64Array;

/** Room to sort as many values of the type of `like`. */
export function sortingRoom(
  like: Floats,
  count: number,
): { readonly values: Floats; readonly spare: Floats } {
  return like instanceof Float32Array
    ? { values: new Float32Array(count), spare: new Float32Array(count) }
    : { values: new Float64Array(count), spare: new Float64Array(0) };
}

/** {@link sortFloat32}, and the library's sort for other floats; `spare` of {@link sortingRoom}. */
export function sortFloats(values: Floats, spare: Floats): void {
  if (values instanceof Float32Array && spare instanceof Float32Array) sortFloat32(values, spare);
  else values.sort();
}

/**
 * Sorts float32 values in place, ascending, -0 before 0: a radix sort with three digits of 11 bits, several times as
 * fast as a sort by comparisons. Zeros, which counts are full of, are not moved about. NaN is not allowed.
 *
 * @param scratch at least as long; its contents are lost
 */
export function sortFloat32(values: Float32Array, scratch: Float32Array): void {
  const n = values.length;
  if (n < FEW) {
    values.sort();
    return;
  }
  if (sortedAroundZeros(values, scratch)) return;
  let from = new Uint32Array(values.buffer, values.byteOffset, n);
  let to = new Uint32Array(scratch.buffer, scratch.byteOffset, n);
  const counts = [new Uint32Array(DIGITS), new Uint32Array(DIGITS), new Uint32Array(DIGITS)];
  const [lowest, middle, highest] = counts;
  for (let i = 0; i < n; i++) {
    // Bits that are ordered like the numbers: all turned around below zero, the sign alone above.
    const bits = from[i];
    const key = (bits ^ ((bits >> 31) | 0x80000000)) >>> 0;
    from[i] = key;
    lowest[key & LOW]++;
    middle[(key >>> DIGIT_BITS) & LOW]++;
    highest[key >>> (2 * DIGIT_BITS)]++;
  }
  for (let digit = 0; digit < counts.length; digit++) {
    const starts = counts[digit];
    const shift = digit * DIGIT_BITS;
    // Whole numbers have the same low digits: nothing to do for those.
    if (starts[(from[0] >>> shift) & LOW] === n) continue;
    toStarts(starts);
    for (let i = 0; i < n; i++) {
      const key = from[i];
      to[starts[(key >>> shift) & LOW]++] = key;
    }
    [from, to] = [to, from];
  }
  const out = new Uint32Array(values.buffer, values.byteOffset, n);
  for (let i = 0; i < n; i++) {
    const key = from[i];
    out[i] = key ^ (~(key >> 31) | 0x80000000);
  }
}

/** Where at least a quarter is 0, sorts the others alone, and puts the zeros between them. */
function sortedAroundZeros(values: Float32Array, scratch: Float32Array): boolean {
  const n = values.length;
  const all = new Uint32Array(values.buffer, values.byteOffset, n);
  const kept = new Uint32Array(scratch.buffer, scratch.byteOffset, n);
  let others = 0;
  let negatives = 0;
  for (let i = 0; i < n; i++) {
    const bits = all[i];
    if (bits === 0) continue;
    kept[others++] = bits;
    // -0 is one of them.
    negatives += bits >>> 31;
  }
  if (4 * others > 3 * n) return false;
  const rest = scratch.subarray(0, others);
  sortFloat32(rest, values.subarray(0, others));
  values.set(rest.subarray(0, negatives));
  values.fill(0, negatives, negatives + n - others);
  values.set(rest.subarray(negatives), negatives + n - others);
  return true;
}

function toStarts(counts: Uint32Array): void {
  let start = 0;
  for (let digit = 0; digit < counts.length; digit++) {
    const count = counts[digit];
    counts[digit] = start;
    start += count;
  }
}
