import { averagePathLength } from '../forest/average-path-length.js';
import { floorToFloat32 } from '../forest/floor-to-float32.js';
import type { Forest } from '../forest/forest.js';
import { nodeDepths, leafPathLength } from '../forest/score.js';
import type { Detector } from './detector.js';

/**
 * The version's own Isolation Forest (Liu, Ting, Zhou 2008), for calibration and for the ensemble. It is in forest.bin
 * like every forest, so its model holds nothing. Raw score = -score_samples of scikit-learn.
 */
export const calibratedForest: Detector = {
  type: 'isolation_forest',
  comparable: false,

  fit: (input) => {
    const raw = new Float64Array(input.rows);
    calibratedForest.score({}, input, raw, input.tools);
    return { model: {}, raw };
  },

  score: (_, { x, rows }, out, { forest, engine }) => {
    engine.scoreSamples(forest, x, rows, out);
    for (let row = 0; row < rows; row++) out[row] = -out[row];
  },

  /**
   * Down a tree, each split changes the expected path length of the rows that go the same way (Saabas 2014); the change
   * belongs to the column it splits. Summed over the trees these changes are the path length of the row less the one of an
   * average training row. The row's raw score above the average row's is then shared out in their proportion (a shorter
   * path = a higher contribution), the average row's score in equal parts.
   */
  explain: (_, { x: row }, { forest, engine }) => {
    const changes = pathChanges(forest, row);
    const score = new Float64Array(1);
    engine.scoreSamples(forest, row, 1, score);
    const columns = row.length;
    const pathChange = changes.reduce((sum, change) => sum + change, 0);
    const average = 2 ** -(meanPath(forest) / averageDivisor(forest));
    const above = -score[0] - average;
    return changes.map(
      (change) => average / columns + (pathChange === 0 ? above / columns : (above * change) / pathChange),
    );
  },

  findDamage: () => undefined,
};

const averageDivisor = (forest: Forest): number => averagePathLength(forest.maxSamples) || 1;

/** Mean over the trees of the expected path length of their own rows. */
function meanPath(forest: Forest): number {
  const expected = expectedPaths(forest);
  let sum = 0;
  for (let tree = 0; tree < forest.treeCount; tree++) sum += expected[forest.treeStart[tree]];
  return sum / forest.treeCount;
}

function pathChanges(forest: Forest, row: Float32Array): Float64Array {
  const { treeCount, treeStart, treeFeatures, maxFeatures, feature, threshold, left, right } = forest;
  const expected = expectedPaths(forest);
  const changes = new Float64Array(row.length);
  for (let tree = 0; tree < treeCount; tree++) {
    const root = treeStart[tree];
    for (let node = root; feature[node] >= 0;) {
      const column = treeFeatures[tree * maxFeatures + feature[node]];
      const child = root + (row[column] <= floorToFloat32(threshold[node]) ? left[node] : right[node]);
      changes[column] += (expected[child] - expected[node]) / treeCount;
      node = child;
    }
  }
  return changes;
}

/** Node -> path length of the training rows of its tree that pass it, on average. Children follow their parent. */
function expectedPaths(forest: Forest): Float64Array {
  const { treeCount, treeStart, left, right, feature, nodeSamples } = forest;
  const depth = nodeDepths(forest);
  const expected = new Float64Array(treeStart[treeCount]);
  for (let tree = treeCount - 1; tree >= 0; tree--) {
    const root = treeStart[tree];
    for (let node = treeStart[tree + 1] - 1; node >= root; node--) {
      if (feature[node] < 0) {
        expected[node] = leafPathLength(depth[node], nodeSamples[node]);
        continue;
      }
      const l = root + left[node];
      const r = root + right[node];
      expected[node] = (expected[l] * nodeSamples[l] + expected[r] * nodeSamples[r]) / nodeSamples[node];
    }
  }
  return expected;
}
