import type { KernelMemory } from './kernel-memory.js';

/** What assembly/forest.ts exports, as far as it concerns scoring; addresses are bytes in `memory`. */
export interface ScoreKernelExports {
  readonly memory: KernelMemory;
  heapBase(): number;
  turn(raw: number, rows: number, columns: number, out: number): number;
  compare(
    column: number,
    rows: number,
    low: number,
    scale: number,
    bucketLimit: number,
    starts: number,
    thresholds: number,
    slots: number,
    count: number,
    steps: number,
    bits: number,
    masks: number,
  ): void;
  addTrees(
    trees: number,
    levels: number,
    moves: number,
    masks: number,
    values: number,
    rows: number,
    sums: number,
  ): void;
  addDeepTree(root: number, levels: number, turned: number, rows: number, values: number, sums: number): void;
}

/** A forest in the kernel's memory. */
export interface PlacedForest {
  /** Rows that are best scored at once. */
  readonly blockRows: number;
  /** Scores rows [start, end) of x, at most blockRows. */
  scoreBlock(x: Float32Array, out: Float64Array, start: number, end: number): void;
}
