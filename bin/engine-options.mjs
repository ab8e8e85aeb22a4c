/**
 * Options of V8 for commands, which end soon. They are part of the key of V8's code caches, so the build makes its cache
 * with the same.
 */
export const ENGINE_OPTIONS = [
  // V8 compiles a function anew for speed after it has run for 67 KB of bytecode; for functions that run for a tenth of a
  // second in all, this costs more than it gains, in threads of its own that take the processor from the reading. Eight
  // times that later, only the loops over records and rows are left.
  '--interrupt-budget=540672',
  // Threads begun later hold at most 8 MiB of young objects each, not 32: they have few, and several threads at once
  // would otherwise be the peak of the memory.
  '--max-semi-space-size=4',
];
