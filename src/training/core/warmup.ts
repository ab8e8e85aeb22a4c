import type { TemporalSplit } from './split.js';

const MS_PER_HOUR = 3_600_000;
/** Largest share of the training span that warms up. */
const MAX_SHARE = 0.1;

/**
 * Leaves the first hours out of the training part. Everything is new to a state that is empty: the first client of the
 * day looks like a stranger, and a model that has fitted that takes strangers for normal. A short training part gives at
 * most a tenth of its span.
 *
 * @param startMs row -> window start, ms since the epoch, ascending
 */
export function afterWarmup(split: TemporalSplit, startMs: Float64Array, warmupHours: number): TemporalSplit {
  const { train, trainRange } = split;
  const { fromMs, toMs } = trainRange;
  const until = fromMs + Math.min(warmupHours * MS_PER_HOUR, (toMs - fromMs) * MAX_SHARE);
  const first = train.findIndex((row) => startMs[row] >= until);
  if (first <= 0) return split;
  return {
    ...split,
    train: train.subarray(first),
    trainRange: { fromMs: startMs[train[first]], toMs },
    droppedRows: split.droppedRows + first,
  };
}
