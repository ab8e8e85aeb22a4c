import { AppError } from '../../shared/errors.js';
import { temporalSplit, type TimeRange } from '../../training/core/split.js';

/** One fold: a model of the past is judged on the block that follows it. */
export interface RollingFold {
  readonly train: Int32Array;
  readonly test: Int32Array;
  readonly trainRange: TimeRange;
  readonly testRange: TimeRange;
}

export interface RollingOptions {
  readonly folds: number;
  readonly gapWindows: number;
  readonly windowSeconds: number;
  readonly strideSeconds: number;
}

/** A forest of fewer rows than this, or figures on fewer, would say something about chance. */
const MIN_TRAIN_ROWS = 256;
const MIN_TEST_ROWS = 64;

/** Row at which each of `parts` equal stretches of time slots ends; the rows of a slot stay together. */
function blockEnds(startMs: Float64Array, parts: number): number[] {
  const firstRows: number[] = [];
  for (let row = 0; row < startMs.length; row++) {
    if (row === 0 || startMs[row] !== startMs[row - 1]) firstRows.push(row);
  }
  firstRows.push(startMs.length);
  const slots = firstRows.length - 1;
  return Array.from({ length: parts }, (_, i) => firstRows[Math.round((slots * (i + 1)) / parts)]);
}

/**
 * Rolling-origin cross-validation (Tashman 2000): the span is cut into `folds` + 1 blocks of time; fold i trains on the
 * blocks before block i + 1 and is judged on it, with the gap of the split between them. No fold sees its future.
 *
 * @param startMs row -> window start, ascending; the rows of the test part of the split are not among them
 * @returns in time order; folds that would be too small to say anything are left out
 */
export function rollingFolds(startMs: Float64Array, options: RollingOptions): RollingFold[] {
  const { folds, gapWindows, windowSeconds, strideSeconds } = options;
  const ends = blockEnds(startMs, folds + 1);
  const split = { gapWindows, windowSeconds, strideSeconds, validationSize: 0 };
  return ends.slice(1).flatMap((end, i): RollingFold[] => {
    try {
      const parts = temporalSplit(startMs.subarray(0, end), { ...split, testSize: 1 / (i + 2) });
      const { train, test, trainRange, testRange } = parts;
      if (train.length < MIN_TRAIN_ROWS || test.length < MIN_TEST_ROWS) return [];
      return [{ train, test, trainRange, testRange }];
    } catch (error) {
      if (error instanceof AppError && error.code === 'not_enough_data') return [];
      throw error;
    }
  });
}
