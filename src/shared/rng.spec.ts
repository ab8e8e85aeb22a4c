import { describe, expect, it } from 'vitest';
import { createRng, hashSeed, nextBelow, nextFloat, nextUint32, sampleWithoutReplacement } from './rng.js';

const M32 = 0xffffffffn;
const rotate = (x: bigint, k: bigint): bigint => ((x << k) | (x >> (32n - k))) & M32;

/** The published algorithm, word by word in arbitrary precision. */
function referenceXoshiro(state: bigint[]): bigint {
  const result = (rotate((state[1] * 5n) & M32, 7n) * 9n) & M32;
  const t = (state[1] << 9n) & M32;
  state[2] ^= state[0];
  state[3] ^= state[1];
  state[1] ^= state[2];
  state[0] ^= state[3];
  state[2] ^= t;
  state[3] = rotate(state[3], 11n);
  return result;
}

/** MurmurHash3_x86_32 of whole 4-byte blocks, in arbitrary precision. */
function referenceMurmur(blocks: readonly bigint[], seed: bigint): bigint {
  let hash = seed;
  for (const block of blocks) {
    const k = (rotate((block * 0xcc9e2d51n) & M32, 15n) * 0x1b873593n) & M32;
    hash = (rotate(hash ^ k, 13n) * 5n + 0xe6546b64n) & M32;
  }
  hash ^= BigInt(blocks.length * 4);
  hash = ((hash ^ (hash >> 16n)) * 0x85ebca6bn) & M32;
  hash = ((hash ^ (hash >> 13n)) * 0xc2b2ae35n) & M32;
  return hash ^ (hash >> 16n);
}

describe('nextUint32', () => {
  it('gives the published first numbers of the state 1, 2, 3, 4', () => {
    const state = Uint32Array.of(1, 2, 3, 4);
    const numbers = Array.from({ length: 4 }, () => nextUint32(state));
    expect(numbers).toEqual([11520, 0, 5927040, 70819200]);
  });

  it('follows the reference over many steps', () => {
    const state = Uint32Array.of(0xdeadbeef, 0xffffffff, 7, 0x80000000);
    const reference = Array.from(state, BigInt);
    for (let i = 0; i < 2000; i++) expect(BigInt(nextUint32(state))).toBe(referenceXoshiro(reference));
  });
});

describe('hashSeed', () => {
  it('is MurmurHash3 of the two words', () => {
    // Published vectors first, so that the reference itself is known to be right.
    expect(referenceMurmur([0xffffffffn], 0n)).toBe(0x76293b50n);
    expect(referenceMurmur([0x87654321n], 0n)).toBe(0xf55b516bn);
    for (const [seed, index] of [
      [0, 0],
      [42, 0],
      [42, 1],
      [0xffffffff, 0xfffffffe],
      [7, 123456],
    ]) {
      expect(BigInt(hashSeed(seed, index))).toBe(referenceMurmur([BigInt(seed), BigInt(index)], 0n));
    }
  });

  it('lets neighbouring seeds share no stream', () => {
    const firsts = new Set<string>();
    for (let seed = 0; seed < 20; seed++) {
      for (let tree = 0; tree < 100; tree++) firsts.add(createRng(seed, tree).join());
    }
    expect(firsts.size).toBe(2000);
  });
});

describe('nextFloat', () => {
  it('is uniform in [0, 1)', () => {
    const state = createRng(1);
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 100_000; i++) counts[Math.floor(nextFloat(state) * 10)]++;
    expect(counts).toHaveLength(10);
    // Chi-square, 9 degrees of freedom: 27.9 is exceeded once in a thousand.
    expect(counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)).toBeLessThan(27.9);
  });
});

describe('nextBelow', () => {
  it.each([1, 2, 3, 7, 10, 255, 256])('is uniform below %d', (bound) => {
    const state = createRng(2, bound);
    const counts = new Array<number>(bound).fill(0);
    const draws = 2000 * bound;
    for (let i = 0; i < draws; i++) counts[nextBelow(state, bound)]++;
    expect(counts).toHaveLength(bound);
    const chiSquare = counts.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0);
    // Mean bound - 1, variance 2 (bound - 1); five standard deviations.
    expect(chiSquare).toBeLessThan(bound - 1 + 5 * Math.sqrt(2 * bound));
  });
});

describe('sampleWithoutReplacement', () => {
  it('draws every subset equally often and leaves the bitmap empty', () => {
    const state = createRng(3);
    const seen = new Uint32Array(1);
    const out = new Uint32Array(2);
    const counts = new Map<string, number>();
    for (let i = 0; i < 20_000; i++) {
      sampleWithoutReplacement(state, 5, out, seen);
      const key = Array.from(out).sort().join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(seen[0]).toBe(0);
    expect(counts.size).toBe(10);
    // Chi-square, 9 degrees of freedom.
    expect([...counts.values()].reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0)).toBeLessThan(
      27.9,
    );
  });

  it('gives all numbers in order, without a draw, when all are asked for', () => {
    const state = createRng(4);
    const before = state.slice();
    const out = new Int32Array(4);
    sampleWithoutReplacement(state, 4, out);
    expect(Array.from(out)).toEqual([0, 1, 2, 3]);
    expect(state).toEqual(before);
  });

  it('refuses to draw more than there are', () => {
    expect(() => {
      sampleWithoutReplacement(createRng(5), 2, new Int32Array(3));
    }).toThrow(RangeError);
  });
});
