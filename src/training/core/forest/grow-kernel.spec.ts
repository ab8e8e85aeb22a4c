import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forestKernels } from '../../../../test/support/forest-kernel.js';
import { plantedAnomalies } from '../../../../test/support/planted-anomalies.js';
import { encodeForest } from './codec.js';
import { depthLimit, type ResolvedForestParams } from './forest-params.js';
import { createKernelGrower } from './grow-kernel.js';
import { growTrees } from './grow.js';

const newKernel = await forestKernels();

function paramsFor(change: Partial<ResolvedForestParams>): ResolvedForestParams {
  const maxSamples = change.maxSamples ?? 256;
  return {
    nEstimators: 10,
    maxFeatures: 1,
    bootstrap: false,
    seed: 3,
    contamination: 'auto',
    warnings: [],
    maxDepth: depthLimit(maxSamples),
    ...change,
    maxSamples,
  };
}

function expectSameTrees(
  x: Float32Array,
  rows: number,
  columns: number,
  params: ResolvedForestParams,
  from = 0,
  to = 5,
): void {
  const compiled = growTrees(x, rows, columns, params, from, to, (...matrix) =>
    createKernelGrower(newKernel(), ...matrix),
  );
  expect(encodeForest(compiled)).toEqual(encodeForest(growTrees(x, rows, columns, params, from, to)));
}

/** Values that hurt: coarse float32 steps, both zeros, equal ones, ones closer than 1e-7, the largest ones. */
const value = fc.oneof(
  { weight: 4, arbitrary: fc.float({ min: -10, max: 10, noNaN: true }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(0, -0, 1, 1e9, 1e9 + 64, -1e9, 3.4e38, -3.4e38, 1e-8, 2e-8, 1e-40, -1e-45),
  },
);

describe('the compiled grower gives the same nodes', () => {
  it('on any values, any share of rows and columns, drawn with or without repeats', () => {
    const drawn = fc
      .record({
        rows: fc.integer({ min: 1, max: 70 }),
        columns: fc.integer({ min: 1, max: 6 }),
        seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        bootstrap: fc.boolean(),
      })
      .chain((shape) =>
        fc.record({
          shape: fc.constant(shape),
          maxSamples: fc.oneof(fc.constant(shape.rows), fc.integer({ min: 1, max: shape.rows })),
          maxFeatures: fc.oneof(fc.constant(shape.columns), fc.integer({ min: 1, max: shape.columns })),
          x: fc
            .array(value, { minLength: shape.rows * shape.columns, maxLength: shape.rows * shape.columns })
            .map((values) => Float32Array.from(values)),
        }),
      );
    fc.assert(
      fc.property(drawn, ({ shape: { rows, columns, seed, bootstrap }, maxSamples, maxFeatures, x }) => {
        expectSameTrees(x, rows, columns, paramsFor({ maxSamples, maxFeatures, seed, bootstrap }));
      }),
      { seed: 20_240_603, numRuns: 200 },
    );
  });

  // 300 columns of 4,000 rows: at most 54 rows are gathered, the nodes above read the matrix turned into columns.
  it.each([
    ['all rows and columns', { maxSamples: 4000, maxFeatures: 300 }],
    ['all rows, some columns', { maxSamples: 4000, maxFeatures: 77 }],
    ['some rows, all columns', { maxSamples: 1500, maxFeatures: 300 }],
    ['some rows and columns', { maxSamples: 1500, maxFeatures: 78 }],
    ['rows drawn with repeats', { maxSamples: 4000, maxFeatures: 150, bootstrap: true }],
    ['few rows', { maxSamples: 50, maxFeatures: 300 }],
  ])('on a large matrix: %s', (_what, change) => {
    const { x, rows, columns } = plantedAnomalies(21, 4000, 300);
    for (let i = 0; i < x.length; i += columns) x[i + 7] = i % 3 === 0 ? -0 : 0;
    expectSameTrees(x, rows, columns, paramsFor(change), 2, 4);
  });

  it('on columns that are constant in a part of the rows only', () => {
    const rows = 3000;
    const x = Float32Array.from({ length: rows * 9 }, (_, i) => {
      const row = Math.floor(i / 9);
      return i % 9 < 8 ? Math.floor(row / 2 ** ((i % 9) + 4)) : row * row;
    });
    expectSameTrees(x, rows, 9, paramsFor({ maxSamples: rows, maxFeatures: 9, maxDepth: 40 }));
  });
});

describe('the compiled grower refuses a value that is not a number and says where', () => {
  const { x, rows, columns } = plantedAnomalies(22, 200, 4);

  it.each([
    ['all rows and columns', { maxSamples: 200, maxFeatures: 4 }],
    ['some rows', { maxSamples: 199, maxFeatures: 4 }],
    ['some rows and columns', { maxSamples: 199, maxFeatures: 3 }],
  ])('%s', (_what, change) => {
    const broken = x.slice();
    broken[4 * 17 + 3] = NaN;
    expect(() => {
      expectSameTrees(broken, rows, columns, paramsFor(change), 0, 30);
    }).toThrow('Training row 17, column 3 is NaN');
  });
});
