import { describe, expect, it } from 'vitest';
import { mean } from '../../shared/stats.js';
import { createRng } from '../../shared/rng.js';
import { normalNumber } from '../../../test/support/evaluation-scenario.js';
import { bootstrapInterval } from './bootstrap.js';

const rng = createRng(11);
const VALUES = Float64Array.from({ length: 400 }, () => normalNumber(rng));
const meanOf = (values: Float64Array) => (rows: Int32Array) => mean(Array.from(rows, (row) => values[row]));

describe('a bootstrap interval', () => {
  it('of a mean of 400 normal numbers is about +-1.96/20 wide', () => {
    const { low, high, estimate, draws } = bootstrapInterval(400, meanOf(VALUES), { seed: 1, draws: 500 });
    expect(draws).toBe(500);
    expect(estimate).toBe(mean(VALUES));
    expect(high! - low!).toBeGreaterThan(0.15);
    expect(high! - low!).toBeLessThan(0.25);
    expect(low).toBeLessThan(estimate!);
    expect(high).toBeGreaterThan(estimate!);
  });

  it('is the same for the same seed and another one for another seed', () => {
    const at = (seed: number) => bootstrapInterval(400, meanOf(VALUES), { seed });
    expect(at(1)).toEqual(at(1));
    expect(at(1).low).not.toBe(at(2).low);
  });

  it('is wider when rows that repeat each other are drawn as one block', () => {
    // Every value ten times: 40 different ones, not 400.
    const repeated = VALUES.map((_, row) => VALUES[Math.floor(row / 10)]);
    const blocks = Int32Array.from(repeated, (_, row) => Math.floor(row / 10));
    const single = bootstrapInterval(400, meanOf(repeated), { seed: 1 });
    const block = bootstrapInterval(400, meanOf(repeated), { seed: 1, blocks });
    expect(block.high! - block.low!).toBeGreaterThan(2 * (single.high! - single.low!));
  });

  it('has no borders when the figure is hardly ever defined', () => {
    expect(bootstrapInterval(10, () => null, { seed: 1 })).toEqual({
      estimate: null,
      low: null,
      high: null,
      confidence: 0.95,
      draws: 0,
    });
  });
});
