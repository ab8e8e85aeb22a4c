import { clockOffsetSeconds } from './clock-check.js';
import type { ClockTotals } from './clock-totals.js';
import { DeviceSpans, type DeviceSpansState } from './device-spans.js';
import type { FindingLog, FoundPlace } from './finding-log.js';
import type { LevelCounter } from './level-spelling.js';
import type { RecordNames } from './name-table.js';
import { ROW, type RecordBatch } from './record-batch.js';
import type { RecordTotals } from './record-totals.js';
import { RowOrder, type RowOrderState, type RowPlace } from './row-order.js';
import { formatTimestamp } from './timestamp.js';
import type { WindowCounter } from './window-counter.js';

/** What all files of a report count into. */
export interface SharedTotals {
  readonly names: RecordNames;
  readonly totals: RecordTotals;
  readonly windows: WindowCounter;
  readonly windowMs: number;
  readonly levels: LevelCounter;
  readonly clocks: ClockTotals;
  readonly log: FindingLog;
}

export interface FileTrackerState {
  readonly fileName: string;
  readonly continues: boolean;
  readonly closed: boolean;
  readonly recordCount: number;
  readonly declaredRecords: number | null;
  readonly order: RowOrderState;
  /** null = already part of the totals of the devices. */
  readonly devices: DeviceSpansState | null;
}

/**
 * What a report needs to know about one file, or about the part of a file that one thread reads. The parser reports
 * through it: each record ends either in {@link invalid}, or as a row of a batch that is handed to {@link take}.
 */
export class FileTracker {
  /**
   * Records seen, valid or not; also the index of the record at hand. The parser counts a valid one when its row is
   * in the batch; {@link invalid} counts the others.
   */
  recordCount = 0;
  declaredRecords: number | null = null;
  /** The file (not only a part of it) has been read to its end. */
  closed = false;
  readonly order: RowOrder;
  /** null once it has been added to the totals of the devices. */
  devices: DeviceSpans | null;

  /**
   * @param index number of the file in the report
   * @param continues the file goes on from where the last file of another collector stopped
   */
  constructor(
    readonly fileName: string,
    readonly index: number,
    readonly continues: boolean,
    private readonly shared: SharedTotals,
  ) {
    this.order = new RowOrder({
      wanted: () => shared.log.wantsPlace('duplicates'),
      found: (place, message) => {
        this.add('duplicates', place, message);
      },
    });
    this.devices = new DeviceSpans(shared.windowMs, shared.windows, {
      wanted: () => shared.log.wantsPlace('gaps'),
      found: (place, device, fromMs, toMs) => {
        const span = `${formatTimestamp(fromMs)} to ${formatTimestamp(toMs)}`;
        this.add('gaps', place, `device ${shared.names.devices.name(device)}: no line from ${span}`);
      },
    });
  }

  /** Counts the record at hand as invalid. */
  invalid(reason: string, byteOffset: number, detail: string): void {
    this.shared.totals.invalid++;
    this.add(reason, { recordIndex: this.recordCount, byteOffset }, detail);
    this.recordCount++;
  }

  /** Notes something about a valid record. */
  note(code: string, recordIndex: number, byteOffset: number, detail: string): void {
    this.add(code, { recordIndex, byteOffset }, detail);
  }

  /** Notes something about the file as a whole. */
  noteFile(code: string, byteOffset: number, detail: string): void {
    this.add(code, { recordIndex: this.recordCount, byteOffset }, detail);
  }

  /** Bits for the flags of a row whose own level field is written like this (cleaned, before it is normalised). */
  levelBits(text: string): number {
    return this.shared.levels.bits(text);
  }

  /**
   * Compares the clock in the header of a raw line with the arrival time of its row. For the records that
   * isClockSample() names; the row may be the latest of a batch that is not full yet.
   */
  checkClock(batch: RecordBatch, row: number, rawHead: string): void {
    const { totals, names, clocks } = this.shared;
    totals.filter.learn(names.programs);
    if (!totals.filter.passes(batch, row)) return;
    const offset = clockOffsetSeconds(rawHead, batch.timeMs[row]);
    if (Number.isNaN(offset)) return;
    clocks.add(this.index, batch.device[row], offset, batch.recordIndex[row], batch.byteOffset[row]);
  }

  /**
   * Counts the rows of a batch, which follow those of the batch before, and sets {@link ROW.kept} on those that
   * neither the date range nor the program filter leaves out.
   *
   * @throws AppError `export_invalid` when the times are too scattered to be counted in bounded memory
   */
  take(batch: RecordBatch): void {
    const { totals, names, levels } = this.shared;
    totals.take(batch);
    levels.take(batch);
    this.countZoneless(batch);
    this.order.take(batch);
    this.devices?.reserve(names.devices.size);
    this.devices?.take(batch);
  }

  /** Takes the record count the metadata claims. It is compared, never used to reserve memory. */
  declare(count: unknown, byteOffset: number): void {
    if (count === undefined || count === null) return;
    if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 0) {
      this.declaredRecords = count;
      return;
    }
    this.noteFile('declared_count_invalid', byteOffset, `total_records is ${JSON.stringify(count)}`);
  }

  /** Ends the file: what can only be judged at its end will be. A part that is not the last one is not closed. */
  close(): void {
    this.closed = true;
  }

  /** What is only known at the end of the file, by code. */
  endFindings(): { code: string; place: FoundPlace }[] {
    if (!this.closed) return [];
    const place = { file: this.index, recordIndex: this.recordCount, byteOffset: 0 };
    const found: { code: string; place: FoundPlace }[] = [];
    if (this.declaredRecords !== null && this.declaredRecords !== this.recordCount) {
      const detail = `the metadata says ${this.declaredRecords} records, the file holds ${this.recordCount}`;
      found.push({ code: 'declared_count_differs', place: { ...place, detail } });
    }
    if (this.recordCount === 0) found.push({ code: 'file_without_records', place: { ...place, detail: '' } });
    return found;
  }

  exportState(): FileTrackerState {
    const { fileName, continues, closed, recordCount, declaredRecords } = this;
    const devices = this.devices?.exportState() ?? null;
    const order = this.order.exportState();
    return { fileName, continues, closed, recordCount, declaredRecords, order, devices };
  }

  /**
   * Adds the part that follows in the same file, or fills a new tracker with a whole file.
   *
   * @param deviceIds our number of each of their devices
   * @param programIds our number of each of their programs
   */
  absorb(state: FileTrackerState, deviceIds: Int32Array, programIds: Int32Array): void {
    this.order.absorb(movedOrder(state.order, this.recordCount, deviceIds, programIds));
    if (state.devices === null) this.devices = null;
    else this.devices?.absorb(state.devices, deviceIds, this.recordCount);
    this.recordCount += state.recordCount;
    this.declaredRecords = state.declaredRecords ?? this.declaredRecords;
    this.closed ||= state.closed;
  }

  private countZoneless(batch: RecordBatch): void {
    const code = 'timestamp_without_zone';
    const { log } = this.shared;
    const { count, flags } = batch;
    let found = 0;
    let row = 0;
    for (; row < count && log.wantsPlace(code); row++) {
      if ((flags[row] & ROW.noZone) === 0) continue;
      this.add(code, { recordIndex: batch.recordIndex[row], byteOffset: batch.byteOffset[row] }, '');
    }
    for (; row < count; row++) if ((flags[row] & ROW.noZone) !== 0) found++;
    log.addCount(code, found);
  }

  private add(code: string, { recordIndex, byteOffset }: RowPlace, detail: string): void {
    this.shared.log.add(code, { file: this.index, recordIndex, byteOffset, detail });
  }
}

function movedOrder(
  order: RowOrderState,
  records: number,
  deviceIds: Int32Array,
  programIds: Int32Array,
): RowOrderState {
  const moved = <T extends RowPlace>(place: T): T => ({ ...place, recordIndex: place.recordIndex + records });
  const row = (state: RowOrderState['first']): RowOrderState['first'] =>
    state === null
      ? null
      : { ...moved(state), device: deviceIds[state.device], program: programIds[state.program] };
  return {
    ...order,
    forwardPlaces: order.forwardPlaces.map(moved),
    backwardPlaces: order.backwardPlaces.map(moved),
    first: row(order.first),
    last: row(order.last),
  };
}
