const TWO_POW_MINUS_32 = 2 ** -32;

/**
 * Hash of two whole numbers, the second of up to 53 bits, for open-addressed tables: multiplicative, with the mixing
 * steps of MurmurHash3's finaliser, because neighbouring slots and addresses must not fall on neighbouring cells.
 */
export function pairHash(first: number, second: number): number {
  const high = (second * TWO_POW_MINUS_32) | 0;
  let mixed = Math.imul(first, 0x9e3779b1) ^ Math.imul(second | 0, 0x85ebca6b) ^ Math.imul(high, 0xc2b2ae35);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  return mixed ^ (mixed >>> 13);
}
