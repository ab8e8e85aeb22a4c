/** Decompressed bytes made at once at most (RFC 8878, section 3.1.1.2.4). */
export const MAX_BLOCK_BYTES = 128 * 1024;
/** How much a large window is written on between two moves to the front. */
const MAX_SLACK_BYTES = 32 * 1024 * 1024;
/** Where the buffer begins: a header may ask for much, and little come. */
const FIRST_BYTES = 4 * MAX_BLOCK_BYTES;

/** The decompressed bytes of a frame that matches may refer to, and behind them those nobody has taken yet. */
export class ZstdWindow {
  /** Begins with the oldest byte of the frame that is held. */
  bytes = new Uint8Array(FIRST_BYTES);
  /** Where the next byte goes. */
  end = 0;
  /** First byte that was not taken yet. */
  private taken = 0;
  private windowBytes = 0;

  /** Begins a frame. */
  reset(windowBytes: number): void {
    this.windowBytes = windowBytes;
    this.end = 0;
    this.taken = 0;
  }

  /** Bytes that wait to be taken. */
  get waiting(): number {
    return this.end - this.taken;
  }

  /** Makes room for one block; only when nothing waits. */
  makeRoom(): void {
    if (this.end + MAX_BLOCK_BYTES <= this.bytes.length) return;
    const slack = Math.min(Math.max(this.windowBytes, 4 * MAX_BLOCK_BYTES), MAX_SLACK_BYTES);
    if (this.bytes.length < this.windowBytes + slack) {
      // At once and not by doubling: what is not written to takes no memory, two copies would.
      const grown = new Uint8Array(this.windowBytes + slack);
      grown.set(this.bytes.subarray(0, this.end));
      this.bytes = grown;
      if (this.end + MAX_BLOCK_BYTES <= this.bytes.length) return;
    }
    const kept = Math.min(this.windowBytes, this.end);
    this.bytes.copyWithin(0, this.end - kept, this.end);
    this.end = kept;
    this.taken = kept;
  }

  /** Copies waiting bytes into into[at...]; their number. */
  take(into: Uint8Array, at: number): number {
    const count = Math.min(this.waiting, into.length - at);
    into.set(this.bytes.subarray(this.taken, this.taken + count), at);
    this.taken += count;
    return count;
  }

  /** How far back a match may reach from `end`. */
  reach(end: number): number {
    return Math.min(end, this.windowBytes);
  }
}
