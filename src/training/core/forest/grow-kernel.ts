import { notFinite, takesAllRows, transpose, type TreeGrower, createPlainGrower } from './tree-grower.js';
import type { ResolvedForestParams } from './forest-params.js';
import type { KernelMemory } from './kernel-memory.js';

/** What assembly/forest.ts exports, as far as it concerns growing; addresses are bytes in `memory`. */
export interface GrowKernelExports {
  readonly memory: KernelMemory;
  heapBase(): number;
  allFinite(from: number, count: number): number;
  placeTables(rng: number, candidates: number, offsets: number, stack: number): void;
  placeRows(
    matrix: number,
    rowBytes: number,
    turned: number,
    columnBytes: number,
    near: number,
    nearRows: number,
  ): void;
  placeWork(rows: number, rightRows: number, values: number): void;
  placeNodes(left: number, right: number, feature: number, threshold: number, nodeSamples: number): void;
  turnRows(count: number): void;
  growTree(count: number, columns: number, maxDepth: number): number;
}

/** Bytes of the rows that a subtree is grown on: they stay in the cache. */
const NEAR_BYTES = 65_536;
/** A matrix that needs more is grown in plain TypeScript, which copies it once less. */
const MAX_BYTES = 192 << 20;
const PAGE = 65_536;
const ALIGNMENT = 64;
/** Bytes of a pending node, see the kernel. */
const FRAME_BYTES = 24;

/**
 * Grows with the compiled kernel: the same nodes as {@link createPlainGrower}, draw for draw. The kernel's memory
 * belongs to this grower from here on.
 */
export function createKernelGrower(
  kernel: GrowKernelExports,
  x: Float32Array,
  rows: number,
  columns: number,
  params: ResolvedForestParams,
): TreeGrower {
  const plan = planMemory(kernel.heapBase(), rows, columns, params);
  if (plan.end > MAX_BYTES) return createPlainGrower(x, rows, columns, params);
  const { memory } = kernel;
  const missing = plan.end - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
  const { buffer } = memory;
  kernel.placeTables(plan.rng, plan.candidates, plan.offsets, plan.stack);
  kernel.placeRows(plan.matrix, plan.width * 4, plan.turned, plan.height * 4, plan.near, plan.nearRows);
  kernel.placeWork(plan.rows, plan.rightRows, plan.values);
  kernel.placeNodes(plan.left, plan.right, plan.feature, plan.threshold, plan.nodeSamples);
  const matrix = new Float32Array(buffer, plan.matrix, plan.height * plan.width);
  const words = new Int32Array(buffer, plan.matrix, plan.height * plan.width);
  const xWords = new Int32Array(x.buffer, x.byteOffset, rows * columns);
  const offsets = new Int32Array(buffer, plan.offsets, params.maxFeatures);
  const all = takesAllRows(params, rows);
  if (all) {
    matrix.set(x.subarray(0, matrix.length));
    // The twin's own search names the value.
    if (kernel.allFinite(plan.matrix, matrix.length) === 0) transpose(x, rows, columns);
    if (rows > plan.nearRows) kernel.turnRows(rows);
  }
  const nodes = 2 * params.maxSamples - 1;
  return {
    rng: new Uint32Array(buffer, plan.rng, 4),
    nodes: {
      left: new Int32Array(buffer, plan.left, nodes),
      right: new Int32Array(buffer, plan.right, nodes),
      feature: new Int32Array(buffer, plan.feature, nodes),
      threshold: new Float64Array(buffer, plan.threshold, nodes),
      nodeSamples: new Int32Array(buffer, plan.nodeSamples, nodes),
    },
    grow: (drawn, count, subset) => {
      for (let c = 0; c < subset.length; c++) offsets[c] = (all ? subset[c] : c) * 4;
      if (!all) {
        gatherRows(xWords, columns, drawn, count, subset, words);
        const finite = kernel.allFinite(plan.matrix, count * subset.length) === 1;
        if (!finite) assertFinite(matrix, drawn, count, subset);
        if (count > plan.nearRows) kernel.turnRows(count);
      }
      return kernel.growTree(count, subset.length, params.maxDepth);
    },
  };
}

/** Copies the tree's rows and columns next to each other; as words, which are copied without being converted. */
function gatherRows(
  x: Int32Array,
  columns: number,
  rows: Uint32Array,
  count: number,
  subset: Int32Array,
  matrix: Int32Array,
): void {
  const width = subset.length;
  for (let i = 0, at = 0; i < count; i++) {
    const base = rows[i] * columns;
    // All columns are in order (sampleWithoutReplacement).
    if (width === columns) for (let from = base; from < base + columns; from++) matrix[at++] = x[from];
    else for (let c = 0; c < width; c++) matrix[at++] = x[base + subset[c]];
  }
}

function assertFinite(matrix: Float32Array, rows: Uint32Array, count: number, subset: Int32Array): void {
  const at = matrix.subarray(0, count * subset.length).findIndex((value) => !Number.isFinite(value));
  if (at >= 0) throw notFinite(rows[Math.floor(at / subset.length)], subset[at % subset.length], matrix[at]);
}

function planMemory(heapBase: number, population: number, columns: number, params: ResolvedForestParams) {
  const { maxSamples, maxFeatures, maxDepth } = params;
  const all = takesAllRows(params, population);
  const width = all ? columns : maxFeatures;
  let end = Math.ceil(heapBase / ALIGNMENT) * ALIGNMENT;
  const take = (bytes: number): number => {
    const at = end;
    end += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    return at;
  };
  const nearRows = Math.min(maxSamples, Math.max(16, Math.floor(NEAR_BYTES / (4 * maxFeatures))));
  const nodes = 2 * maxSamples - 1;
  const tables = {
    rng: take(16),
    candidates: take(4 * maxFeatures),
    offsets: take(4 * maxFeatures),
    stack: take(FRAME_BYTES * (maxDepth + 2)),
    near: take(4 * nearRows * maxFeatures),
    rows: take(4 * maxSamples),
    rightRows: take(4 * maxSamples),
    values: take(4 * maxSamples),
    left: take(4 * nodes),
    right: take(4 * nodes),
    feature: take(4 * nodes),
    threshold: take(8 * nodes),
    nodeSamples: take(4 * nodes),
    matrix: take(4 * maxSamples * width),
    turned: maxSamples > nearRows ? take(4 * maxSamples * width) : 0,
  };
  return { ...tables, nearRows, width, height: maxSamples, end };
}
