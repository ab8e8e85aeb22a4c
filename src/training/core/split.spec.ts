import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../shared/errors.js';
import { temporalSplit, type SplitOptions } from './split.js';

const T0 = Date.UTC(2024, 0, 1);
const OPTIONS: SplitOptions = {
  validationSize: 0.1,
  testSize: 0.2,
  gapWindows: 1,
  windowSeconds: 300,
  strideSeconds: 300,
};

/** `slots` window starts, each once per device, in time order. */
function grid(slots: number, devices: number, strideSeconds = 300): Float64Array {
  return Float64Array.from(
    { length: slots * devices },
    (_, row) => T0 + Math.floor(row / devices) * strideSeconds * 1000,
  );
}

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
  return 'none';
}

describe('split by time', () => {
  it('gives 70 % less two gap windows to training, 10 % to validation, 20 % to test', () => {
    const split = temporalSplit(grid(100, 1), OPTIONS);
    // By hand: test = slots 80-99, gap = slot 79, validation = slots 69-78, gap = slot 68, training = slots 0-67.
    expect([...split.test]).toEqual(Array.from({ length: 20 }, (_, i) => 80 + i));
    expect([...split.validation]).toEqual(Array.from({ length: 10 }, (_, i) => 69 + i));
    expect([...split.train]).toEqual(Array.from({ length: 68 }, (_, i) => i));
    expect(split.droppedRows).toBe(2);
    expect(split.trainRange).toEqual({ fromMs: T0, toMs: T0 + 68 * 300_000 });
    expect(split.testRange).toEqual({ fromMs: T0 + 80 * 300_000, toMs: T0 + 100 * 300_000 });
  });

  it('keeps all devices of a slot together', () => {
    const startMs = grid(50, 7);
    const split = temporalSplit(startMs, OPTIONS);
    const slotsOf = (rows: Int32Array): Set<number> => new Set([...rows].map((row) => startMs[row]));
    for (const rows of [split.train, split.validation, split.test]) {
      expect(rows.length).toBe(slotsOf(rows).size * 7);
    }
  });

  it('drops every window that touches a gap when windows overlap', () => {
    // Stride 60 s, window 300 s: between the last start of a part and the first of the next lie 5 windows' overlap
    // and one gap window, so 9 starts are dropped at each border.
    const startMs = grid(1000, 2, 60);
    const split = temporalSplit(startMs, { ...OPTIONS, strideSeconds: 60 });
    expect(split.validationRange.fromMs - split.trainRange.toMs).toBe(300_000);
    expect(split.testRange.fromMs - split.validationRange.toMs).toBe(300_000);
    expect(split.droppedRows).toBe(2 * 2 * 9);
  });

  it('leaves out a part of size 0 together with its gap', () => {
    const split = temporalSplit(grid(100, 1), { ...OPTIONS, validationSize: 0 });
    expect(split.validation.length).toBe(0);
    expect(split.validationRange.fromMs).toBeNaN();
    expect(split.train.length).toBe(79);
    const all = temporalSplit(grid(10, 1), { ...OPTIONS, validationSize: 0, testSize: 0 });
    expect(all.train.length).toBe(10);
    expect(all.droppedRows).toBe(0);
  });

  it('splits by slots, not by length of time, when the data has a hole', () => {
    const startMs = grid(100, 1);
    for (let row = 90; row < 100; row++) startMs[row] += 30 * 86_400_000;
    const split = temporalSplit(startMs, OPTIONS);
    expect(split.test.length).toBe(20);
    expect(split.train.length).toBe(68);
  });
});

describe('split refuses', () => {
  it('data too short for one of the parts, with the number that is missing', () => {
    expect(codeOf(() => temporalSplit(new Float64Array(0), OPTIONS))).toBe('not_enough_data');
    expect(codeOf(() => temporalSplit(grid(1, 5), OPTIONS))).toBe('not_enough_data');
    expect(codeOf(() => temporalSplit(grid(4, 5), OPTIONS))).toBe('not_enough_data');
    // 6 slots: test 1, gap 1, validation 1, gap 1, training 2.
    expect(temporalSplit(grid(6, 1), OPTIONS).train.length).toBe(2);
    expect(() => temporalSplit(grid(4, 1), OPTIONS)).toThrow(/4 time slots, about 5 are needed/);
  });

  it('shares that leave nothing for training, and rows out of time order', () => {
    expect(
      codeOf(() => temporalSplit(grid(100, 1), { ...OPTIONS, validationSize: 0.5, testSize: 0.5 })),
    ).toBe('config_invalid');
    expect(codeOf(() => temporalSplit(grid(100, 1), { ...OPTIONS, testSize: Number.NaN }))).toBe(
      'config_invalid',
    );
    expect(codeOf(() => temporalSplit(Float64Array.of(2, 1), OPTIONS))).toBe('internal');
  });
});

describe('split properties', () => {
  it('never lets two parts overlap in time, whatever the grid', () => {
    const arbitrary = fc.record({
      slots: fc.integer({ min: 1, max: 400 }),
      devices: fc.integer({ min: 1, max: 4 }),
      stride: fc.constantFrom(30, 60, 150, 300),
      gap: fc.integer({ min: 0, max: 3 }),
      validation: fc.constantFrom(0, 0.05, 0.1, 0.3),
      test: fc.constantFrom(0, 0.1, 0.2, 0.5),
    });
    const property = fc.property(arbitrary, ({ slots, devices, stride, gap, validation, test }) => {
      const startMs = grid(slots, devices, stride);
      const options = {
        ...OPTIONS,
        strideSeconds: stride,
        gapWindows: gap,
        validationSize: validation,
        testSize: test,
      };
      let split;
      try {
        split = temporalSplit(startMs, options);
      } catch (error) {
        return error instanceof AppError && error.code === 'not_enough_data';
      }
      const parts = [split.train, split.validation, split.test].filter((rows) => rows.length > 0);
      for (let i = 1; i < parts.length; i++) {
        const lastEnd = startMs[parts[i - 1][parts[i - 1].length - 1]] + 300_000;
        if (startMs[parts[i][0]] - lastEnd < gap * 300_000) return false;
      }
      const used = parts.reduce((sum, rows) => sum + rows.length, 0);
      return used + split.droppedRows === startMs.length && split.train[0] === 0;
    });
    fc.assert(property, { numRuns: 200, seed: 42 });
  });
});
