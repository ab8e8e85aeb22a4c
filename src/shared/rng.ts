/**
 * Seeded random numbers: xoshiro128** 1.1 (Blackman and Vigna 2018), functions on a `Uint32Array(4)` state.
 *
 * A state is four plain words, so hot loops keep it in a local variable and nothing is allocated per number. One
 * state belongs to one stream (a tree, a permutation); streams are told apart by `hashSeed`, never by `seed + index`:
 * two models with neighbouring seeds would otherwise share all streams but one.
 */
export type RngState = Uint32Array;

const TWO_POW_MINUS_32 = 2 ** -32;

/** State of stream `index` of `seed`. Both are taken as unsigned 32-bit integers. */
export function createRng(seed: number, index = 0): RngState {
  const state = new Uint32Array(4);
  seedRng(state, seed, index);
  return state;
}

/** Puts `state` at the beginning of stream `index` of `seed`. */
export function seedRng(state: RngState, seed: number, index: number): void {
  // Four independent 32-bit hashes: a single one stretched to 128 bits would collide among a few thousand streams.
  for (let word = 0; word < 4; word++) state[word] = hashSeed(hashSeed(seed, word), index);
  // The one state that xoshiro can never leave.
  if ((state[0] | state[1] | state[2] | state[3]) === 0) state[0] = 1;
}

/**
 * MurmurHash3_x86_32 (Appleby) of the eight little-endian bytes of (seed, index), hash seed 0: an unsigned 32-bit
 * integer. For a fixed seed it is a bijection of the index, so streams of one seed never get the same hash.
 */
export function hashSeed(seed: number, index: number): number {
  let hash = murmurRound(murmurRound(0, seed), index);
  hash ^= 8; // length in bytes
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  hash ^= hash >>> 16;
  return hash >>> 0;
}

function murmurRound(hash: number, block: number): number {
  const scrambled = Math.imul(rotateLeft(Math.imul(block, 0xcc9e2d51), 15), 0x1b873593);
  return (Math.imul(rotateLeft(hash ^ scrambled, 13), 5) + 0xe6546b64) | 0;
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/** Next number of the stream, an unsigned 32-bit integer. */
export function nextUint32(state: RngState): number {
  const s0 = state[0];
  const s1 = state[1];
  const s2 = state[2] ^ s0;
  const s3 = state[3] ^ s1;
  const result = Math.imul(rotateLeft(Math.imul(s1, 5), 7), 9) >>> 0;
  state[0] = s0 ^ s3;
  state[1] = s1 ^ s2;
  state[2] = s2 ^ (s1 << 9);
  state[3] = rotateLeft(s3, 11);
  return result;
}

/** Uniform number in [0, 1) with 32 random bits. */
export function nextFloat(state: RngState): number {
  return nextUint32(state) * TWO_POW_MINUS_32;
}

/**
 * Uniform integer in [0, bound), 1 <= bound <= 2^32, without modulo bias: takes as many top bits as `bound` needs and
 * draws again when they are too large (less than two draws on average). A bound of 1 draws nothing.
 */
export function nextBelow(state: RngState, bound: number): number {
  if (bound <= 1) return 0;
  const shift = Math.clz32(bound - 1);
  let value = nextUint32(state) >>> shift;
  while (value >= bound) value = nextUint32(state) >>> shift;
  return value;
}

/**
 * Fills `out` with distinct integers of [0, population), each subset equally likely, in no particular order
 * (Floyd's algorithm; Bentley and Floyd 1987). When all are asked for they come in ascending order without a draw.
 *
 * @param seen bitmap of at least ceil(population / 32) words, all zero; it is all zero again afterwards.
 * @throws RangeError when more integers are asked for than there are.
 */
export function sampleWithoutReplacement(
  state: RngState,
  population: number,
  out: Uint32Array | Int32Array,
  seen: Uint32Array = new Uint32Array(bitmapWords(population)),
): void {
  const count = out.length;
  if (count > population) {
    throw new RangeError(`Cannot draw ${count} distinct numbers from ${population}.`);
  }
  if (count === population) {
    for (let i = 0; i < count; i++) out[i] = i;
    return;
  }
  for (let i = 0, last = population - count; i < count; i++, last++) {
    const drawn = nextBelow(state, last + 1);
    const taken = (seen[drawn >>> 5] >>> (drawn & 31)) & 1;
    const value = taken === 1 ? last : drawn;
    seen[value >>> 5] |= 1 << (value & 31);
    out[i] = value;
  }
  for (let i = 0; i < count; i++) seen[out[i] >>> 5] = 0;
}

/** Length of the bitmap that `sampleWithoutReplacement` needs for a population. */
export function bitmapWords(population: number): number {
  return Math.ceil(population / 32);
}
