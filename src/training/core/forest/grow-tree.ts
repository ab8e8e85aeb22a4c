import { nextBelow, nextFloat, type RngState } from '../../../shared/rng.js';
import { floorToFloat32 } from './floor-to-float32.js';

/** scikit-learn's `FEATURE_THRESHOLD`: a column whose values are this close is constant. */
const FEATURE_THRESHOLD = 1e-7;
const LEAF_CHILD = -1;
const LEAF_FEATURE = -2;
const LEAF_THRESHOLD = -2;

/** Numbers a pending node on the stack takes: first row, end, depth, parent, is right child, live columns. */
const FRAME = 6;

/** Working memory of one thread, reused for every tree; allocation is per block of trees, never per node. */
export interface TreeSpace {
  readonly rng: RngState;
  /** Room for the gathered psi x k values, column-major. */
  readonly local: Float32Array;
  /** What the tree splits: `local`, or the whole matrix turned when psi = n. Column c starts at columnStart[c]. */
  values: Float32Array;
  readonly columnStart: Float64Array;
  /** Permutation of the tree's rows: each node owns one range of it. */
  readonly rows: Uint32Array;
  readonly rightRows: Uint32Array;
  /** Values of the chosen column in the order of `rows`. */
  readonly column: Float32Array;
  /** Permutation of the tree's columns, those constant within the current node last. */
  readonly candidates: Int32Array;
  readonly stack: Int32Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly feature: Int32Array;
  readonly threshold: Float64Array;
  readonly nodeSamples: Int32Array;
}

export function createTreeSpace(maxSamples: number, maxFeatures: number, maxDepth: number): TreeSpace {
  const nodes = 2 * maxSamples - 1; // every split leaves both sides non-empty, so at most one leaf a row
  const local = new Float32Array(maxSamples * maxFeatures);
  return {
    rng: new Uint32Array(4),
    local,
    values: local,
    columnStart: new Float64Array(maxFeatures),
    rows: new Uint32Array(maxSamples),
    rightRows: new Uint32Array(maxSamples),
    column: new Float32Array(maxSamples),
    candidates: new Int32Array(maxFeatures),
    stack: new Int32Array(FRAME * (maxDepth + 2)),
    left: new Int32Array(nodes),
    right: new Int32Array(nodes),
    feature: new Int32Array(nodes),
    threshold: new Float64Array(nodes),
    nodeSamples: new Int32Array(nodes),
  };
}

/**
 * Grows one tree over `count` rows of `space.values` into the node arrays of `space`; returns its number of nodes.
 * Nodes are numbered when they are taken from the stack, left before right: scikit-learn's depth-first order, with
 * every child after its parent.
 */
export function growTree(space: TreeSpace, count: number, maxDepth: number): number {
  const { rows, candidates, stack, left, right, feature, threshold, nodeSamples } = space;
  for (let i = 0; i < count; i++) rows[i] = i;
  for (let c = 0; c < candidates.length; c++) candidates[c] = c;
  let nodeCount = 0;
  let top = push(stack, 0, 0, count, 0, -1, 0, candidates.length);
  while (top > 0) {
    top -= FRAME;
    const from = stack[top];
    const to = stack[top + 1];
    const depth = stack[top + 2];
    const parent = stack[top + 3];
    const isRight = stack[top + 4];
    const node = nodeCount++;
    if (parent >= 0) {
      if (isRight === 1) right[parent] = node;
      else left[parent] = node;
    }
    nodeSamples[node] = to - from;
    const live = depth < maxDepth && to - from > 1 ? chooseColumn(space, from, to, stack[top + 5]) : 0;
    if (live === 0) {
      left[node] = LEAF_CHILD;
      right[node] = LEAF_CHILD;
      feature[node] = LEAF_FEATURE;
      threshold[node] = LEAF_THRESHOLD;
      continue;
    }
    const { chosen, split } = choice;
    feature[node] = chosen;
    threshold[node] = split;
    const middle = partition(space, from, to, split);
    top = push(stack, top, middle, to, depth + 1, node, 1, live);
    top = push(stack, top, from, middle, depth + 1, node, 0, live);
  }
  return nodeCount;
}

function push(
  stack: Int32Array,
  top: number,
  from: number,
  to: number,
  depth: number,
  parent: number,
  isRight: number,
  live: number,
): number {
  stack[top] = from;
  stack[top + 1] = to;
  stack[top + 2] = depth;
  stack[top + 3] = parent;
  stack[top + 4] = isRight;
  stack[top + 5] = live;
  return top + FRAME;
}

/** Second and third result of `chooseColumn`; one object for the module, so that no node allocates. */
const choice = { chosen: 0, split: 0 };

/**
 * Draws columns without replacement until one varies within rows [from, to) and draws its threshold.
 *
 * Columns found constant move behind `live`. They are constant in every descendant too, so children start with the
 * smaller `live` and never look at them again; a sibling's larger `live` still covers the same set, because
 * descendants only swap within their own part of `candidates`.
 *
 * @returns number of columns that may still vary (the children's `live`), or 0 when none does.
 */
function chooseColumn(space: TreeSpace, from: number, to: number, live: number): number {
  const { rng, candidates, columnStart, rows, values, column } = space;
  while (live > 0) {
    const drawn = nextBelow(rng, live);
    const candidate = candidates[drawn];
    const start = columnStart[candidate];
    let low = values[start + rows[from]];
    let high = low;
    column[from] = low;
    for (let i = from + 1; i < to; i++) {
      const value = values[start + rows[i]];
      column[i] = value;
      if (value < low) low = value;
      else if (value > high) high = value;
    }
    if (high > low + FEATURE_THRESHOLD) {
      choice.chosen = candidate;
      choice.split = drawThreshold(rng, low, high);
      return live;
    }
    live--;
    candidates[drawn] = candidates[live];
    candidates[live] = candidate;
  }
  return 0;
}

/**
 * Uniform in [low, high), rounded DOWN to float32. For float32 x, `x <= t` and `x <= floor32(t)` are the same, and a
 * float32 threshold means the same in a pickle (float64), in our kernels and in an ONNX graph (float32).
 * low <= result < high, so that neither side of the split is empty.
 */
function drawThreshold(rng: RngState, low: number, high: number): number {
  const drawn = low + nextFloat(rng) * (high - low);
  // `+ 0` turns -0 into 0: which of the two zeros the scan met first must not show in the file.
  return (drawn < high ? floorToFloat32(drawn) : low) + 0;
}

/**
 * Stable partition of rows [from, to) by `column <= split`; returns where the right side begins. Stable, because rows
 * that stay in ascending order are read from memory in order: at psi = 100,000 that is what the time goes into.
 */
function partition(space: TreeSpace, from: number, to: number, split: number): number {
  const { rows, rightRows, column } = space;
  let kept = from;
  let moved = 0;
  for (let i = from; i < to; i++) {
    const row = rows[i];
    // Both are written and one index advances: no branch for the processor to mispredict.
    const goesLeft = column[i] <= split ? 1 : 0;
    rows[kept] = row;
    rightRows[moved] = row;
    kept += goesLeft;
    moved += 1 - goesLeft;
  }
  for (let i = 0; i < moved; i++) rows[kept + i] = rightRows[i];
  return kept;
}
