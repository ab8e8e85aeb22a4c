/**
 * One block of memory that the steps of reading share: the bytes of the file, the rows found in them, and the tables
 * of the compiled kernels. It never grows, so that views stay valid. A WebAssembly memory, when there are kernels, or
 * a plain buffer when there are none: the code that reads it cannot tell.
 */

/** Rows in a batch. Small enough for the columns to stay in the processor's second-level cache. */
export const BATCH_ROWS = 4096;
/** Longest stretch of the file held at once: a chunk, and a record that is twice as long as it may be. */
export const INPUT_BYTES = 4 << 20;
/** Unescaped messages of the rows in the batch. */
export const ARENA_BYTES = 2 << 20;
/** Spare bytes behind the input: a kernel may read (never use) so far beyond the end. */
export const SENTINEL_BYTES = 256;

const KIB = 1024;
const PAGE = 64 * KIB;

/** Offsets, in bytes. The kernels are compiled with the same numbers (scripts/build-kernels.mjs checks them). */
export const MEMORY_LAYOUT = {
  /** Static data of the compiled record scanner. */
  scanStatic: 1 * KIB,
  /** Static data of the compiled classifier. */
  classifyStatic: 1 * PAGE,
  /** Tables of the record scanner: learned templates, names seen. */
  scanTables: 2 * PAGE,
  /** Tables of the classifier. */
  classifyTables: 18 * PAGE,
  input: 66 * PAGE,
  arena: 131 * PAGE,
  /** Columns of {@link RecordBatch}. */
  records: 164 * PAGE,
  /** Columns of the events of the same rows (features/core/event-columns.ts). */
  events: 172 * PAGE,
  end: 180 * PAGE,
} as const;

/** Pages of 64 KiB that a WebAssembly memory needs (initial = maximum). */
export const MEMORY_PAGES = MEMORY_LAYOUT.end / PAGE;

/** Memory without kernels. */
export function plainMemory(): ArrayBuffer {
  return new ArrayBuffer(MEMORY_LAYOUT.end);
}

/** Lays columns of a batch one behind the other, from `at` on. The kernels write them: order and types are a contract. */
export class ColumnPlan {
  constructor(
    private readonly memory: ArrayBuffer,
    private at: number,
  ) {}

  doubles(): Float64Array {
    const column = new Float64Array(this.memory, this.at, BATCH_ROWS);
    this.at += column.byteLength;
    return column;
  }

  integers(): Int32Array {
    const column = new Int32Array(this.memory, this.at, BATCH_ROWS);
    this.at += column.byteLength;
    return column;
  }
}
