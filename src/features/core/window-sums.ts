import type { RecordBatch } from '../../export/core/record-batch.js';
import type { AggregatorState } from './aggregator-state.js';
import { bandBit } from './device-kind.js';
import { EarliestWindows } from './earliest-windows.js';
import { AUTH_FAILURE, BEACON, CONNECT, DISASSOCIATION, DISCONNECT, JOIN, WIFI } from './event-class.js';
import { EVENT, type EventColumns } from './event-columns.js';
import { PairCounter } from './pair-counter.js';
import type { ProgramTraits } from './program-traits.js';
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
const BINS = 60;
const HALF = 30;

/** The sums and distinct sets of the open windows: adds one line to one window. */
export class WindowSums {
  readonly slots = new col.WindowSlots();
  /** First window of each program; null when no feature asks. */
  readonly earliest: EarliestWindows | null;
  /** Our numbers for the SSIDs of the events; filled by the caller before the lines. */
  ssidNumbers = new Int32Array(0);
  private readonly macs = new PairCounter(false);
  private readonly ssids = new PairCounter(false);
  private readonly programs: PairCounter;
  private readonly devices = new PairCounter(true);

  constructor(
    private readonly needs: SumNeeds,
    private readonly lengthMs: number,
    private readonly traits: ProgramTraits,
    private readonly places: SlotPlaces,
  ) {
    this.programs = new PairCounter(needs.programCounts);
    this.earliest = needs.newPrograms ? new EarliestWindows() : null;
  }

  /** @param offset milliseconds after the window's start */
  addLine(batch: RecordBatch, events: EventColumns, row: number, slot: number, offset: number): void {
    const { ints, sums } = this.slots;
    const at = slot * col.INT_COLUMNS;
    const program = batch.program[row];
    const groups = events.groups[row];
    ints[at + col.LOGS]++;
    if ((groups & WIFI) !== 0 || this.isWifi(batch, row, program)) ints[at + col.WIFI_LINES]++;
    if ((groups & JOIN) !== 0) ints[at + col.JOINS]++;
    if ((groups & RARE) !== 0) addGroups(ints, at, groups);
    const level = batch.level[row];
    if (level <= WARNING && level >= 0) ints[at + (level === WARNING ? col.WARNINGS : col.ERRORS)]++;
    if ((events.flags[row] & EVENT.errorText) !== 0) ints[at + col.ERROR_TEXTS]++;
    if (offset < ints[at + col.FIRST_OFFSET]) ints[at + col.FIRST_OFFSET] = offset;
    if (offset > ints[at + col.LAST_OFFSET]) ints[at + col.LAST_OFFSET] = offset;
    ints[at + col.PROGRAM_BITS] |= this.traits.bits[program];
    sums[slot * col.SUM_COLUMNS + col.OFFSET_SUM] += offset;
    if (this.needs.bins) addBin(ints, at, Math.floor((offset * BINS) / this.lengthMs));
    this.addDistinct(batch, events, row, slot);
    const freq = events.freq[row];
    if (freq > 0) ints[at + col.BAND_BITS] |= bandBit(freq);
    const signal = events.signal[row];
    if (signal === signal) addSignal(ints, sums, slot, signal, offset);
    const txrate = events.txrate[row];
    if (txrate === txrate) {
      ints[at + col.RATES]++;
      sums[slot * col.SUM_COLUMNS + col.RATE_SUM] += txrate;
    }
  }

  /** Forgets the distinct sets of the slots marked 1. */
  dropSlots(closed: Uint8Array): void {
    for (const pairs of this.pairs()) pairs.dropSlots(closed);
  }

  /** Gives the memory back; what is left are the earliest windows. */
  drop(): void {
    this.slots.drop();
    for (const pairs of this.pairs()) pairs.clear();
  }

  /** Distinct (window, thing) pairs held: what a flood of new addresses could fill. */
  get pairCount(): number {
    return this.pairs().reduce((count, pairs) => count + pairs.size, 0);
  }

  /** The sums of the open slots, in their order. */
  export(open: Int32Array, slotLimit: number): Pick<AggregatorState, 'ints' | 'sums' | 'pairs' | 'earliest'> {
    const number = new Int32Array(slotLimit).fill(-1);
    open.forEach((slot, row) => {
      number[slot] = row;
    });
    return {
      ...this.slots.export(open),
      pairs: this.pairs().map((pairs) => pairs.export(number)),
      earliest: this.earliest === null ? null : this.earliest.export(),
    };
  }

  /** Adds the sums of another part to our slots of the same windows. */
  absorb({ ints, sums, pairs, earliest }: AggregatorState, numbers: StateNumbers): void {
    numbers.slots.forEach((slot, row) => {
      this.slots.merge(slot, ints, sums, row);
    });
    const same = (id: number): number => id;
    // In the order of pairs().
    const ids = [same, numbers.text, numbers.program, numbers.device];
    pairs.forEach((state, set) => {
      for (let i = 0; i < state.slots.length; i++) {
        const count = state.counts.length === 0 ? 1 : state.counts[i];
        this.addPair(set, numbers.slots[state.slots[i]], ids[set](state.ids[i]), count);
      }
    });
    if (this.earliest === null || earliest === null) return;
    for (let i = 0; i < earliest.owners.length; i++) {
      const owner = numbers.owner(earliest.owners[i]);
      this.earliest.note(owner, numbers.program(earliest.ids[i]), earliest.windows[i]);
    }
  }

  private pairs(): PairCounter[] {
    return [this.macs, this.ssids, this.programs, this.devices];
  }

  private isWifi(batch: RecordBatch, row: number, program: number): boolean {
    return this.traits.isWifi(program, batch.bytes, batch.messageStart[row], batch.messageEnd[row]);
  }

  private addDistinct(batch: RecordBatch, events: EventColumns, row: number, slot: number): void {
    const { needs } = this;
    if (needs.macs) {
      const mac = events.mac[row];
      if (mac >= 0) this.addMac(slot, mac);
    }
    const ssid = events.ssid[row];
    if (needs.ssids && ssid >= 0) this.addSsid(slot, this.ssidNumbers[ssid]);
    this.addProgram(slot, batch.program[row], 1);
    if (needs.devices) this.addDevice(slot, batch.device[row], 1);
  }

  private addPair(set: number, slot: number, id: number, count: number): void {
    if (set === 0) this.addMac(slot, id);
    else if (set === 1) this.addSsid(slot, id);
    else if (set === 2) this.addProgram(slot, id, count);
    else this.addDevice(slot, id, count);
  }

  private addMac(slot: number, mac: number): void {
    const { ints } = this.slots;
    const at = slot * col.INT_COLUMNS + col.MACS;
    // The smaller of the distinct count and the limit: the same in any order and for any split.
    if (ints[at] < col.MAX_DISTINCT && this.macs.add(slot, mac) === 1) ints[at]++;
  }

  private addSsid(slot: number, ssid: number): void {
    const { ints } = this.slots;
    const at = slot * col.INT_COLUMNS + col.SSIDS;
    if (ints[at] < col.MAX_DISTINCT && this.ssids.add(slot, ssid) === 1) ints[at]++;
  }

  private addProgram(slot: number, program: number, count: number): void {
    const { ints } = this.slots;
    const at = slot * col.INT_COLUMNS;
    const lines = this.programs.addCount(slot, program, count);
    if (lines > ints[at + col.TOP_PROGRAM]) ints[at + col.TOP_PROGRAM] = lines;
    if (lines !== count) return;
    ints[at + col.PROGRAMS]++;
    if (this.earliest !== null) {
      this.earliest.note(this.places.owner(slot), program, this.places.window(slot));
    }
  }

  private addDevice(slot: number, device: number, count: number): void {
    const { ints } = this.slots;
    const at = slot * col.INT_COLUMNS;
    const lines = this.devices.addCount(slot, device, count);
    if (lines > ints[at + col.TOP_DEVICE]) ints[at + col.TOP_DEVICE] = lines;
    if (lines === count) ints[at + col.DEVICES]++;
  }
}

function addGroups(ints: Int32Array, at: number, groups: number): void {
  if ((groups & AUTH_FAILURE) !== 0) ints[at + col.AUTH_FAILURES]++;
  if ((groups & DISCONNECT) !== 0) ints[at + col.DISCONNECTS]++;
  if ((groups & DISASSOCIATION) !== 0) ints[at + col.DISASSOCIATIONS]++;
  if ((groups & BEACON) !== 0) ints[at + col.BEACONS]++;
  if ((groups & CONNECT) !== 0) ints[at + col.CONNECTS]++;
}

function addBin(ints: Int32Array, at: number, bin: number): void {
  if (bin < HALF) ints[at + col.BINS_LOW] |= 1 << bin;
  else ints[at + col.BINS_HIGH] |= 1 << (bin - HALF);
}

function addSignal(ints: Int32Array, sums: Float64Array, slot: number, signal: number, offset: number): void {
  // Whole seconds: syslog has no finer clock, and the sums stay exact integers.
  const seconds = Math.floor(offset / 1000);
  const base = slot * col.SUM_COLUMNS;
  ints[slot * col.INT_COLUMNS + col.SIGNALS]++;
  sums[base + col.SIGNAL_SUM] += signal;
  sums[base + col.SIGNAL_SQUARES] += signal * signal;
  sums[base + col.SIGNAL_SECONDS] += seconds;
  sums[base + col.SIGNAL_SECONDS_SQUARES] += seconds * seconds;
  sums[base + col.SIGNAL_PRODUCTS] += seconds * signal;
}
