import { FseTable } from './fse-table.js';
import { ZstdFault } from './zstd-fault.js';

const MAX_BITS = 11;

/** Huffman code of the literals (RFC 8878, section 4.2). */
export class HuffmanTable {
  /** Longest code; 0 = no table was read yet. */
  maxBits = 0;
  /** Next `maxBits` bits -> symbol << 8 | length of its code. */
  private readonly entries = new Uint16Array(1 << MAX_BITS);
  private readonly weights = new Uint8Array(256);
  private readonly fse = new FseTable(6);

  /**
   * Reads a tree description from data[at, end); the position behind it.
   *
   * @throws ZstdFault
   */
  read(data: Uint8Array, at: number, end: number): number {
    if (at >= end) throw new ZstdFault('a block is too short');
    const header = data[at++];
    const behind = at + (header < 128 ? header : (header - 126) >> 1);
    if (behind > end) throw new ZstdFault('a block is too short');
    let count: number;
    if (header < 128) count = this.readCompressedWeights(data, at, behind);
    else {
      count = header - 127;
      for (let i = 0; i < count; i++)
        this.weights[i] = i % 2 === 0 ? data[at + (i >> 1)] >> 4 : data[at + (i >> 1)] & 15;
    }
    this.build(count);
    return behind;
  }

  /** Section 4.2.1.2: two states take turns, until one needs bits that are not there. */
  private readCompressedWeights(data: Uint8Array, at: number, end: number): number {
    const { fse, weights } = this;
    const start = fse.read(data, at, end, 255) * 8;
    let bit = streamEnd(data, start >> 3, end);
    const take = (bits: number): number => {
      bit -= bits;
      return backwardBits(data, start, bit) & ((1 << bits) - 1);
    };
    let one = take(fse.accuracyLog);
    let two = take(fse.accuracyLog);
    if (bit < start) throw new ZstdFault('bad Huffman weights');
    for (let count = 0; count < 254;) {
      weights[count++] = fse.symbol[one];
      one = fse.base[one] + take(fse.bits[one]);
      if (bit < start) {
        weights[count++] = fse.symbol[two];
        return count;
      }
      [one, two] = [two, one];
    }
    throw new ZstdFault('bad Huffman weights');
  }

  /** The last weight is not written: it is what makes the sum a power of two. */
  private build(given: number): void {
    const { weights } = this;
    let sum = 0;
    for (let i = 0; i < given; i++) {
      if (weights[i] > MAX_BITS) throw new ZstdFault('bad Huffman weights');
      sum += (1 << weights[i]) >> 1;
    }
    const maxBits = 32 - Math.clz32(sum);
    const rest = (1 << maxBits) - sum;
    if (sum === 0 || maxBits > MAX_BITS || (rest & (rest - 1)) !== 0)
      throw new ZstdFault('bad Huffman weights');
    weights[given] = 32 - Math.clz32(rest);
    this.maxBits = maxBits;
    let at = 0;
    for (let weight = 1; weight <= maxBits; weight++) {
      for (let symbol = 0; symbol <= given; symbol++) {
        if (weights[symbol] !== weight) continue;
        const length = 1 << (weight - 1);
        this.entries.fill((symbol << 8) | (maxBits + 1 - weight), at, at + length);
        at += length;
      }
    }
  }

  /**
   * Decodes the stream data[from, to) into out[at, end), which it must fill exactly.
   *
   * @throws ZstdFault
   */
  decode(data: Uint8Array, from: number, to: number, out: Uint8Array, at: number, end: number): void {
    const { entries, maxBits } = this;
    const start = from * 8;
    const mask = (1 << maxBits) - 1;
    let bit = streamEnd(data, from, to);
    // Two codes have at most 22 bits; a load of 32 bits holds at least 25 useful ones.
    const fastEnd = end - 1;
    while (at < fastEnd && bit - start >= 32) {
      const low = bit - 25;
      const byte = low >> 3;
      const word =
        (data[byte] | (data[byte + 1] << 8) | (data[byte + 2] << 16) | (data[byte + 3] << 24)) >>> (low & 7);
      const first = entries[(word >>> (25 - maxBits)) & mask];
      const used = first & 255;
      const second = entries[(word >>> (25 - maxBits - used)) & mask];
      out[at] = first >> 8;
      out[at + 1] = second >> 8;
      at += 2;
      bit -= used + (second & 255);
    }
    while (at < end) {
      const entry = entries[backwardBits(data, start, bit - maxBits) & mask];
      out[at++] = entry >> 8;
      bit -= entry & 255;
      if (bit < start) throw new ZstdFault('the literals are cut off');
    }
    if (bit !== start) throw new ZstdFault('the literals are too long');
  }
}

/** Bit position behind the last bit of a stream that is read backwards: below its end mark (section 4.1). */
export function streamEnd(data: Uint8Array, from: number, to: number): number {
  const last = to > from ? data[to - 1] : 0;
  if (last === 0) throw new ZstdFault('a bit stream has no end mark');
  return to * 8 - 8 + (31 - Math.clz32(last));
}

/** At least 17 bits from `bit` on; bits below `start` are 0, as the format wants it. */
function backwardBits(data: Uint8Array, start: number, bit: number): number {
  if (bit >= start) {
    const at = bit >> 3;
    return (data[at] | (data[at + 1] << 8) | (data[at + 2] << 16)) >>> (bit & 7);
  }
  const missing = start - bit;
  if (missing > 24) return 0;
  const at = start >> 3;
  return (data[at] | (data[at + 1] << 8) | (data[at + 2] << 16)) << missing;
}
