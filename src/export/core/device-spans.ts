import { ROW, type RecordBatch } from './record-batch.js';
import type { RowPlace } from './row-order.js';
import { longerDoubles, roomFor } from './typed-columns.js';
import type { WindowCounter } from './window-counter.js';

/** A device that is silent for longer has a gap. */
export const GAP_MS = 3_600_000;

/** Columns by device number; a device without rows has logs = 0 and nothing else that counts. */
interface DeviceColumns {
  logs: Float64Array;
  /** Earliest and latest time. */
  minMs: Float64Array;
  maxMs: Float64Array;
  /** First row in file order: what a part of the file before it compares its last row with. */
  openMs: Float64Array;
  openRecord: Float64Array;
  openOffset: Float64Array;
  /** Last row in file order. */
  previousMs: Float64Array;
  gaps: Float64Array;
  longestGapMs: Float64Array;
  /** Start of the longest gap. */
  gapFromMs: Float64Array;
  /** Start of the window that was counted last. */
  windowMs: Float64Array;
}

export interface DeviceSpansState {
  readonly size: number;
  readonly columns: Readonly<DeviceColumns>;
}

const COLUMNS = [
  'logs',
  'minMs',
  'maxMs',
  'openMs',
  'openRecord',
  'openOffset',
  'previousMs',
  'gaps',
  'longestGapMs',
  'gapFromMs',
  'windowMs',
] as const satisfies readonly (keyof DeviceColumns)[];

/** Takes the first rows that follow a gap of their device. */
export interface GapSink {
  wanted(): boolean;
  found(place: RowPlace, device: number, fromMs: number, toMs: number): void;
}

/** What one file holds of each device: lines, span of time, gaps between consecutive lines. */
export class DeviceSpans {
  /** Devices that have a place in the columns. */
  size = 0;
  readonly columns: DeviceColumns = emptyColumns();

  constructor(
    private readonly windowLengthMs: number,
    private readonly windows: WindowCounter,
    private readonly sink: GapSink,
  ) {}

  /** Makes room for device numbers below `devices`. */
  reserve(devices: number): void {
    if (devices <= this.size) return;
    this.size = devices;
    if (devices <= this.columns.logs.length) return;
    const room = roomFor(devices, this.columns.logs.length);
    for (const name of COLUMNS) this.columns[name] = longerDoubles(this.columns[name], room);
  }

  /** Counts the kept rows. Their device numbers are below the reserved size. */
  take(batch: RecordBatch): void {
    const { count, timeMs, device, flags } = batch;
    const { logs, minMs, maxMs, previousMs, windowMs } = this.columns;
    const { windowLengthMs, windows } = this;
    for (let row = 0; row < count; row++) {
      if ((flags[row] & ROW.kept) === 0) continue;
      const id = device[row];
      const ms = timeMs[row];
      if (logs[id]++ === 0) {
        this.open(batch, row);
      } else {
        if (ms < minMs[id]) minMs[id] = ms;
        else if (ms > maxMs[id]) maxMs[id] = ms;
        const step = ms - previousMs[id];
        if (step > GAP_MS || step < -GAP_MS) this.gapBefore(batch, row);
        previousMs[id] = ms;
      }
      const into = ms - windowMs[id];
      // Written so that the NaN of a new device is outside of every window.
      if (!(into >= 0 && into < windowLengthMs)) {
        const window = Math.floor(ms / windowLengthMs);
        windowMs[id] = window * windowLengthMs;
        windows.add(id, window);
      }
    }
  }

  exportState(): DeviceSpansState {
    const columns = emptyColumns();
    for (const name of COLUMNS) columns[name] = this.columns[name].slice(0, this.size);
    return { size: this.size, columns };
  }

  /**
   * Adds what follows in the same file.
   *
   * @param deviceIds our number of each of their devices
   * @param records records of this file so far, by which their record numbers are shifted
   */
  absorb({ size, columns: next }: DeviceSpansState, deviceIds: Int32Array, records: number): void {
    const { columns } = this;
    const gapsBetween: number[] = [];
    for (let theirs = 0; theirs < size; theirs++) {
      if (next.logs[theirs] === 0) continue;
      const id = deviceIds[theirs];
      this.reserve(id + 1);
      if (columns.logs[id] === 0) {
        for (const name of COLUMNS) columns[name][id] = next[name][theirs];
        columns.openRecord[id] += records;
        continue;
      }
      if (Math.abs(next.openMs[theirs] - columns.previousMs[id]) > GAP_MS) gapsBetween.push(theirs);
    }
    // The places of the gaps are wanted in the order of the records, not in that of the devices.
    gapsBetween.sort((a, b) => next.openRecord[a] - next.openRecord[b]);
    for (const theirs of gapsBetween) {
      const place = {
        recordIndex: next.openRecord[theirs] + records,
        byteOffset: next.openOffset[theirs],
      };
      this.addGap(deviceIds[theirs], columns.previousMs[deviceIds[theirs]], next.openMs[theirs], place);
    }
    for (let theirs = 0; theirs < size; theirs++) {
      const id = deviceIds[theirs];
      // A device that is new here has been copied above.
      if (next.logs[theirs] > 0 && columns.openRecord[id] < records) this.addColumns(id, next, theirs);
    }
  }

  private addColumns(id: number, next: Readonly<DeviceColumns>, theirs: number): void {
    const { columns } = this;
    columns.gaps[id] += next.gaps[theirs];
    keepLongest(columns, id, next.longestGapMs[theirs], next.gapFromMs[theirs]);
    columns.logs[id] += next.logs[theirs];
    columns.minMs[id] = Math.min(columns.minMs[id], next.minMs[theirs]);
    columns.maxMs[id] = Math.max(columns.maxMs[id], next.maxMs[theirs]);
    columns.previousMs[id] = next.previousMs[theirs];
    columns.windowMs[id] = next.windowMs[theirs];
  }

  private open(batch: RecordBatch, row: number): void {
    const { columns } = this;
    const id = batch.device[row];
    const ms = batch.timeMs[row];
    columns.minMs[id] = ms;
    columns.maxMs[id] = ms;
    columns.openMs[id] = ms;
    columns.openRecord[id] = batch.recordIndex[row];
    columns.openOffset[id] = batch.byteOffset[row];
    columns.previousMs[id] = ms;
    columns.windowMs[id] = NaN;
  }

  private gapBefore(batch: RecordBatch, row: number): void {
    const id = batch.device[row];
    const place = { recordIndex: batch.recordIndex[row], byteOffset: batch.byteOffset[row] };
    this.addGap(id, this.columns.previousMs[id], batch.timeMs[row], place);
  }

  private addGap(id: number, before: number, after: number, place: RowPlace): void {
    const from = Math.min(before, after);
    const to = Math.max(before, after);
    this.columns.gaps[id]++;
    keepLongest(this.columns, id, to - from, from);
    if (this.sink.wanted()) this.sink.found(place, id, from, to);
  }
}

/** Of equally long gaps the earlier one counts, so that the order of the lines does not matter. */
export function keepLongest(
  columns: Pick<DeviceColumns, 'longestGapMs' | 'gapFromMs'>,
  id: number,
  lengthMs: number,
  fromMs: number,
): void {
  const longest = columns.longestGapMs[id];
  if (lengthMs < longest || lengthMs === 0 || (lengthMs === longest && fromMs >= columns.gapFromMs[id]))
    return;
  columns.longestGapMs[id] = lengthMs;
  columns.gapFromMs[id] = fromMs;
}

function emptyColumns(): DeviceColumns {
  const column = (): Float64Array => new Float64Array(0);
  return {
    logs: column(),
    minMs: column(),
    maxMs: column(),
    openMs: column(),
    openRecord: column(),
    openOffset: column(),
    previousMs: column(),
    gaps: column(),
    longestGapMs: column(),
    gapFromMs: column(),
    windowMs: column(),
  };
}
