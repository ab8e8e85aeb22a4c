/**
 * Options of V8 for commands. They are part of the key of V8's code caches, so the build makes its cache with the same.
 *
 * Tried and left out: `--interrupt-budget`, to optimise later. Four and eight times the usual value took a third and half
 * of the time of V8's own threads away, but the thread that reads, for which everybody waits, looked slower (two runs each
 * on a busy machine).
 */
export const ENGINE_OPTIONS = [
  // Threads begun later hold at most 8 MiB of young objects each, not 32: they have few, and several threads at once
  // would otherwise be the peak of the memory.
  '--max-semi-space-size=4',
];
