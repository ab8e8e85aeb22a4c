import { FseTable } from './fse-table.js';

/** A code of RFC 8878, section 3.1.1.3.2.1.1: value = base + extra bits. */
export interface SequenceCode {
  readonly maxSymbol: number;
  readonly maxAccuracyLog: number;
  readonly base: Int32Array;
  readonly extraBits: Uint8Array;
  /** Section 3.1.1.3.2.2. */
  readonly predefined: FseTable;
}

/** Codes 0 .. bits.length - 1 whose values follow one another without a gap. */
function sequenceCode(
  first: number,
  bits: readonly number[],
  probabilities: readonly number[],
  accuracyLog: number,
  maxAccuracyLog: number,
): SequenceCode {
  const base = new Int32Array(bits.length);
  for (let i = 0, value = first; i < bits.length; value += 2 ** bits[i], i++) base[i] = value;
  const predefined = new FseTable(accuracyLog);
  predefined.setProbabilities(Int16Array.from(probabilities), probabilities.length, accuracyLog);
  return {
    maxSymbol: bits.length - 1,
    maxAccuracyLog,
    base,
    extraBits: Uint8Array.from(bits),
    predefined,
  };
}

const repeat = (value: number, times: number): number[] => new Array<number>(times).fill(value);

const LITERAL_LENGTH_BITS = [
  ...repeat(0, 16),
  1,
  1,
  1,
  1,
  2,
  2,
  3,
  3,
  4,
  6,
  7,
  8,
  9,
  10,
  11,
  12,
  13,
  14,
  15,
  16,
];
const MATCH_LENGTH_BITS = [
  ...repeat(0, 32),
  ...[1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
];
// prettier-ignore
const LITERAL_LENGTH_PROBABILITIES = [
  4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1,
];
// prettier-ignore
const MATCH_LENGTH_PROBABILITIES = [
  1, 4, 3, 2, 2, 2, 2, 2, 2, ...repeat(1, 37), -1, -1, -1, -1, -1, -1, -1,
];
// prettier-ignore
const OFFSET_PROBABILITIES = [
  1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1,
];

export const SEQUENCE_CODES = {
  literalLength: sequenceCode(0, LITERAL_LENGTH_BITS, LITERAL_LENGTH_PROBABILITIES, 6, 9),
  matchLength: sequenceCode(3, MATCH_LENGTH_BITS, MATCH_LENGTH_PROBABILITIES, 6, 9),
  /** Its symbol is the number of extra bits itself; base is not used. */
  offset: sequenceCode(0, repeat(0, 32), OFFSET_PROBABILITIES, 5, 8),
} as const satisfies Readonly<Record<string, SequenceCode>>;
