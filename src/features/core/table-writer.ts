/** Lays out tables in a part of a block of memory, one behind the other. Addresses are positions in the block. */
export class TableWriter {
  private readonly bytes: Uint8Array;
  private readonly words: DataView;
  private at: number;

  /** @param end first position that is not ours */
  constructor(
    memory: ArrayBuffer,
    start: number,
    private readonly end: number,
  ) {
    this.bytes = new Uint8Array(memory);
    this.words = new DataView(memory);
    this.at = start;
  }

  /**
   * Room for `length` bytes, all 0, aligned for any type.
   * @throws RangeError when the tables do not fit (they do not depend on the input)
   */
  reserve(length: number): number {
    const at = Math.ceil(this.at / 16) * 16;
    if (at + length > this.end)
      throw new RangeError(`Tables need more than the ${this.end} bytes there are.`);
    this.at = at + length;
    this.bytes.fill(0, at, this.at);
    return at;
  }

  put(data: Uint8Array | Uint16Array | Int32Array | Uint32Array): number {
    const at = this.reserve(data.byteLength);
    this.bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    return at;
  }

  putWords(words: readonly number[]): number {
    const at = this.reserve(words.length * 4);
    this.setWords(at, words);
    return at;
  }

  setWords(at: number, words: readonly number[]): void {
    words.forEach((word, index) => {
      this.words.setUint32(at + index * 4, word, true);
    });
  }

  /** ASCII text. */
  putText(text: string): number {
    const at = this.reserve(text.length);
    for (let i = 0; i < text.length; i++) this.bytes[at + i] = text.charCodeAt(i);
    return at;
  }
}
