import type { FirstSeen } from './first-seen.js';

/**
 * How many addresses each device knew and met for the first time, while the windows pass in the order of time: first
 * arrivals in order, and one position for each border of a span.
 */
export class FirstSeenCursor {
  /** Addresses first seen before the end of the current window. */
  readonly known: Int32Array;
  /** Addresses first seen in the current window. */
  readonly inWindow: Int32Array;
  /** Counts times this stand for all addresses (address-sample.ts). */
  readonly scale: number;
  private readonly timesMs: Float64Array;
  private readonly devices: Int32Array;
  private readonly ends = { known: 0, windowFrom: 0 };

  /** @param deviceOf number of the device of an owner; below 0 = none */
  constructor(seen: FirstSeen, devices: number, deviceOf: (owner: number) => number) {
    this.known = new Int32Array(devices);
    this.inWindow = new Int32Array(devices);
    this.scale = 2 ** seen.level;
    const { owners, timesMs } = seen.export();
    const order = Int32Array.from(owners.keys())
      .filter((entry) => deviceOf(owners[entry]) >= 0)
      .sort((a, b) => timesMs[a] - timesMs[b]);
    this.timesMs = Float64Array.from(order, (entry) => timesMs[entry]);
    this.devices = Int32Array.from(order, (entry) => deviceOf(owners[entry]));
  }

  /** To be called for one window after the other: [fromMs, toMs). */
  advance(fromMs: number, toMs: number): void {
    const { timesMs, devices, ends } = this;
    for (; timesMs[ends.known] < toMs; ends.known++) {
      const device = devices[ends.known];
      this.known[device]++;
      this.inWindow[device]++;
    }
    for (; ends.windowFrom < ends.known && timesMs[ends.windowFrom] < fromMs; ends.windowFrom++) {
      this.inWindow[devices[ends.windowFrom]]--;
    }
  }
}
