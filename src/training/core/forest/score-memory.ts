import type { KernelMemory } from './kernel-memory.js';

/** Rows that the kernel turns and takes at once. */
export const BLOCK_ROWS = 512;
/** A forest that needs more memory (about 10,000 trees of 256 rows, or 8,000 columns) is walked in plain TypeScript. */
const MAX_BYTES = 64 << 20;
const PAGE = 65_536;
const ALIGNMENT = 64;

type Table = Uint8Array | Uint16Array | Uint32Array | Float32Array | Float64Array;

/** Lays out a kernel's memory: first all places are taken, then the memory is made large enough and filled. */
export class MemoryPlan {
  private end: number;
  private readonly start: number;
  private readonly tables: { readonly table: Table; readonly at: number }[] = [];

  constructor(heapBase: number) {
    this.start = Math.ceil(heapBase / ALIGNMENT) * ALIGNMENT;
    this.end = this.start;
  }

  /** Address of so many zero bytes. */
  take(bytes: number): number {
    const at = this.end;
    this.end += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    return at;
  }

  /** Address of a copy of the table. */
  keep(table: Table): number {
    const at = this.take(table.byteLength);
    this.tables.push({ table, at });
    return at;
  }

  /** False when the plan is too large; the memory is untouched then. */
  fill(memory: KernelMemory): boolean {
    if (this.end > MAX_BYTES) return false;
    const missing = this.end - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
    const bytes = new Uint8Array(memory.buffer);
    bytes.fill(0, this.start, this.end);
    for (const { table, at } of this.tables) {
      bytes.set(new Uint8Array(table.buffer, table.byteOffset, table.byteLength), at);
    }
    return true;
  }
}

/** Places of a block of rows: as they come, and turned into columns. The kernel reads rows and columns in fours. */
export function takeBlock(
  plan: MemoryPlan,
  columns: number,
): { readonly raw: number; readonly turned: number } {
  return {
    raw: plan.take((BLOCK_ROWS + 3) * columns * 4 + 16),
    turned: plan.take(turnedBytes(columns)),
  };
}

export function turnedBytes(columns: number): number {
  return BLOCK_ROWS * 4 * Math.ceil(columns / 4) * 4;
}
