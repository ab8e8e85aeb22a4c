import { createRng, hashSeed, nextBelow } from '../../shared/rng.js';
import { AppError } from '../../shared/errors.js';
import type { TemporalSplit } from './split.js';

/** Row numbers of each part, ascending. */
export type RowSplit = Pick<TemporalSplit, 'train' | 'validation' | 'test'>;

export interface ShuffledSplitOptions {
  /** Share of the rows, [0, 1). */
  readonly validationSize: number;
  /** Share of the rows, [0, 1). */
  readonly testSize: number;
  readonly seed: number;
}

/** Hashed into the seed, so that the stream is none of a tree's. */
const STREAM = 0x5117;

/**
 * Splits rows without times at random, because an order that means nothing can still be sorted (by class, by value), and
 * then the last rows are no sample of all. No gap: without overlapping windows there is nothing to straddle a border.
 * Labels play no part.
 *
 * @throws AppError not_enough_data when a part with a positive share would be empty
 */
export function shuffledSplit(rows: number, options: ShuffledSplitOptions): RowSplit {
  const { validationSize, testSize, seed } = options;
  const test = Math.round(rows * testSize);
  const validation = Math.round(rows * validationSize);
  const isEmpty = (testSize > 0 && test === 0) || (validationSize > 0 && validation === 0);
  if (isEmpty || test + validation >= rows) {
    throw new AppError(
      'not_enough_data',
      `A part of the split would be empty: ${rows} rows, validation_size ${validationSize}, test_size ${testSize}.`,
      { hint: 'Give more rows, or correct training.validation_size and training.test_size.' },
    );
  }
  const order = Int32Array.from({ length: rows }, (_, row) => row);
  const rng = createRng(hashSeed(seed, STREAM));
  // Fisher and Yates, as far as rows are held out.
  for (let i = 0; i < test + validation; i++) {
    const j = i + nextBelow(rng, rows - i);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return {
    test: order.slice(0, test).sort(),
    validation: order.slice(test, test + validation).sort(),
    train: order.slice(test + validation).sort(),
  };
}
