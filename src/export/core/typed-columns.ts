/** A longer copy of a column; the new places hold 0. */
export function longerDoubles(column: Float64Array, length: number): Float64Array {
  const longer = new Float64Array(length);
  longer.set(column);
  return longer;
}

/** The same for 32-bit integers. */
export function longerIntegers(column: Int32Array, length: number): Int32Array {
  const longer = new Int32Array(length);
  longer.set(column);
  return longer;
}

/** Room for at least `needed` places where there are `present`: doubling, so that growing stays linear. */
export function roomFor(needed: number, present: number): number {
  return Math.max(16, needed, present * 2);
}
