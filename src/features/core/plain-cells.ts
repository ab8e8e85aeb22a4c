const MINUS = 45;
const POINT = 46;
const QUOTE = 34;
const ZERO = 48;
const MAX_DIGITS = 15;
const POWERS_OF_TEN = Float64Array.from({ length: MAX_DIGITS + 1 }, (_, exponent) => 10 ** exponent);

/**
 * Where the cells of a row end that holds no quote.
 *
 * @param ends takes one position a cell, as far as there is room
 * @returns number of cells; -1: there is a quote
 */
export function plainCells(
  bytes: Uint8Array,
  from: number,
  to: number,
  delimiter: number,
  ends: Int32Array,
): number {
  let count = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) return -1;
    if (byte === delimiter) ends[count++] = at;
  }
  ends[count++] = to;
  return count;
}

/**
 * A decimal number of at most 15 digits without an exponent, straight from its bytes: digits and power of ten are exact in
 * double precision, so one division rounds correctly (Clinger 1990). NaN = anything else, which is not said to be wrong.
 */
export function plainNumber(bytes: Uint8Array, from: number, to: number): number {
  const isNegative = bytes[from] === MINUS;
  let at = isNegative ? from + 1 : from;
  if (to - at > MAX_DIGITS + 1) return NaN;
  let digits = 0;
  let value = 0;
  let point = -1;
  for (; at < to; at++) {
    const byte = bytes[at];
    if (byte === POINT && point < 0) {
      point = at;
      continue;
    }
    const digit = byte - ZERO;
    if (digit < 0 || digit > 9) return NaN;
    value = value * 10 + digit;
    digits++;
  }
  if (digits === 0 || digits > MAX_DIGITS) return NaN;
  if (point >= 0) value /= POWERS_OF_TEN[to - point - 1];
  return isNegative ? -value : value;
}
