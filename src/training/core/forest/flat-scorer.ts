import type { Forest } from './forest.js';
import type { PlacedForest, ScoreKernelExports } from './placed-forest.js';
import { layOutForest, type ColumnLayout, type PartLayout } from './score-layout.js';
import { BLOCK_ROWS, MemoryPlan, takeBlock } from './score-memory.js';
import { assertFinite, scoreDenominator, toScore } from './score.js';

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

const MASK_BYTES = 64;

/**
 * Puts a forest of shallow trees into the kernel's memory, to compare blocks of rows with all its thresholds.
 *
 * @returns null when a tree is too deep or the forest too large.
 */
export function placeFlatForest(kernel: ScoreKernelExports, forest: Forest): PlacedForest | null {
  const layout = layOutForest(forest);
  if (layout === null) return null;
  const columns = forest.featureCount;
  const plan = new MemoryPlan(kernel.heapBase());
  const { raw: rawAt, turned } = takeBlock(plan, columns);
  const sumsAt = plan.take(BLOCK_ROWS * 8);
  const thresholds = Math.max(0, ...layout.flatMap((part) => part.columns.map(({ count }) => count)));
  const bits = plan.take((thresholds + 1) * MASK_BYTES);
  const masks = plan.take(Math.max(...layout.map(({ splits }) => splits)) * MASK_BYTES);
  const parts = layout.map((part) => placePart(plan, part));
  if (!plan.fill(kernel.memory)) return null;
  const raw = new Float32Array(kernel.memory.buffer, rawAt, BLOCK_ROWS * columns);
  const sums = new Float64Array(kernel.memory.buffer, sumsAt, BLOCK_ROWS);
  const denominator = scoreDenominator(forest);
  return {
    blockRows: BLOCK_ROWS,
    scoreBlock: (x, out, start, end) => {
      const rows = end - start;
      raw.set(x.subarray(start * columns, end * columns));
      if (kernel.turn(rawAt, rows, columns, turned) === 0) assertFinite(x, columns, start, end);
      sums.fill(0);
      for (const part of parts) {
        for (const column of part.columns) compareColumn(kernel, column, turned, rows, bits, masks);
        kernel.addTrees(part.trees, part.levels, part.moves, masks, part.values, rows, sumsAt);
      }
      for (let row = 0; row < rows; row++) out[start + row] = toScore(sums[row], denominator);
    },
  };
}

function placePart(plan: MemoryPlan, part: PartLayout): PlacedPart {
  return {
    trees: part.trees,
    levels: plan.keep(part.levels),
    moves: plan.keep(part.moves),
    values: plan.keep(part.values),
    columns: part.columns.map((layout) => ({
      layout,
      starts: plan.keep(layout.starts),
      thresholds: plan.keep(layout.thresholds),
      slots: plan.keep(layout.slots),
    })),
  };
}

function compareColumn(
  kernel: ScoreKernelExports,
  { layout, starts, thresholds, slots }: PlacedColumn,
  turned: number,
  rows: number,
  bits: number,
  masks: number,
): void {
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
