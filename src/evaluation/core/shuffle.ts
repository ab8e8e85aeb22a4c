import { createRng, hashSeed, nextBelow, type RngState } from '../../shared/rng.js';

/**
 * The random stream of one purpose ("injection", "importance"). Named, so that adding a purpose moves no other one,
 * and hashed into the seed, so that no stream is also a tree's.
 */
export function namedRng(seed: number, name: string): RngState {
  let hash = hashSeed(seed, name.length);
  for (let i = 0; i < name.length; i++) hash = hashSeed(hash, name.charCodeAt(i));
  return createRng(hash);
}

/** Moves `count` random entries of `pool` to its front: the first steps of Fisher and Yates' shuffle. */
export function shuffleFront(pool: Int32Array, count: number, rng: RngState): void {
  for (let i = 0; i < count; i++) {
    const j = i + nextBelow(rng, pool.length - i);
    const kept = pool[i];
    pool[i] = pool[j];
    pool[j] = kept;
  }
}

/** min(count, n) different numbers of 0..n-1 in random order; count = n gives a permutation. */
export function randomRowNumbers(n: number, count: number, rng: RngState): Int32Array {
  const pool = new Int32Array(n);
  for (let i = 0; i < n; i++) pool[i] = i;
  const taken = Math.min(n, count);
  shuffleFront(pool, taken, rng);
  return pool.slice(0, taken);
}
