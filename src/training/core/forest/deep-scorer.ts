import { floorToFloat32 } from './floor-to-float32.js';
import type { Forest } from './forest.js';
import type { PlacedForest, ScoreKernelExports } from './placed-forest.js';
import { BLOCK_ROWS, MemoryPlan, takeBlock, turnedBytes } from './score-memory.js';
import { assertFinite, leafPathLength, scoreDenominator, toScore } from './score.js';

/** Blocks of rows that pass one tree before the next tree is fetched: both stay in the second-level cache. */
const BLOCKS_TOGETHER = 8;
/** Bytes of a node, see assembly/deep.ts. */
const NODE_BYTES = 16;

/**
 * Puts a forest of trees of any depth into the kernel's memory, to walk them.
 *
 * @returns null when the forest is too large.
 */
export function placeDeepForest(kernel: ScoreKernelExports, forest: Forest): PlacedForest | null {
  const columns = forest.featureCount;
  const nodeCount = forest.treeStart[forest.treeCount];
  const plan = new MemoryPlan(kernel.heapBase());
  const block = takeBlock(plan, columns);
  const turned = plan.take(turnedBytes(columns) * BLOCKS_TOGETHER);
  const sumsAt = plan.take(BLOCK_ROWS * BLOCKS_TOGETHER * 8);
  const nodesAt = plan.take(nodeCount * NODE_BYTES);
  const valuesAt = plan.take(nodeCount * 8);
  if (!plan.fill(kernel.memory)) return null;
  const { buffer } = kernel.memory;
  const levels = writeTrees(forest, buffer, nodesAt, valuesAt);
  const raw = new Float32Array(buffer, block.raw, BLOCK_ROWS * columns);
  const sums = new Float64Array(buffer, sumsAt, BLOCK_ROWS * BLOCKS_TOGETHER);
  const denominator = scoreDenominator(forest);
  const blockRows = BLOCK_ROWS * BLOCKS_TOGETHER;
  return {
    blockRows,
    scoreBlock: (x, out, start, end) => {
      for (let from = start; from < end; from += BLOCK_ROWS) {
        const to = Math.min(from + BLOCK_ROWS, end);
        raw.set(x.subarray(from * columns, to * columns));
        const place = turned + ((from - start) / BLOCK_ROWS) * turnedBytes(columns);
        if (kernel.turn(block.raw, to - from, columns, place) === 0) assertFinite(x, columns, from, to);
      }
      sums.fill(0);
      for (let tree = 0; tree < forest.treeCount; tree++) {
        const root = nodesAt + forest.treeStart[tree] * NODE_BYTES;
        for (let from = 0, place = turned; from < end - start; from += BLOCK_ROWS) {
          const rows = Math.min(BLOCK_ROWS, end - start - from);
          kernel.addDeepTree(root, levels[tree], place, rows, valuesAt, sumsAt + from * 8);
          place += turnedBytes(columns);
        }
      }
      for (let row = start; row < end; row++) out[row] = toScore(sums[row - start], denominator);
    },
  };
}

/**
 * Writes the nodes as the kernel reads them, children side by side and each subtree in one piece: the lower a row
 * comes, the closer together is what it reads.
 *
 * @returns levels of splits of each tree
 */
function writeTrees(forest: Forest, buffer: ArrayBuffer, nodesAt: number, valuesAt: number): Int32Array {
  const { treeCount, treeStart, treeFeatures, maxFeatures, left, right, feature } = forest;
  const nodeCount = treeStart[treeCount];
  const words = new Uint32Array(buffer, nodesAt, nodeCount * 4);
  const floats = new Float32Array(buffer, nodesAt, nodeCount * 4);
  const values = new Float64Array(buffer, valuesAt, nodeCount);
  const levels = new Int32Array(treeCount);
  // Node, place and depth of what is still to be written; at most one right sibling a level waits.
  const stack: number[] = [];
  for (let tree = 0; tree < treeCount; tree++) {
    const root = treeStart[tree];
    let free = root + 1;
    stack.push(root, root, 0);
    while (stack.length > 0) {
      const depth = stack.pop() ?? 0;
      const place = stack.pop() ?? 0;
      const node = stack.pop() ?? 0;
      levels[tree] = Math.max(levels[tree], depth);
      const word = place * 4;
      if (left[node] < 0) {
        floats[word] = Infinity;
        words[word + 2] = nodesAt + place * NODE_BYTES;
        words[word + 3] = place * 8;
        values[place] = leafPathLength(depth + 1, forest.nodeSamples[node]);
        continue;
      }
      const column = treeFeatures[tree * maxFeatures + feature[node]];
      floats[word] = floorToFloat32(forest.threshold[node]);
      words[word + 1] = column * BLOCK_ROWS * 4;
      words[word + 2] = nodesAt + free * NODE_BYTES;
      stack.push(root + right[node], free + 1, depth + 1, root + left[node], free, depth + 1);
      free += 2;
    }
  }
  return levels;
}
