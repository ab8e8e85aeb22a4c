import { nextBelow } from '../../shared/rng.js';
import { percentileSorted } from '../../shared/stats.js';
import { namedRng } from './shuffle.js';

/** A figure with the range in which it lies when the rows are drawn again. */
export interface BootstrapInterval {
  /** On all rows; null where it is not defined. */
  readonly estimate: number | null;
  /** Null when hardly any draw gives a figure. */
  readonly low: number | null;
  readonly high: number | null;
  /** Share of the draws between `low` and `high`. */
  readonly confidence: number;
  /** Draws that gave a figure. */
  readonly draws: number;
}

export interface BootstrapOptions {
  readonly seed: number;
  /** Default 200. */
  readonly draws?: number;
  /** Default 0.95. */
  readonly confidence?: number;
  /**
   * Row -> block. Rows of one block are drawn together: windows that follow each other are alike, and drawing them
   * one by one makes an interval too narrow (Künsch 1989). Without it each row is a block.
   */
  readonly blocks?: Int32Array;
}

const DEFAULT_DRAWS = 200;
const DEFAULT_CONFIDENCE = 0.95;
/** Fewer defined draws than this say nothing about the tails. */
const MIN_DRAWS = 20;

/** Row numbers of each block, blocks in the order of their first row. */
function rowsOfBlocks(rows: number, blocks: Int32Array | undefined): Int32Array[] {
  if (blocks === undefined) return Array.from({ length: rows }, (_, row) => Int32Array.of(row));
  const found = new Map<number, number[]>();
  for (let row = 0; row < rows; row++) {
    const list = found.get(blocks[row]);
    if (list === undefined) found.set(blocks[row], [row]);
    else list.push(row);
  }
  return Array.from(found.values(), (list) => Int32Array.from(list));
}

/**
 * Percentile bootstrap (Efron 1979): the figure on `draws` samples of as many blocks, drawn with replacement. The draws
 * depend on the seed, the blocks and nothing else, so two models judged with one seed are compared on the same draws.
 *
 * @param rows number of rows
 * @param statistic the figure on the rows named, which may repeat; null where it is not defined
 */
export function bootstrapInterval(
  rows: number,
  statistic: (rowNumbers: Int32Array) => number | null,
  options: BootstrapOptions,
): BootstrapInterval {
  const { seed, draws = DEFAULT_DRAWS, confidence = DEFAULT_CONFIDENCE } = options;
  const blocks = rowsOfBlocks(rows, options.blocks);
  const rng = namedRng(seed, 'bootstrap');
  const figures: number[] = [];
  for (let draw = 0; draw < draws && blocks.length > 0; draw++) {
    const picked = Array.from(blocks, () => blocks[nextBelow(rng, blocks.length)]);
    const rowNumbers = new Int32Array(picked.reduce((sum, block) => sum + block.length, 0));
    let at = 0;
    for (const block of picked) {
      rowNumbers.set(block, at);
      at += block.length;
    }
    const figure = statistic(rowNumbers);
    if (figure !== null && Number.isFinite(figure)) figures.push(figure);
  }
  const all = statistic(Int32Array.from({ length: rows }, (_, row) => row));
  const sorted = Float64Array.from(figures).sort();
  const enough = sorted.length >= MIN_DRAWS;
  const tail = (100 * (1 - confidence)) / 2;
  return {
    estimate: all,
    low: enough ? percentileSorted(sorted, tail) : null,
    high: enough ? percentileSorted(sorted, 100 - tail) : null,
    confidence,
    draws: sorted.length,
  };
}
