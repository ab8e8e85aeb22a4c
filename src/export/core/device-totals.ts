import { GAP_MS, keepLongest, type DeviceSpansState } from './device-spans.js';
import { longerDoubles, longerIntegers, roomFor } from './typed-columns.js';

/** Spans of devices in files that are remembered, to find gaps between files: 12 MB. */
const MAX_SPANS = 500_000;

interface TotalColumns {
  logs: Float64Array;
  minMs: Float64Array;
  maxMs: Float64Array;
  gaps: Float64Array;
  longestGapMs: Float64Array;
  gapFromMs: Float64Array;
}

const COLUMNS = [
  'logs',
  'minMs',
  'maxMs',
  'gaps',
  'longestGapMs',
  'gapFromMs',
] as const satisfies readonly (keyof TotalColumns)[];

export interface DeviceTotalsState {
  readonly size: number;
  readonly columns: Readonly<TotalColumns>;
  readonly spans: { readonly device: Int32Array; readonly minMs: Float64Array; readonly maxMs: Float64Array };
  readonly tooManySpans: boolean;
}

/**
 * Lines, span and gaps of each device over whole files. Files may be given in any order and may run in either
 * direction, so what lies between two files is not found between their neighbouring lines but between the spans they
 * cover: a gap is time that no file covers.
 */
export class DeviceTotals {
  size = 0;
  readonly columns: TotalColumns = emptyColumns();
  private spanCount = 0;
  private spanDevice: Int32Array = new Int32Array(0);
  private spanMin: Float64Array = new Float64Array(0);
  private spanMax: Float64Array = new Float64Array(0);
  private tooManySpans = false;

  /** Adds one whole file. */
  addFile({ size, columns: file }: DeviceSpansState): void {
    this.reserve(size);
    for (let id = 0; id < size; id++) {
      if (file.logs[id] === 0) continue;
      this.addDevice(id, file, id);
      this.addSpan(id, file.minMs[id], file.maxMs[id]);
    }
  }

  exportState(): DeviceTotalsState {
    const columns = emptyColumns();
    for (const name of COLUMNS) columns[name] = this.columns[name].slice(0, this.size);
    return {
      size: this.size,
      columns,
      spans: {
        device: this.spanDevice.slice(0, this.spanCount),
        minMs: this.spanMin.slice(0, this.spanCount),
        maxMs: this.spanMax.slice(0, this.spanCount),
      },
      tooManySpans: this.tooManySpans,
    };
  }

  /** @param deviceIds our number of each of their devices */
  absorb({ size, columns, spans, tooManySpans }: DeviceTotalsState, deviceIds: Int32Array): void {
    for (let theirs = 0; theirs < size; theirs++) {
      if (columns.logs[theirs] === 0) continue;
      const id = deviceIds[theirs];
      this.reserve(id + 1);
      this.addDevice(id, columns, theirs);
    }
    for (let i = 0; i < spans.device.length; i++) {
      this.addSpan(deviceIds[spans.device[i]], spans.minMs[i], spans.maxMs[i]);
    }
    this.tooManySpans ||= tooManySpans;
  }

  /** Counts the gaps between the files, once all of them are here. Past half a million spans they are not looked for. */
  closeGapsBetweenFiles(): void {
    if (this.tooManySpans) return;
    const { spanDevice, spanMin, spanMax } = this;
    const order = Array.from({ length: this.spanCount }, (_, i) => i);
    order.sort((a, b) => spanDevice[a] - spanDevice[b] || spanMin[a] - spanMin[b]);
    let device = -1;
    let coveredTo = 0;
    for (const i of order) {
      if (spanDevice[i] !== device) {
        device = spanDevice[i];
        coveredTo = spanMax[i];
        continue;
      }
      const pause = spanMin[i] - coveredTo;
      if (pause > GAP_MS) {
        this.columns.gaps[device]++;
        keepLongest(this.columns, device, pause, coveredTo);
      }
      coveredTo = Math.max(coveredTo, spanMax[i]);
    }
  }

  private addDevice(id: number, from: Readonly<TotalColumns>, at: number): void {
    const { columns } = this;
    const isNew = columns.logs[id] === 0;
    columns.logs[id] += from.logs[at];
    columns.minMs[id] = isNew ? from.minMs[at] : Math.min(columns.minMs[id], from.minMs[at]);
    columns.maxMs[id] = isNew ? from.maxMs[at] : Math.max(columns.maxMs[id], from.maxMs[at]);
    columns.gaps[id] += from.gaps[at];
    keepLongest(columns, id, from.longestGapMs[at], from.gapFromMs[at]);
  }

  private addSpan(device: number, minMs: number, maxMs: number): void {
    if (this.spanCount >= MAX_SPANS) {
      this.tooManySpans = true;
      return;
    }
    if (this.spanCount === this.spanDevice.length) this.growSpans();
    this.spanDevice[this.spanCount] = device;
    this.spanMin[this.spanCount] = minMs;
    this.spanMax[this.spanCount] = maxMs;
    this.spanCount++;
  }

  private growSpans(): void {
    const room = Math.min(MAX_SPANS, roomFor(0, this.spanDevice.length));
    this.spanDevice = longerIntegers(this.spanDevice, room);
    this.spanMin = longerDoubles(this.spanMin, room);
    this.spanMax = longerDoubles(this.spanMax, room);
  }

  private reserve(devices: number): void {
    if (devices <= this.size) return;
    this.size = devices;
    if (devices <= this.columns.logs.length) return;
    const room = roomFor(devices, this.columns.logs.length);
    for (const name of COLUMNS) this.columns[name] = longerDoubles(this.columns[name], room);
  }
}

function emptyColumns(): TotalColumns {
  const column = (): Float64Array => new Float64Array(0);
  return {
    logs: column(),
    minMs: column(),
    maxMs: column(),
    gaps: column(),
    longestGapMs: column(),
    gapFromMs: column(),
  };
}
