import { ZstdFault } from './zstd-fault.js';

/**
 * Decoding table of a finite state entropy code (RFC 8878, section 4.1): state -> symbol, bits to read, base of the
 * next state.
 */
export class FseTable {
  readonly symbol: Uint8Array;
  readonly bits: Uint8Array;
  readonly base: Uint16Array;
  /** log2 of the number of states in use. */
  accuracyLog = 0;

  constructor(readonly maxAccuracyLog: number) {
    const states = 1 << maxAccuracyLog;
    this.symbol = new Uint8Array(states);
    this.bits = new Uint8Array(states);
    this.base = new Uint16Array(states);
  }

  /** One symbol that takes no bits (RLE mode). */
  setSingle(symbol: number): void {
    this.accuracyLog = 0;
    this.symbol[0] = symbol;
    this.bits[0] = 0;
    this.base[0] = 0;
  }

  /** Builds the table from normalised probabilities (section 4.1.1); -1 stands for "less than one". */
  setProbabilities(probabilities: Int16Array, symbols: number, accuracyLog: number): void {
    const size = 1 << accuracyLog;
    const next = NEXT_STATE;
    this.accuracyLog = accuracyLog;
    let high = size - 1;
    for (let symbol = 0; symbol < symbols; symbol++) {
      next[symbol] = probabilities[symbol];
      if (probabilities[symbol] !== -1) continue;
      this.symbol[high--] = symbol;
      next[symbol] = 1;
    }
    const step = (size >> 1) + (size >> 3) + 3;
    let position = 0;
    for (let symbol = 0; symbol < symbols; symbol++) {
      for (let i = 0; i < probabilities[symbol]; i++) {
        this.symbol[position] = symbol;
        do position = (position + step) & (size - 1);
        while (position > high);
      }
    }
    if (position !== 0) throw new ZstdFault('bad table of probabilities');
    for (let state = 0; state < size; state++) {
      const count = next[this.symbol[state]]++;
      const bits = accuracyLog - (31 - Math.clz32(count));
      this.bits[state] = bits;
      this.base[state] = (count << bits) - size;
    }
  }

  /**
   * Reads a table description (section 4.1.1) from data[at, end); the position behind it.
   *
   * @throws ZstdFault
   */
  read(data: Uint8Array, at: number, end: number, maxSymbol: number): number {
    const accuracyLog = (data[at] & 15) + 5;
    if (at >= end || accuracyLog > this.maxAccuracyLog) throw new ZstdFault('bad table description');
    const probabilities = PROBABILITIES;
    let bit = at * 8 + 4;
    let remaining = 1 << accuracyLog;
    let symbol = 0;
    while (remaining > 0) {
      if (symbol > maxSymbol || bit > end * 8) throw new ZstdFault('bad table description');
      const bits = 32 - Math.clz32(remaining + 1);
      // Values below `short` are written with one bit less.
      const short = (1 << bits) - 2 - remaining;
      const word = bitsAt(data, bit);
      let value = word & ((1 << (bits - 1)) - 1);
      if (value < short) bit += bits - 1;
      else {
        value = word & ((1 << bits) - 1);
        if (value >= 1 << (bits - 1)) value -= short;
        bit += bits;
      }
      const probability = value - 1;
      remaining -= Math.abs(probability);
      probabilities[symbol++] = probability;
      if (probability !== 0) continue;
      for (let repeat = 3; repeat === 3; bit += 2) {
        repeat = bitsAt(data, bit) & 3;
        if (symbol + repeat > maxSymbol + 1 || bit > end * 8) throw new ZstdFault('bad table description');
        for (let i = 0; i < repeat; i++) probabilities[symbol++] = 0;
      }
    }
    const behind = (bit + 7) >> 3;
    if (remaining < 0 || behind > end) throw new ZstdFault('bad table description');
    this.setProbabilities(probabilities, symbol, accuracyLog);
    return behind;
  }
}

/** Scratch space of the thread: a table is built in one go. */
const NEXT_STATE = new Uint16Array(256);
const PROBABILITIES = new Int16Array(256 + 4);

/** At least 17 bits from bit position `bit` on, lowest first. */
function bitsAt(data: Uint8Array, bit: number): number {
  const at = bit >> 3;
  return (data[at] | (data[at + 1] << 8) | (data[at + 2] << 16)) >>> (bit & 7);
}
