import type { RecordNames } from './name-table.js';
import { ROW, type RecordBatch } from './record-batch.js';

/** The kept records whose label says anomaly: when, and of which device. */
export class LabelledRecords {
  private readonly times: number[] = [];
  private readonly devices: number[] = [];

  /** Takes the rows of a batch after the filters have seen them. */
  take({ count, flags, timeMs, device }: RecordBatch): void {
    const wanted = ROW.labelled | ROW.kept;
    for (let row = 0; row < count; row++) {
      if ((flags[row] & wanted) !== wanted) continue;
      this.times.push(timeMs[row]);
      this.devices.push(device[row]);
    }
  }

  /**
   * @param windows rows of a table; the device `*` stands for all
   * @returns row -> 1 = a labelled record lies in the window [start, start + length)
   */
  label(
    windows: {
      readonly devices: readonly string[];
      readonly deviceIndex: Int32Array;
      readonly startMs: Float64Array;
      readonly windowSeconds: number;
    },
    names: RecordNames,
  ): Uint8Array {
    const { devices, deviceIndex, startMs, windowSeconds } = windows;
    const times = new Map<string, number[]>();
    this.devices.forEach((device, i) => {
      const name = devices[0] === '*' ? '*' : names.devices.name(device);
      const list = times.get(name);
      if (list === undefined) times.set(name, [this.times[i]]);
      else list.push(this.times[i]);
    });
    const sorted = devices.map((name) => Float64Array.from(times.get(name) ?? []).sort());
    return Uint8Array.from(startMs, (start, row) => {
      const own = sorted[deviceIndex[row]];
      const first = firstNotBefore(own, start);
      return first < own.length && own[first] < start + windowSeconds * 1000 ? 1 : 0;
    });
  }
}

/** Position of the first value that is not below `limit`. */
function firstNotBefore(sorted: Float64Array, limit: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
