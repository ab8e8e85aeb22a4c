/**
 * XXH64 with seed 0 (xxHash specification, section "XXH64"), of which zstd keeps the lowest 32 bits as checksum of a
 * frame. 64-bit numbers are pairs of 32-bit halves: BigInt would be slower than the decompression itself.
 */
export class Xxh64 {
  /** Four accumulators: low half, high half. */
  private readonly lanes = new Int32Array(8);
  private readonly block = new Uint8Array(32);
  private blockLength = 0;
  private total = 0;
  private low = 0;
  private high = 0;

  constructor() {
    this.reset();
  }

  reset(): void {
    this.lanes.set(INITIAL);
    this.blockLength = 0;
    this.total = 0;
  }

  update(data: Uint8Array): void {
    this.total += data.length;
    let at = 0;
    if (this.blockLength > 0) {
      at = Math.min(32 - this.blockLength, data.length);
      this.block.set(data.subarray(0, at), this.blockLength);
      this.blockLength += at;
      if (this.blockLength < 32) return;
      this.stripes(this.block, 0, 32);
      this.blockLength = 0;
    }
    const end = at + Math.floor((data.length - at) / 32) * 32;
    this.stripes(data, at, end);
    this.block.set(data.subarray(end), 0);
    this.blockLength = data.length - end;
  }

  /** Lowest 32 bits of the hash of everything so far. */
  digest32(): number {
    const { lanes, block, blockLength } = this;
    if (this.total >= 32) {
      this.low = 0;
      this.high = 0;
      for (let lane = 0; lane < 4; lane++)
        this.addRotated(lanes[2 * lane], lanes[2 * lane + 1], ROTATE[lane]);
      for (let lane = 0; lane < 4; lane++) {
        const { low, high } = this;
        this.round(lanes[2 * lane], lanes[2 * lane + 1]);
        this.low ^= low;
        this.high ^= high;
        this.multiply(P1L, P1H);
        this.add(P4L, P4H);
      }
    } else this.set(P5L, P5H);
    this.add(this.total | 0, Math.floor(this.total / 2 ** 32));
    let at = 0;
    for (; at + 8 <= blockLength; at += 8) {
      const { low, high } = this;
      this.round(word(block, at), word(block, at + 4));
      this.low ^= low;
      this.high ^= high;
      this.rotate(27);
      this.multiply(P1L, P1H);
      this.add(P4L, P4H);
    }
    if (at + 4 <= blockLength) {
      const { low, high } = this;
      this.set(word(block, at), 0);
      this.multiply(P1L, P1H);
      this.low ^= low;
      this.high ^= high;
      this.rotate(23);
      this.multiply(P2L, P2H);
      this.add(P3L, P3H);
      at += 4;
    }
    for (; at < blockLength; at++) {
      const { low, high } = this;
      this.set(block[at], 0);
      this.multiply(P5L, P5H);
      this.low ^= low;
      this.high ^= high;
      this.rotate(11);
      this.multiply(P1L, P1H);
    }
    this.avalanche();
    return this.low >>> 0;
  }

  private avalanche(): void {
    // h ^= h >>> 33
    this.low ^= this.high >>> 1;
    this.multiply(P2L, P2H);
    // h ^= h >>> 29
    const { low, high } = this;
    this.low ^= (low >>> 29) | (high << 3);
    this.high ^= high >>> 29;
    this.multiply(P3L, P3H);
    // h ^= h >>> 32
    this.low ^= this.high;
  }

  /** Whole stripes of 32 bytes, one lane after the other: its halves stay in registers. */
  private stripes(data: Uint8Array, from: number, to: number): void {
    const { lanes } = this;
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    for (let lane = 0; lane < 4; lane++) {
      let low = lanes[2 * lane];
      let high = lanes[2 * lane + 1];
      for (let at = from + 8 * lane; at < to; at += 32) {
        const inLow = view.getInt32(at, true);
        const inHigh = view.getInt32(at + 4, true);
        // rotl(accumulator + input * P2, 31) * P1
        const sum = (low >>> 0) + (Math.imul(inLow, P2L) >>> 0);
        const carry = sum > 0xffffffff ? 1 : 0;
        high = (high + highProduct(inLow, P2L) + Math.imul(inLow, P2H) + Math.imul(inHigh, P2L) + carry) | 0;
        low = sum | 0;
        const turned = (low << 31) | (high >>> 1);
        high = (high << 31) | (low >>> 1);
        high = (highProduct(turned, P1L) + Math.imul(turned, P1H) + Math.imul(high, P1L)) | 0;
        low = Math.imul(turned, P1L);
      }
      lanes[2 * lane] = low;
      lanes[2 * lane + 1] = high;
    }
  }

  /** rotl(input * P2, 31) * P1 */
  private round(inLow: number, inHigh: number): void {
    this.set(inLow, inHigh);
    this.multiply(P2L, P2H);
    this.rotate(31);
    this.multiply(P1L, P1H);
  }

  private multiply(low: number, high: number): void {
    const a = this.low;
    this.high = (highProduct(a, low) + Math.imul(a, high) + Math.imul(this.high, low)) | 0;
    this.low = Math.imul(a, low);
  }

  private add(low: number, high: number): void {
    const sum = (this.low >>> 0) + (low >>> 0);
    this.low = sum | 0;
    this.high = (this.high + high + (sum > 0xffffffff ? 1 : 0)) | 0;
  }

  private addRotated(low: number, high: number, bits: number): void {
    this.add((low << bits) | (high >>> (32 - bits)), (high << bits) | (low >>> (32 - bits)));
  }

  private rotate(bits: number): void {
    const { low, high } = this;
    this.low = (low << bits) | (high >>> (32 - bits));
    this.high = (high << bits) | (low >>> (32 - bits));
  }

  private set(low: number, high: number): void {
    this.low = low;
    this.high = high;
  }
}

/** The five primes, low and high half. */
const P1L = 0x85ebca87 | 0;
const P1H = 0x9e3779b1 | 0;
const P2L = 0x27d4eb4f | 0;
const P2H = 0xc2b2ae3d | 0;
const P3L = 0x9e3779f9 | 0;
const P3H = 0x165667b1 | 0;
const P4L = 0xc2b2ae63 | 0;
const P4H = 0x85ebca77 | 0;
const P5L = 0x165667c5 | 0;
const P5H = 0x27d4eb2f | 0;
const ROTATE = [1, 7, 12, 18] as const;

/** P1 + P2, P2, 0, -P1 */
const INITIAL = [0x60ea27eeadc0b5d6n, 0xc2b2ae3d27d4eb4fn, 0n, 0x61c8864e7a143579n].flatMap((value) => [
  Number(BigInt.asIntN(32, value)),
  Number(BigInt.asIntN(32, value >> 32n)),
]);

function word(data: Uint8Array, at: number): number {
  return data[at] | (data[at + 1] << 8) | (data[at + 2] << 16) | (data[at + 3] << 24);
}

/** Upper 32 bits of the product of two unsigned 32-bit numbers, by 16-bit digits. */
function highProduct(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const middle = a1 * b0 + ((a0 * b0) >>> 16);
  const carry = a0 * b1 + (middle & 0xffff);
  return (a1 * b1 + (middle >>> 16) + (carry >>> 16)) | 0;
}
