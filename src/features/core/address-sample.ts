/**
 * Which addresses are followed when there are too many to follow all: those whose hash ends in `level` zero bits. The
 * level is the smallest that fits a limit, so it depends on WHICH addresses there were, never on their order or on how
 * the input was split (adaptive sampling: Flajolet, On adaptive sampling, Computing 43, 1990). A count of followed
 * addresses times 2^level estimates the count of all; at level 0 it is exact.
 */
export const MAX_LEVEL = 30;
const TWO_POW_MINUS_32 = 2 ** -32;

/** Multiplicative, with the mixing steps of MurmurHash3's finaliser; the packaged extractor computes the same. */
export function addressHash(address: number): number {
  const high = (address * TWO_POW_MINUS_32) | 0;
  let mixed = Math.imul(address | 0, 0x85ebca6b) ^ Math.imul(high, 0xc2b2ae35);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0x297a2d39);
  return mixed ^ (mixed >>> 16);
}

/** Whether an address is followed at a level. */
export function isFollowed(address: number, level: number): boolean {
  return level === 0 || (addressHash(address) & ((1 << level) - 1)) === 0;
}
