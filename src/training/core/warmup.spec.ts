import { describe, expect, it } from 'vitest';
import type { TemporalSplit } from './split.js';
import { afterWarmup } from './warmup.js';

const HOUR = 3_600_000;
const FROM = Date.UTC(2025, 5, 1);

/** Two rows an hour (two devices), the first 8 of 10 parts for training. */
function split(hours: number): { split: TemporalSplit; startMs: Float64Array } {
  const startMs = Float64Array.from({ length: 2 * hours }, (_, row) => FROM + Math.floor(row / 2) * HOUR);
  const rows = (from: number, to: number): Int32Array =>
    Int32Array.from({ length: to - from }, (_, i) => from + i);
  const [trainEnd, end] = [1.6 * hours, 2 * hours];
  const range = (from: number, to: number) => ({ fromMs: startMs[from], toMs: startMs[to - 1] + HOUR });
  return {
    startMs,
    split: {
      train: rows(0, trainEnd),
      validation: rows(0, 0),
      test: rows(trainEnd, end),
      trainRange: range(0, trainEnd),
      validationRange: range(trainEnd, trainEnd + 1),
      testRange: range(trainEnd, end),
      droppedRows: 3,
    } as unknown as TemporalSplit,
  };
}

describe('the hours that warm the features up', () => {
  it('leave the training part, with the rows of both devices, and nothing else moves', () => {
    const { split: whole, startMs } = split(1000);
    const warm = afterWarmup(whole, startMs, 24);
    expect(warm.train[0]).toBe(48);
    expect(startMs[warm.train[0]]).toBe(FROM + 24 * HOUR);
    expect(warm.train).toHaveLength(1600 - 48);
    expect(warm.trainRange).toEqual({ fromMs: FROM + 24 * HOUR, toMs: whole.trainRange.toMs });
    expect(warm.droppedRows).toBe(3 + 48);
    expect(warm.test).toBe(whole.test);
    expect(warm.validation).toBe(whole.validation);
  });

  it('are at most a tenth of a short training part', () => {
    // 100 hours, 80 of them training: 8 of them, not 24.
    const { split: whole, startMs } = split(100);
    expect(startMs[afterWarmup(whole, startMs, 24).train[0]]).toBe(FROM + 8 * HOUR);
  });

  it('are none when none are asked for', () => {
    const { split: whole, startMs } = split(1000);
    expect(afterWarmup(whole, startMs, 0)).toBe(whole);
  });

  it('end with the window that begins at their end, not before', () => {
    const { split: whole, startMs } = split(1000);
    expect(afterWarmup(whole, startMs, 23.5).train[0]).toBe(48);
    expect(afterWarmup(whole, startMs, 23).train[0]).toBe(46);
  });
});
