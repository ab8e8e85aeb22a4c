import type { RecordBatch } from '../../export/core/record-batch.js';
import type { AggregatorState } from './aggregator-state.js';
import { ContextSums } from './context-sums.js';
import { bandBit } from './device-kind.js';
import { EarliestWindows } from './earliest-windows.js';
import {
  AUTH_FAILURE,
  BEACON,
  CLIENT,
  CONNECT,
  DISASSOCIATION,
  DISCONNECT,
  JOIN,
  WIFI,
} from './event-class.js';
import { EVENT, type EventColumns } from './event-columns.js';
import { isSyslogWifi, type ProgramTraits, SYSLOG } from './program-traits.js';
import { SlotSets, type WindowLines } from './slot-sets.js';
import * as col from './window-slots.js';

/** Which of the costly sums the features ask for. */
export interface SumNeeds {
  readonly macs: boolean;
  readonly ssids: boolean;
  /** Lines of each program, not only which there are. */
  readonly programCounts: boolean;
  /** First window of each program of a device. */
  readonly newPrograms: boolean;
  /** Which sixtieths of the window hold a line. */
  readonly bins: boolean;
  /** Lines of each device: pooled windows. */
  readonly devices: boolean;
  /** What the features of context are made of. */
  readonly context: boolean;
}

/** Whose an open slot is. */
export interface SlotPlaces {
  owner(slot: number): number;
  /** Window index: start / stride. */
  window(slot: number): number;
}

/** Our numbers for those of another part. */
export interface StateNumbers {
  /** Slot of each of its open windows. */
  readonly slots: Int32Array;
  readonly owner: (owner: number) => number;
  readonly device: (device: number) => number;
  readonly program: (program: number) => number;
  readonly text: (text: number) => number;
}

/** Groups that few lines are in. */
const RARE = AUTH_FAILURE | DISCONNECT | BEACON | CONNECT;
const WARNING = 4;
/** Where the distinct addresses of a window are counted. */
const MAC_COUNT = { stride: col.INT_COLUMNS, column: col.MACS, limit: col.MAX_DISTINCT };
const BINS = 60;
const HALF = 30;

/** The sums and distinct sets of the open windows. */
export class WindowSums {
  readonly slots = new col.WindowSlots();
  /** First window of each program; null when no feature asks. */
  readonly earliest: EarliestWindows | null;
  /** Null when no feature asks. */
  readonly context: ContextSums | null;
  /** Our numbers for the SSIDs of the events; filled by the caller before the lines. */
  ssidNumbers = new Int32Array(0);
  private readonly macs = new SlotSets(false, 4);
  private readonly ssids = new SlotSets(false, 2);
  private readonly programs: SlotSets;
  private readonly devices = new SlotSets(true, 3);

  /** The sets that a feature asks for. */
  private readonly used: readonly SlotSets[];

  constructor(
    private readonly needs: SumNeeds,
    private readonly lengthMs: number,
    private readonly traits: ProgramTraits,
    private readonly places: SlotPlaces,
  ) {
    this.programs = new SlotSets(needs.programCounts, 3);
    this.used = [
      ...(needs.macs ? [this.macs] : []),
      ...(needs.ssids ? [this.ssids] : []),
      this.programs,
      ...(needs.devices ? [this.devices] : []),
    ];
    this.earliest = needs.newPrograms ? new EarliestWindows() : null;
    this.context = needs.context ? new ContextSums(this.slots, places, lengthMs / 1000) : null;
  }

  /**
   * Adds lines to windows: row `lines.rows[i]` of the batch to slot `lines.slots[i]`. A short loop for each group of
   * columns, without a call for each line, is about twice as fast as all columns line by line.
   */
  addLines(batch: RecordBatch, events: EventColumns, lines: WindowLines): void {
    const { needs, slots } = this;
    this.addGroups(batch, events, lines);
    addLevels(batch, events, lines, slots.ints);
    addTimes(batch, lines, slots);
    if (needs.bins) this.addBins(batch, lines);
    if (needs.macs) this.macs.countNew(lines, events.mac, slots.ints, MAC_COUNT);
    this.addPrograms(batch, lines);
    if (needs.devices) this.addDevices(batch, lines);
    this.addReadings(batch, events, lines);
    this.context?.addLines(batch, events, lines);
  }

  openSlot(slot: number, startMs: number): void {
    this.slots.clear(slot, startMs);
    this.context?.openSlot(slot);
    for (const sets of this.used) sets.openSlot(slot);
  }

  /** Forgets the distinct sets of the slots marked 1. */
  dropSlots(closed: Uint8Array): void {
    for (const sets of this.used) sets.dropSlots(closed);
  }

  /** Gives the memory back; what is left is who and what was seen first, and the lists of the finished windows. */
  drop(): void {
    this.slots.drop();
    this.context?.drop();
    for (const sets of this.used) sets.drop();
  }

  /** Distinct things that did not fit into the small tables: what a flood of new addresses could fill. */
  get crowd(): number {
    return this.used.reduce((count, sets) => count + sets.restSize, 0);
  }

  /** The sums of the open slots, in their order. */
  export(open: Int32Array): Pick<AggregatorState, 'ints' | 'sums' | 'sets' | 'earliest' | 'context'> {
    return {
      ...this.slots.export(open),
      sets: [this.macs, this.ssids, this.programs, this.devices].map((sets) => sets.export(open)),
      earliest: this.earliest === null ? null : this.earliest.export(),
      context: this.context === null ? null : this.context.export(open),
    };
  }

  /** Adds the sums of another part to our slots of the same windows. */
  absorb({ ints, sums, sets, earliest, context }: AggregatorState, numbers: StateNumbers): void {
    numbers.slots.forEach((slot, row) => {
      this.slots.merge(slot, ints, sums, row);
    });
    // In the order of export().
    sets.forEach((state, set) => {
      for (let i = 0; i < state.slots.length; i++) {
        const count = state.counts.length === 0 ? 1 : state.counts[i];
        const slot = numbers.slots[state.slots[i]];
        if (set === 0) this.addMac(slot, state.ids[i]);
        else if (set === 1) this.addSsid(slot, numbers.text(state.ids[i]));
        else if (set === 2) this.addProgram(slot, numbers.program(state.ids[i]), count);
        else this.addDevice(slot, numbers.device(state.ids[i]), count);
      }
    });
    if (context !== null) this.context?.absorb(context, numbers.slots, numbers.owner);
    if (this.earliest === null || earliest === null) return;
    for (let i = 0; i < earliest.owners.length; i++) {
      const owner = numbers.owner(earliest.owners[i]);
      this.earliest.note(owner, numbers.program(earliest.ids[i]), earliest.windows[i]);
    }
  }

  private addGroups(batch: RecordBatch, events: EventColumns, { count, rows, slots }: WindowLines): void {
    const { ints } = this.slots;
    const { groups } = events;
    const { program, bytes, messageStart, messageEnd } = batch;
    const { kinds } = this.traits;
    for (let i = 0; i < count; i++) {
      const row = rows[i];
      const at = slots[i] * col.INT_COLUMNS;
      const bits = groups[row];
      ints[at + col.LOGS]++;
      if ((bits & JOIN) !== 0) ints[at + col.JOINS]++;
      if ((bits & RARE) !== 0) addRare(ints, at, bits);
      if ((bits & WIFI) === 0) {
        const kind = kinds[program[row]];
        if (kind === 0) continue;
        if (kind === SYSLOG && !isSyslogWifi(bytes, messageStart[row], messageEnd[row])) continue;
      }
      ints[at + col.WIFI_LINES]++;
    }
  }

  private addBins({ timeMs }: RecordBatch, { count, rows, slots }: WindowLines): void {
    const { lengthMs } = this;
    const { ints, sums } = this.slots;
    for (let i = 0; i < count; i++) {
      const offset = timeMs[rows[i]] - sums[slots[i] * col.SUM_COLUMNS + col.START];
      const at = slots[i] * col.INT_COLUMNS;
      const bin = Math.floor((offset * BINS) / lengthMs);
      if (bin < HALF) ints[at + col.BINS_LOW] |= 1 << bin;
      else ints[at + col.BINS_HIGH] |= 1 << (bin - HALF);
    }
  }

  private addPrograms({ program }: RecordBatch, { count, rows, slots }: WindowLines): void {
    const { ints } = this.slots;
    const { programCounts } = this.needs;
    for (let i = 0; i < count; i++) {
      const id = program[rows[i]];
      if (!programCounts && id < 32) {
        // The first programs have a bit: most lines are of one that the window has had already.
        const at = slots[i] * col.INT_COLUMNS + col.FIRST_PROGRAMS;
        if (((ints[at] >>> id) & 1) === 1) continue;
        ints[at] |= 1 << id;
      }
      this.addProgram(slots[i], id, 1);
    }
  }

  private addDevices({ device }: RecordBatch, { count, rows, slots }: WindowLines): void {
    for (let i = 0; i < count; i++) this.addDevice(slots[i], device[rows[i]], 1);
  }

  /** What few lines carry. */
  private addReadings(batch: RecordBatch, events: EventColumns, { count, rows, slots }: WindowLines): void {
    const { freq, signal, txrate, ssid, mac, groups } = events;
    const { ints, sums } = this.slots;
    const ssids = this.needs.ssids;
    for (let i = 0; i < count; i++) {
      const row = rows[i];
      const slot = slots[i];
      if (ssid[row] >= 0 && ssids) this.addSsid(slot, this.ssidNumbers[ssid[row]]);
      if (freq[row] > 0) ints[slot * col.INT_COLUMNS + col.BAND_BITS] |= bandBit(freq[row]);
      if (!Number.isNaN(signal[row])) {
        addSignal(batch.timeMs, signal, row, this.slots, slot);
        this.context?.addSignal(slot, (groups[row] & CLIENT) === 0 ? -1 : mac[row], signal[row]);
      }
      if (!Number.isNaN(txrate[row])) {
        ints[slot * col.INT_COLUMNS + col.RATES]++;
        sums[slot * col.SUM_COLUMNS + col.RATE_SUM] += txrate[row];
      }
    }
  }

  private addMac(slot: number, mac: number): void {
    const { ints } = this.slots;
    const at = slot * col.INT_COLUMNS + col.MACS;
    // The smaller of the distinct count and the limit: the same in any order and for any split.
    if (ints[at] < col.MAX_DISTINCT && this.macs.add(slot, mac, 1) === 1) ints[at]++;
  }

  private addSsid(slot: number, ssid: number): void {
    const { ints } = this.slots;
    const at = slot * col.INT_COLUMNS + col.SSIDS;
    if (ints[at] < col.MAX_DISTINCT && this.ssids.add(slot, ssid, 1) === 1) ints[at]++;
  }

  private addProgram(slot: number, program: number, count: number): void {
    const { ints } = this.slots;
    const at = slot * col.INT_COLUMNS;
    const lines = this.programs.add(slot, program, count);
    if (lines > ints[at + col.TOP_PROGRAM]) ints[at + col.TOP_PROGRAM] = lines;
    if (lines !== count) return;
    ints[at + col.PROGRAMS]++;
    ints[at + col.PROGRAM_BITS] |= this.traits.deviceBits(program);
    if (this.earliest !== null) {
      this.earliest.note(this.places.owner(slot), program, this.places.window(slot));
    }
  }

  private addDevice(slot: number, device: number, count: number): void {
    const { ints } = this.slots;
    const at = slot * col.INT_COLUMNS;
    const lines = this.devices.add(slot, device, count);
    if (lines > ints[at + col.TOP_DEVICE]) ints[at + col.TOP_DEVICE] = lines;
    if (lines === count) ints[at + col.DEVICES]++;
  }
}

function addRare(ints: Int32Array, at: number, groups: number): void {
  if ((groups & AUTH_FAILURE) !== 0) ints[at + col.AUTH_FAILURES]++;
  if ((groups & DISCONNECT) !== 0) ints[at + col.DISCONNECTS]++;
  if ((groups & DISASSOCIATION) !== 0) ints[at + col.DISASSOCIATIONS]++;
  if ((groups & BEACON) !== 0) ints[at + col.BEACONS]++;
  if ((groups & CONNECT) !== 0) ints[at + col.CONNECTS]++;
}

function addLevels(
  { level }: RecordBatch,
  { flags }: EventColumns,
  { count, rows, slots }: WindowLines,
  ints: Int32Array,
): void {
  for (let i = 0; i < count; i++) {
    const row = rows[i];
    const at = slots[i] * col.INT_COLUMNS;
    const severity = level[row];
    if (severity <= WARNING && severity >= 0) {
      ints[at + (severity === WARNING ? col.WARNINGS : col.ERRORS)]++;
    }
    if ((flags[row] & EVENT.errorText) !== 0) ints[at + col.ERROR_TEXTS]++;
  }
}

function addTimes(
  { timeMs }: RecordBatch,
  { count, rows, slots }: WindowLines,
  { ints, sums }: col.WindowSlots,
): void {
  for (let i = 0; i < count; i++) {
    const at = slots[i] * col.INT_COLUMNS;
    const base = slots[i] * col.SUM_COLUMNS;
    const offset = (timeMs[rows[i]] - sums[base + col.START]) | 0;
    if (offset < ints[at + col.FIRST_OFFSET]) ints[at + col.FIRST_OFFSET] = offset;
    if (offset > ints[at + col.LAST_OFFSET]) ints[at + col.LAST_OFFSET] = offset;
    sums[base + col.OFFSET_SUM] += offset;
  }
}

function addSignal(
  timeMs: Float64Array,
  signals: Float64Array,
  row: number,
  { ints, sums }: col.WindowSlots,
  slot: number,
): void {
  const base = slot * col.SUM_COLUMNS;
  const signal = signals[row];
  // Whole seconds: syslog has no finer clock, and the sums stay exact integers.
  const seconds = Math.floor((timeMs[row] - sums[base + col.START]) / 1000);
  ints[slot * col.INT_COLUMNS + col.SIGNALS]++;
  sums[base + col.SIGNAL_SUM] += signal;
  sums[base + col.SIGNAL_SQUARES] += signal * signal;
  sums[base + col.SIGNAL_SECONDS] += seconds;
  sums[base + col.SIGNAL_SECONDS_SQUARES] += seconds * seconds;
  sums[base + col.SIGNAL_PRODUCTS] += seconds * signal;
}
