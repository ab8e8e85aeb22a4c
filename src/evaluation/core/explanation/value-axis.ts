/**
 * The values a feature can take, as an ascending sequence with integer positions, so that the last value on one side of
 * a threshold can be found by bisection.
 */
export interface ValueAxis {
  readonly first: number;
  readonly last: number;
  /** Rises with the position; a float32, as every extracted value is. */
  readonly valueAt: (position: number) => number;
}

const bits = new Int32Array(1);
const float = new Float32Array(bits.buffer);
const LARGEST_FLOAT32_BITS = 0x7f7fffff;

/** All finite float32 numbers. Their bit patterns are ordered by magnitude, so that a position is a signed pattern. */
export const REAL_AXIS: ValueAxis = {
  first: -LARGEST_FLOAT32_BITS,
  last: LARGEST_FLOAT32_BITS,
  valueAt: (position) => {
    bits[0] = Math.abs(position);
    return position < 0 ? -float[0] : float[0];
  },
};

/** 0, 1, 2... as float32. */
export const COUNT_AXIS: ValueAxis = {
  first: 0,
  last: Number.MAX_SAFE_INTEGER,
  valueAt: (position) => Math.fround(position),
};

/**
 * Position of the last value that `scale` takes to at most `edge`; `first - 1` when there is none.
 *
 * @param scale never falls where the value rises
 */
export function lastAtMost(axis: ValueAxis, scale: (value: number) => number, edge: number): number {
  let from = axis.first;
  let to = axis.last + 1;
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    if (scale(axis.valueAt(middle)) <= edge) from = middle + 1;
    else to = middle;
  }
  return from - 1;
}

/** The float32 number after `value`. */
export function nextFloat32(value: number): number {
  float[0] = value;
  const position = bits[0] >= 0 ? bits[0] : -(bits[0] & 0x7fffffff);
  return REAL_AXIS.valueAt(position + 1);
}
