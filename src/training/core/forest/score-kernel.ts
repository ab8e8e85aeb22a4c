/**
 * Scores with the compiled kernel (assembly/forest.ts): the same doubles as {@link scoreSamples}, bit for bit, in about
 * a fifteenth of the time. Forests and calls that the kernel is not made for go to {@link scoreSamples}.
 */
import { placeDeepForest } from './deep-scorer.js';
import type { Forest } from './forest.js';
import { placeFlatForest } from './flat-scorer.js';
import type { PlacedForest, ScoreKernelExports } from './placed-forest.js';
import { assertScorable, scoreSamples } from './score.js';

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
