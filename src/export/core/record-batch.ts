import { ARENA_BYTES, BATCH_ROWS, ColumnPlan, MEMORY_LAYOUT } from './ingest-memory.js';
import type { RecordNames } from './name-table.js';

/** Bits of {@link RecordBatch.flags}. */
export const ROW = {
  /** Neither the date range nor the program filter leaves the row out; set by the validation collector. */
  kept: 1,
  /** The timestamp named no zone: UTC was assumed. */
  noZone: 2,
  /** The record's label says that it belongs to an anomaly. */
  labelled: 1 << 30,
} as const;

/**
 * Valid records as columns, in file order, up to {@link BATCH_ROWS} at a time: what the readers hand on. No object and
 * no string per record; names are numbers of `names`, messages are positions in `bytes`.
 *
 * Rows are valid until the batch is handed out and cleared; whoever keeps anything copies it.
 */
export class RecordBatch {
  /** Rows in use. */
  count = 0;
  /** Arrival time, milliseconds since the epoch, UTC. */
  readonly timeMs: Float64Array;
  /** Position of the record's first byte in the (decompressed) file. */
  readonly byteOffset: Float64Array;
  /** 0-based number of the record in its file, invalid ones counted (CSV: data row, header not counted). */
  readonly recordIndex: Float64Array;
  /** Number in `names.devices`. */
  readonly device: Int32Array;
  /** Number in `names.programs`; the name '' stands for "nowhere given". */
  readonly program: Int32Array;
  /** Syslog severity 0 (emergency) .. 7 (debug); -1 = unknown. */
  readonly level: Int32Array;
  /** Message bytes [messageStart, messageEnd) of `bytes`: well-formed UTF-8, JSON and CSV escapes resolved. */
  readonly messageStart: Int32Array;
  readonly messageEnd: Int32Array;
  /** Bits of {@link ROW}. */
  readonly flags: Int32Array;
  /** The whole shared memory. */
  readonly bytes: Uint8Array;

  private arenaUsed = 0;

  /**
   * @param memory block of MEMORY_LAYOUT.end bytes
   * @param names numbers of the names, shared by all files that are read into one result
   */
  constructor(
    memory: ArrayBuffer,
    readonly names: RecordNames,
  ) {
    const plan = new ColumnPlan(memory, MEMORY_LAYOUT.records);
    // The compiled scanner writes the same columns: order and types are part of the layout.
    this.timeMs = plan.doubles();
    this.byteOffset = plan.doubles();
    this.recordIndex = plan.doubles();
    this.device = plan.integers();
    this.program = plan.integers();
    this.level = plan.integers();
    this.messageStart = plan.integers();
    this.messageEnd = plan.integers();
    this.flags = plan.integers();
    this.bytes = new Uint8Array(memory);
  }

  get isFull(): boolean {
    return this.count >= BATCH_ROWS;
  }

  /** Room for `length` bytes of resolved text; -1 when the batch must be handed on first. */
  reserveText(length: number): number {
    if (this.arenaUsed + length > ARENA_BYTES) return -1;
    const at = MEMORY_LAYOUT.arena + this.arenaUsed;
    this.arenaUsed += length;
    return at;
  }

  /** Gives back the end of the last reservation. */
  trimText(end: number): void {
    this.arenaUsed = end - MEMORY_LAYOUT.arena;
  }

  clear(): void {
    this.count = 0;
    this.arenaUsed = 0;
  }
}

/** Takes the rows of a batch; they are gone when it returns. */
export type BatchSink = (batch: RecordBatch) => void;
