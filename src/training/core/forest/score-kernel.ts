/**
 * Scores with the compiled kernel (assembly/forest.ts): the same doubles as {@link scoreSamples}, bit for bit, in about
 * an eighth of the time. Forests and calls that the kernel is not made for go to {@link scoreSamples}.
 */
import type { Forest } from './forest.js';
import type { KernelMemory } from './kernel-memory.js';
import { layOutForest, type ColumnLayout, type PartLayout } from './score-layout.js';
import { assertFinite, assertScorable, scoreDenominator, scoreSamples, toScore } from './score.js';

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
}

/** Rows that the kernel takes at once. */
const BLOCK_ROWS = 512;
/** The kernel compares with every threshold, whether a row passes it or not: below this many rows, walking is faster. */
const ROWS_WORTH_THE_KERNEL = 32;
/** A forest that needs more memory (about 10,000 trees, or 8,000 columns) is walked. */
const MAX_BYTES = 64 << 20;
const PAGE = 65_536;
const MASK_BYTES = 64;

interface PlacedColumn {
  readonly layout: ColumnLayout;
  readonly starts: number;
  readonly thresholds: number;
  readonly slots: number;
}

interface PlacedPart {
  readonly trees: number;
  readonly levels: number;
  readonly moves: number;
  readonly values: number;
  readonly columns: readonly PlacedColumn[];
}

/** A forest in the kernel's memory, and the places of the blocks it works on. */
interface PlacedForest {
  readonly parts: readonly PlacedPart[];
  readonly denominator: number;
  readonly columns: number;
  readonly raw: Float32Array;
  readonly turned: number;
  readonly sums: Float64Array;
  readonly bits: number;
  readonly masks: number;
}

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
    for (let start = from; start < to; start += BLOCK_ROWS) {
      this.scoreBlock(placed, x, out, start, Math.min(start + BLOCK_ROWS, to));
    }
  };

  private scoreBlock(
    placed: PlacedForest,
    x: Float32Array,
    out: Float64Array,
    start: number,
    end: number,
  ): void {
    const { kernel } = this;
    const { columns, raw, turned, sums, bits, masks, denominator } = placed;
    const rows = end - start;
    raw.set(x.subarray(start * columns, end * columns));
    if (kernel.turn(raw.byteOffset, rows, columns, turned) === 0) assertFinite(x, columns, start, end);
    sums.fill(0);
    for (const part of placed.parts) {
      for (const { layout, starts, thresholds, slots } of part.columns) {
        kernel.compare(
          turned + layout.column * BLOCK_ROWS * 4,
          rows,
          layout.low,
          layout.scale,
          layout.bucketLimit,
          starts,
          thresholds,
          slots,
          layout.count,
          layout.steps,
          bits,
          masks,
        );
      }
      kernel.addTrees(part.trees, part.levels, part.moves, masks, part.values, rows, sums.byteOffset);
    }
    for (let row = 0; row < rows; row++) out[start + row] = toScore(sums[row], denominator);
  }

  /** @returns null when the forest has to be walked. */
  private place(forest: Forest): PlacedForest | null {
    if (this.forest === forest) return this.placed;
    this.forest = forest;
    this.placed = null;
    const parts = layOutForest(forest);
    if (parts === null) return null;
    const plan = planMemory(parts, forest.featureCount, this.kernel.heapBase());
    if (plan.end > MAX_BYTES) return null;
    const { memory } = this.kernel;
    const missing = plan.end - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
    const bytes = new Uint8Array(memory.buffer);
    // Masks have to start empty, and what lies behind the rows of the last block has to be numbers.
    bytes.fill(0, plan.raw, plan.end);
    for (const { array, at } of plan.arrays) {
      bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
    }
    this.placed = {
      parts: plan.parts,
      denominator: scoreDenominator(forest),
      columns: forest.featureCount,
      raw: new Float32Array(memory.buffer, plan.raw, BLOCK_ROWS * forest.featureCount),
      turned: plan.turned,
      sums: new Float64Array(memory.buffer, plan.sums, BLOCK_ROWS),
      bits: plan.bits,
      masks: plan.masks,
    };
    return this.placed;
  }
}

interface MemoryPlan {
  readonly raw: number;
  readonly turned: number;
  readonly sums: number;
  readonly bits: number;
  readonly masks: number;
  readonly parts: readonly PlacedPart[];
  readonly arrays: readonly {
    readonly array: Uint8Array | Uint16Array | Float32Array | Float64Array;
    at: number;
  }[];
  readonly end: number;
}

function planMemory(parts: readonly PartLayout[], columns: number, heapBase: number): MemoryPlan {
  let end = Math.ceil(heapBase / MASK_BYTES) * MASK_BYTES;
  const take = (bytes: number): number => {
    const at = end;
    end += Math.ceil(bytes / MASK_BYTES) * MASK_BYTES;
    return at;
  };
  const arrays: { array: Uint8Array | Uint16Array | Float32Array | Float64Array; at: number }[] = [];
  const keep = (array: Uint8Array | Uint16Array | Float32Array | Float64Array): number => {
    const at = take(array.byteLength);
    arrays.push({ array, at });
    return at;
  };
  const splits = Math.max(...parts.map((part) => part.splits));
  const thresholds = Math.max(0, ...parts.flatMap((part) => part.columns.map(({ count }) => count)));
  // The kernel reads rows in fours, and columns in fours.
  const raw = take((BLOCK_ROWS + 3) * columns * 4 + 16);
  const turned = take(BLOCK_ROWS * 4 * Math.ceil(columns / 4) * 4);
  const sums = take(BLOCK_ROWS * 8);
  const bits = take((thresholds + 1) * MASK_BYTES);
  const masks = take(splits * MASK_BYTES);
  const placed = parts.map((part) => ({
    trees: part.trees,
    levels: keep(part.levels),
    moves: keep(part.moves),
    values: keep(part.values),
    columns: part.columns.map((layout) => ({
      layout,
      starts: keep(layout.starts),
      thresholds: keep(layout.thresholds),
      slots: keep(layout.slots),
    })),
  }));
  return { raw, turned, sums, bits, masks, parts: placed, arrays, end };
}
