import { ColumnPlan, MEMORY_LAYOUT } from '../../export/core/ingest-memory.js';
import type { NameTable } from '../../export/core/name-table.js';
import type { RecordBatch } from '../../export/core/record-batch.js';

/** Bits of {@link EventColumns.flags}. */
export const EVENT = {
  /** The message contains "error" or "fail" in any case. */
  errorText: 1,
} as const;

/**
 * What the classifier found in the messages of a batch: row i belongs to row i of the {@link RecordBatch}. Same meaning
 * as EventFields (event-fields.ts), with numbers for everything. Rows that are not kept hold anything.
 */
export class EventColumns {
  /** 48-bit addresses as numbers; -1 = none. */
  readonly mac: Float64Array;
  readonly bssid: Float64Array;
  /** dBm; NaN = none. */
  readonly signal: Float64Array;
  /** kbit/s; NaN = none. */
  readonly txrate: Float64Array;
  /** Index into EVENT_CLASSES; 0 = other. */
  readonly eventClass: Int32Array;
  /** Groups of event-class.ts, reason and status taken into account. */
  readonly groups: Int32Array;
  /** Number in `ssids`; -1 = none. */
  readonly ssid: Int32Array;
  /** IEEE 802.11 codes; -1 = none. */
  readonly reason: Int32Array;
  readonly status: Int32Array;
  /** MHz; -1 = none. */
  readonly freq: Int32Array;
  /** Bits of {@link EVENT}. */
  readonly flags: Int32Array;

  /** @param memory the block the batch lives in */
  constructor(
    memory: ArrayBuffer,
    readonly ssids: NameTable,
  ) {
    const plan = new ColumnPlan(memory, MEMORY_LAYOUT.events);
    // The compiled classifier writes the same columns: order and types are part of the layout.
    this.mac = plan.doubles();
    this.bssid = plan.doubles();
    this.signal = plan.doubles();
    this.txrate = plan.doubles();
    this.eventClass = plan.integers();
    this.groups = plan.integers();
    this.ssid = plan.integers();
    this.reason = plan.integers();
    this.status = plan.integers();
    this.freq = plan.integers();
    this.flags = plan.integers();
  }
}

/** Fills the event columns for the rows of a batch. */
export interface BatchClassifier {
  readonly events: EventColumns;
  classify(batch: RecordBatch): void;
}
