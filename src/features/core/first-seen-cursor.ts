import type { FirstSeen } from './first-seen.js';

/** A stretch of time, ms: [fromMs, toMs). */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Bit of an address that its owner made up (IEEE 802, local/universal bit of the first octet). */
const LOCAL_BIT = 2;
const FIRST_OCTET = 2 ** 40;

/** Whether an address was made up and not given by a vendor: a phone that hides, or a tool. */
export const isLocalAddress = (address: number): boolean =>
  (Math.floor(address / FIRST_OCTET) & LOCAL_BIT) !== 0;

/**
 * How many addresses each device knew and met for the first time, while the windows pass in the order of time: first
 * arrivals in order, and one position for each border of a span.
 */
export class FirstSeenCursor {
  /** Addresses first seen before the end of the current window. */
  readonly known: Int32Array;
  /** Addresses first seen in the current window, in its context, and of these the made-up ones. */
  readonly inWindow: Int32Array;
  readonly inContext: Int32Array;
  readonly localInContext: Int32Array;
  /** Counts times this stand for all addresses (address-sample.ts). */
  readonly scale: number;
  private readonly timesMs: Float64Array;
  private readonly devices: Int32Array;
  private readonly local: Uint8Array;
  private readonly ends = { known: 0, windowFrom: 0, contextFrom: 0 };

  /** @param deviceOf number of the device of an owner; below 0 = none */
  constructor(seen: FirstSeen, devices: number, deviceOf: (owner: number) => number) {
    this.known = new Int32Array(devices);
    this.inWindow = new Int32Array(devices);
    this.inContext = new Int32Array(devices);
    this.localInContext = new Int32Array(devices);
    this.scale = 2 ** seen.level;
    const { owners, ids, timesMs } = seen.export();
    const order = Int32Array.from(owners.keys())
      .filter((entry) => deviceOf(owners[entry]) >= 0)
      .sort((a, b) => timesMs[a] - timesMs[b]);
    this.timesMs = Float64Array.from(order, (entry) => timesMs[entry]);
    this.devices = Int32Array.from(order, (entry) => deviceOf(owners[entry]));
    this.local = Uint8Array.from(order, (entry) => (isLocalAddress(ids[entry]) ? 1 : 0));
  }

  /** To be called for one window after the other; `context` ends where the window ends. */
  advance(window: Span, context: Span): void {
    const { timesMs, devices, local, ends } = this;
    for (; timesMs[ends.known] < window.toMs; ends.known++) {
      const device = devices[ends.known];
      this.known[device]++;
      this.inWindow[device]++;
      this.inContext[device]++;
      this.localInContext[device] += local[ends.known];
    }
    for (; ends.windowFrom < ends.known && timesMs[ends.windowFrom] < window.fromMs; ends.windowFrom++) {
      this.inWindow[devices[ends.windowFrom]]--;
    }
    for (; ends.contextFrom < ends.known && timesMs[ends.contextFrom] < context.fromMs; ends.contextFrom++) {
      this.inContext[devices[ends.contextFrom]]--;
      this.localInContext[devices[ends.contextFrom]] -= local[ends.contextFrom];
    }
  }
}
