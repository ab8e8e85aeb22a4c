import { availableParallelism } from 'node:os';

/**
 * Threads for a CPU-bound step. `n_jobs` has joblib's meaning: -1 = all cores, -2 = all but one, n = n threads; never
 * more than there are parts of work.
 */
export function threadCount(nJobs: number, parts: number): number {
  const cores = availableParallelism();
  const wanted = nJobs > 0 ? nJobs : Math.max(1, cores + 1 + nJobs);
  return Math.max(1, Math.min(wanted, parts));
}

/** Cuts [0, total) into at most `count` contiguous, nearly equal ranges. */
export function ranges(total: number, count: number): readonly (readonly [from: number, to: number])[] {
  const result: (readonly [number, number])[] = [];
  for (let i = 0; i < count; i++) {
    const from = Math.floor((total * i) / count);
    const to = Math.floor((total * (i + 1)) / count);
    if (to > from) result.push([from, to]);
  }
  return result;
}
