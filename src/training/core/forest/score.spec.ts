import { describe, expect, it } from 'vitest';
import { plantedAnomalies } from '../../../../test/support/planted-anomalies.js';
import { averagePathLength } from './average-path-length.js';
import { floorToFloat32 } from './floor-to-float32.js';
import { depthLimit } from './forest-params.js';
import type { Forest } from './forest.js';
import { growTrees } from './grow.js';
import { scoreSamples } from './score.js';

const { x, rows, columns } = plantedAnomalies(11, 1100, 5);
const forest = growTrees(
  x,
  rows,
  columns,
  {
    nEstimators: 20,
    maxSamples: 64,
    maxFeatures: 3,
    maxDepth: depthLimit(64),
    bootstrap: false,
    seed: 5,
    contamination: 'auto',
    warnings: [],
  },
  0,
  20,
);

/** scikit-learn's formula, one row at a time, with the float64 thresholds. */
function referenceScore(model: Forest, row: ArrayLike<number>): number {
  let sum = 0;
  for (let tree = 0; tree < model.treeCount; tree++) {
    const root = model.treeStart[tree];
    let node = root;
    let depth = 1;
    while (model.feature[node] >= 0) {
      const column = model.treeFeatures[tree * model.maxFeatures + model.feature[node]];
      node =
        root + (Math.fround(row[column]) <= model.threshold[node] ? model.left[node] : model.right[node]);
      depth++;
    }
    sum += depth + averagePathLength(model.nodeSamples[node]) - 1.0;
  }
  const denominator = model.treeCount * averagePathLength(model.maxSamples);
  return -(2 ** -(denominator === 0 ? 1 : sum / denominator));
}

describe('scoreSamples', () => {
  it('is bit-equal to the formula row by row, over more than one block', () => {
    const out = new Float64Array(rows);
    scoreSamples(forest, x, rows, out);
    for (let row = 0; row < rows; row++) {
      expect(out[row]).toBe(referenceScore(forest, x.subarray(row * columns, (row + 1) * columns)));
    }
  });

  it('is the same for any split of the rows over threads and leaves other rows alone', () => {
    const whole = new Float64Array(rows);
    scoreSamples(forest, x, rows, whole);
    const parts = new Float64Array(rows).fill(7);
    scoreSamples(forest, x, rows, parts, 100, 713);
    expect(parts[99]).toBe(7);
    expect(parts[713]).toBe(7);
    scoreSamples(forest, x, rows, parts, 0, 100);
    scoreSamples(forest, x, rows, parts, 713, rows);
    expect(parts).toEqual(whole);
  });

  it('follows thresholds that are no float32 numbers exactly', () => {
    const third = 1 / 3; // just above float32(1/3) - one step, below float32(1/3)
    const stump: Forest = {
      treeCount: 1,
      featureCount: 1,
      maxFeatures: 1,
      maxSamples: 2,
      treeStart: Int32Array.of(0, 3),
      treeFeatures: Int32Array.of(0),
      left: Int32Array.of(1, -1, -1),
      right: Int32Array.of(2, -1, -1),
      feature: Int32Array.of(0, -2, -2),
      threshold: Float64Array.of(third, -2, -2),
      nodeSamples: Int32Array.of(3, 2, 1),
    };
    // float32(1/3) = 0.3333333432674408 is above 1/3 and goes right: depth 1, one row; left: depth 1 plus c(2) = 1.
    const out = new Float64Array(2);
    scoreSamples(stump, Float32Array.of(1 / 3, 0.33333331), 2, out);
    expect(Array.from(out)).toEqual([-0.5, -0.25]);
  });

  it('gives -0.5 when trees have one row', () => {
    const tiny = growTrees(
      x,
      rows,
      columns,
      {
        nEstimators: 3,
        maxSamples: 1,
        maxFeatures: 5,
        maxDepth: 1,
        bootstrap: false,
        seed: 0,
        contamination: 'auto',
        warnings: [],
      },
      0,
      3,
    );
    const out = new Float64Array(rows);
    scoreSamples(tiny, x, rows, out);
    expect(out.every((score) => score === -0.5)).toBe(true);
  });

  it.each([NaN, Infinity, -Infinity])('refuses %d and says where', (bad) => {
    const broken = x.slice();
    broken[700 * columns + 2] = bad;
    expect(() => {
      scoreSamples(forest, broken, rows, new Float64Array(rows));
    }).toThrow('Row 700, column 2');
  });

  it('refuses a matrix or an output that is too short', () => {
    expect(() => {
      scoreSamples(forest, x, rows + 1, new Float64Array(rows + 1));
    }).toThrow('Cannot score');
    expect(() => {
      scoreSamples(forest, x, rows, new Float64Array(rows - 1));
    }).toThrow('Cannot score');
  });
});

describe('floorToFloat32', () => {
  it.each([
    [0.1, 0.09999999403953552],
    [1 / 3, 0.3333333134651184],
    [-0.1, -0.10000000149011612],
    [1, 1],
    [0, 0],
    [-1e-60, -1.401298464324817e-45],
    [1e-60, 0],
    [-2.5, -2.5],
    [16777217, 16777216],
  ])('of %d is %d', (value, expected) => {
    expect(floorToFloat32(value)).toBe(expected);
    expect(Math.fround(floorToFloat32(value))).toBe(expected);
  });
});
