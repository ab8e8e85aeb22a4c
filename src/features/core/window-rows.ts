const ROW_BITS = 10;
/** Rows of a block. */
const BLOCK = 1 << ROW_BITS;

/**
 * Finished windows, one row each: float32 values and a few 32-bit integers side by side, in blocks that are never
 * copied and go one by one when their rows have been read.
 */
export class WindowRows {
  /** Views of the same blocks; a row is `columns` values and then `integers` whole numbers. */
  readonly floats: Float32Array[] = [];
  readonly ints: Int32Array[] = [];
  /** 32-bit numbers in a row. */
  readonly width: number;
  private readonly unread: number[] = [];
  private used = BLOCK;
  private total = 0;

  constructor(
    readonly columns: number,
    integers: number,
  ) {
    this.width = columns + integers;
  }

  /** Rows held. */
  get size(): number {
    return this.total;
  }

  /** New row; its number is good for {@link block} and {@link offset}. */
  append(): number {
    if (this.used === BLOCK) this.addBlock(new ArrayBuffer(BLOCK * this.width * 4), 0);
    const block = this.floats.length - 1;
    this.unread[block]++;
    this.total++;
    return block * BLOCK + this.used++;
  }

  /** Number of the block of a row. */
  block(row: number): number {
    return row >> ROW_BITS;
  }

  /** Where a row begins in the views of its block. */
  offset(row: number): number {
    return (row & (BLOCK - 1)) * this.width;
  }

  /** Says that a row will not be read again. */
  release(row: number): void {
    const block = row >> ROW_BITS;
    if (--this.unread[block] > 0) return;
    this.floats[block] = new Float32Array(0);
    this.ints[block] = new Int32Array(0);
    if (block === this.floats.length - 1) this.used = BLOCK;
  }

  /**
   * Hands out all blocks, each as long as its rows are, and where a row is found among them; the store is of no use
   * afterwards.
   */
  export(): { readonly blocks: ArrayBuffer[]; readonly position: (row: number) => number } {
    const firsts: number[] = [];
    let before = 0;
    const blocks = this.floats.map((block, index) => {
      firsts.push(before);
      const rows = this.unread[index];
      before += rows;
      const buffer = block.buffer as ArrayBuffer;
      const bytes = rows * this.width * 4;
      return buffer.byteLength === bytes ? buffer : buffer.slice(0, bytes);
    });
    return { blocks, position: (row) => firsts[row >> ROW_BITS] + (row & (BLOCK - 1)) };
  }

  /** Takes over blocks that another store handed out; calls back with the number of each row, in their order. */
  adopt(blocks: readonly ArrayBuffer[], visit: (row: number, position: number) => void): void {
    let position = 0;
    for (const buffer of blocks) {
      const rows = buffer.byteLength / (this.width * 4);
      this.addBlock(buffer, rows);
      this.total += rows;
      const first = (this.floats.length - 1) * BLOCK;
      for (let i = 0; i < rows; i++) visit(first + i, position++);
    }
    // The blocks are as long as their rows are.
    if (blocks.length > 0) this.used = BLOCK;
  }

  private addBlock(buffer: ArrayBuffer, rows: number): void {
    this.floats.push(new Float32Array(buffer));
    this.ints.push(new Int32Array(buffer));
    this.unread.push(rows);
    this.used = rows;
  }
}
