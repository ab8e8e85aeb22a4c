/**
 * Scores with the compiled kernel (assembly/forest.ts): the same doubles as {@link scoreSamples}, bit for bit, in about
 * a fifteenth of the time. Forests and calls that the kernel is not made for go to {@link scoreSamples}.
 */
import { placeDeepForest } from './deep-scorer.js';
import type { Forest } from './forest.js';
import type { KernelMemory } from './kernel-memory.js';
import { placeFlatForest } from './flat-scorer.js';
import { assertScorable, scoreSamples } from './score.js';

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

/** The kernel works on blocks and has to be given the forest: below this many rows, walking at once is faster. */
const ROWS_WORTH_THE_KERNEL = 32;

/** One thread's compiled scorer. Its memory holds the forest scored last; another one takes its place. */
export class ScoreKernel {
  private forest: Forest | null = null;
  private placed: PlacedForest | null = null;

  constructor(private readonly kernel: ScoreKernelExports) {}

  /** {@link scoreSamples}: same arguments, same result, same errors. */
  readonly scoreSamples = (
    forest: Forest,
    x: Float32Array,
    rows: number,
    out: Float64Array,
    from = 0,
    to = rows,
  ): void => {
    const placed = to - from < ROWS_WORTH_THE_KERNEL ? null : this.place(forest);
    if (placed === null) {
      scoreSamples(forest, x, rows, out, from, to);
      return;
    }
    assertScorable(forest, x, rows, out, from, to);
    for (let start = from; start < to; start += placed.blockRows) {
      placed.scoreBlock(x, out, start, Math.min(start + placed.blockRows, to));
    }
  };

  /** @returns null when the forest is too large for the kernel's memory. */
  private place(forest: Forest): PlacedForest | null {
    if (this.forest === forest) return this.placed;
    this.forest = forest;
    this.placed = placeFlatForest(this.kernel, forest) ?? placeDeepForest(this.kernel, forest);
    return this.placed;
  }
}
