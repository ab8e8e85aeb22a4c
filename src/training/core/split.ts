import { AppError } from '../../shared/errors.js';

export interface SplitOptions {
  /** Share of the time slots, [0, 1); 0 = no such part. */
  readonly validationSize: number;
  /** Share of the time slots, [0, 1); 0 = no such part. */
  readonly testSize: number;
  /** Width of the gap between two parts, in windows. */
  readonly gapWindows: number;
  readonly windowSeconds: number;
  readonly strideSeconds: number;
}

/** [fromMs, toMs): from the first window's start to the last window's end; both NaN when the part is empty. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Row numbers of each part, ascending. Rows in none of the three touch a gap. */
export interface TemporalSplit {
  readonly train: Int32Array;
  readonly validation: Int32Array;
  readonly test: Int32Array;
  readonly trainRange: TimeRange;
  readonly validationRange: TimeRange;
  readonly testRange: TimeRange;
  /** Time slots (distinct window starts) before splitting. */
  readonly slotCount: number;
  /** Rows dropped because their window touches a gap. */
  readonly droppedRows: number;
}

/** A part as slot numbers [from, to). */
interface SlotRange {
  readonly from: number;
  readonly to: number;
}

/** Distinct values of a sorted array, with the row where each begins (one more entry: the row count). */
function timeSlots(startMs: Float64Array): { starts: Float64Array; firstRow: Int32Array } {
  const starts: number[] = [];
  const firstRow: number[] = [];
  for (let row = 0; row < startMs.length; row++) {
    if (row > 0 && startMs[row] < startMs[row - 1]) {
      throw new AppError('internal', `Rows are not in time order: row ${row} starts before row ${row - 1}.`);
    }
    if (row === 0 || startMs[row] !== startMs[row - 1]) {
      starts.push(startMs[row]);
      firstRow.push(row);
    }
  }
  firstRow.push(startMs.length);
  return { starts: Float64Array.from(starts), firstRow: Int32Array.from(firstRow) };
}

function checkOptions(options: SplitOptions): void {
  const { validationSize, testSize, gapWindows, windowSeconds, strideSeconds } = options;
  const share = (value: number): boolean => value >= 0 && value < 1;
  const ok =
    share(validationSize) &&
    share(testSize) &&
    validationSize + testSize < 1 &&
    Number.isInteger(gapWindows) &&
    gapWindows >= 0 &&
    windowSeconds > 0 &&
    strideSeconds > 0;
  if (ok) return;
  throw new AppError(
    'config_invalid',
    `The split needs shares in [0, 1) with a sum below 1 and positive windows; got validation_size ` +
      `${validationSize}, test_size ${testSize}, gap ${gapWindows}, window ${windowSeconds} s, stride ${strideSeconds} s.`,
    { hint: 'Correct training.validation_size and training.test_size.' },
  );
}

/** How many leading slots end at or before `time`. */
function slotsEndingBy(starts: Float64Array, windowMs: number, time: number): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (starts[middle] + windowMs <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

function tooShort(part: string, slotCount: number, options: SplitOptions): AppError {
  const needed = slotsNeeded(options);
  return new AppError(
    'not_enough_data',
    `The ${part} part of the split would be empty: the data has ${slotCount} time slots, ` +
      `about ${needed} are needed for validation_size ${options.validationSize} and test_size ${options.testSize}.`,
    {
      hint: `Export at least ${Math.max(1, needed - slotCount)} more windows of ${options.windowSeconds} s, or make the parts smaller.`,
      details: { part, slots: slotCount, slots_needed: needed },
    },
  );
}

/** Smallest slot count for which no part is empty (a hint, not a border: found by counting up). */
function slotsNeeded(options: SplitOptions): number {
  const { validationSize, testSize, gapWindows, windowSeconds, strideSeconds } = options;
  const parts = Number(validationSize > 0) + Number(testSize > 0);
  // A gap also swallows the slots whose windows reach into it.
  const perGap = Math.ceil(((gapWindows + 1) * windowSeconds) / strideSeconds) - 1;
  for (let slots = 1; slots < 10_000; slots++) {
    const validation = Math.round(slots * validationSize);
    const test = Math.round(slots * testSize);
    const enough = (validationSize === 0 || validation > 0) && (testSize === 0 || test > 0);
    if (enough && slots - validation - test - parts * perGap >= 1) return slots;
  }
  return 10_000;
}

/**
 * Splits rows by time into train | gap | validation | gap | test. All rows of one slot (all devices of one window
 * start) go together; a gap is an open stretch of `gapWindows` window lengths that no used window touches, so
 * overlapping windows (stride < length) never straddle a border. The shares count slots; the gaps are taken from
 * the training part, because it is the largest and the two others must keep the size that was asked for.
 *
 * @param startMs row -> window start, ms since the epoch; ascending (rows ordered by time), length n
 * @throws AppError not_enough_data when a part with a positive share would be empty
 */
export function temporalSplit(startMs: Float64Array, options: SplitOptions): TemporalSplit {
  checkOptions(options);
  const { starts, firstRow } = timeSlots(startMs);
  const slotCount = starts.length;
  const windowMs = options.windowSeconds * 1000;
  const gapMs = options.gapWindows * windowMs;

  // From the end backwards: each part takes its slots from those that end before the gap in front of the next one.
  let available = slotCount;
  const take = (part: string, share: number): SlotRange => {
    if (share === 0) return { from: available, to: available };
    const size = Math.round(slotCount * share);
    const range = { from: available - size, to: available };
    if (size === 0 || range.from < 0) throw tooShort(part, slotCount, options);
    available = slotsEndingBy(starts, windowMs, starts[range.from] - gapMs);
    return range;
  };
  const test = take('test', options.testSize);
  const validation = take('validation', options.validationSize);
  const train = { from: 0, to: available };
  if (train.to <= 0) throw tooShort('training', slotCount, options);

  const rows = (range: SlotRange): Int32Array => {
    const from = firstRow[range.from];
    return Int32Array.from({ length: firstRow[range.to] - from }, (_, i) => from + i);
  };
  const time = (range: SlotRange): TimeRange =>
    range.from === range.to
      ? { fromMs: Number.NaN, toMs: Number.NaN }
      : { fromMs: starts[range.from], toMs: starts[range.to - 1] + windowMs };
  const parts = { train: rows(train), validation: rows(validation), test: rows(test) };
  return {
    ...parts,
    trainRange: time(train),
    validationRange: time(validation),
    testRange: time(test),
    slotCount,
    droppedRows: startMs.length - parts.train.length - parts.validation.length - parts.test.length,
  };
}
