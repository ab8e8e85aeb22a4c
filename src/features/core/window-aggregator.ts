import type { RecordNames } from '../../export/core/name-table.js';
import { ROW, type RecordBatch } from '../../export/core/record-batch.js';
import { isWifiLine, isWifiProgram } from '../../export/core/wifi-programs.js';
import { bandBit, programBits } from './device-kind.js';
import { AUTH_FAILURE, BEACON, CONNECT, DISASSOCIATION, DISCONNECT, JOIN, WIFI } from './event-class.js';
import { EVENT, type EventColumns } from './event-columns.js';
import type { FeatureDefinition } from './feature-catalogue.js';
import type { AggregatorOptions, RowAggregator } from './feature-set.js';
import { Interner, PairCounter } from './pair-counter.js';
import { buildWindowTable, checkGridSize, checkWindows } from './window-grid.js';
import * as col from './window-slots.js';
import type { WindowConfig, WindowTable, ZoneOffset } from './window-table.js';

export interface WindowAggregatorInput extends AggregatorOptions {
  readonly window: WindowConfig;
  readonly features: readonly FeatureDefinition[];
  readonly zone: ZoneOffset;
}

/** Windows of one device (or of all, pooled). */
interface Owner {
  readonly id: number;
  readonly slotByWindow: Map<number, number>;
  /** Program number -> earliest window that held it. */
  readonly firstWindowByProgram: Map<number, number>;
  lastWindow: number;
  lastSlot: number;
}

/**
 * Sums log lines into windows. Lines may come in any order and the result is the same to the last bit, because all
 * sums are integers. Memory grows with the non-empty windows (172 bytes each and 12 to 24 per distinct address, SSID
 * and program in it), never with the lines.
 */
export class WindowAggregator implements RowAggregator {
  readonly needsEvents = true;
  private readonly slots = new col.WindowSlots();
  private readonly ownerList: Owner[] = [];
  private readonly ownerNames = new Interner<string>();
  private readonly deviceNames = new Interner<string>();
  private readonly macs = new Interner<number>();
  private readonly bitsByProgram: number[] = [];
  private readonly wifiByProgram: boolean[] = [];
  private readonly macPairs = new PairCounter();
  private readonly ssidPairs = new PairCounter();
  private readonly programPairs = new PairCounter();
  private readonly devicePairs = new PairCounter();
  private readonly config: WindowConfig;
  private readonly names: RecordNames;
  private readonly decode: AggregatorOptions['decode'];
  private readonly features: readonly FeatureDefinition[];
  private readonly zone: ZoneOffset;
  private readonly lengthMs: number;
  private readonly strideMs: number;
  private readonly pooled: boolean;
  private firstMs = NaN;
  private lastMs = NaN;
  // The line being added: read once, used for each window that covers it.
  private line = { device: 0, program: 0, groups: 0, wifi: false, level: -1, errorText: false };
  private fields = { signal: NaN, txrate: NaN, freq: -1 };
  private lastDevice = -1;
  private lastOwner: Owner | null = null;
  private mac = -1;
  private ssid = -1;

  /** @throws AppError `config_invalid` for a length or stride that makes no grid */
  constructor({ window: config, features, zone, names, decode }: WindowAggregatorInput) {
    this.config = config;
    this.features = features;
    this.zone = zone;
    this.names = names;
    this.decode = decode;
    checkWindows(config);
    this.lengthMs = config.lengthSeconds * 1000;
    this.strideMs = config.strideSeconds * 1000;
    this.pooled = config.groupBy === 'all';
  }

  add(batch: RecordBatch, events: EventColumns | null): void {
    if (events === null) throw new TypeError('The columns of the events are missing.');
    for (let row = 0; row < batch.count; row++) {
      if ((batch.flags[row] & ROW.kept) !== 0) this.addRow(batch, events, row);
    }
  }

  private addRow(batch: RecordBatch, events: EventColumns, row: number): void {
    const timestampMs = batch.timeMs[row];
    if (!(timestampMs >= this.firstMs)) this.firstMs = timestampMs;
    if (!(timestampMs <= this.lastMs)) this.lastMs = timestampMs;
    const owner = this.ownerOf(batch.device[row]);
    const { line, fields } = this;
    this.loadProgram(batch.program[row]);
    line.groups = events.groups[row];
    const program = this.names.programs.name(line.program);
    line.wifi =
      (line.groups & WIFI) !== 0 ||
      this.wifiByProgram[line.program] ||
      (program === 'syslog' &&
        isWifiLine(program, this.decode(batch.bytes, batch.messageStart[row], batch.messageEnd[row])));
    line.level = batch.level[row];
    line.errorText = (events.flags[row] & EVENT.errorText) !== 0;
    this.mac = events.mac[row] >= 0 ? this.macs.id(events.mac[row]) : -1;
    this.ssid = events.ssid[row];
    fields.signal = events.signal[row];
    fields.txrate = events.txrate[row];
    fields.freq = events.freq[row];

    const newest = Math.floor(timestampMs / this.strideMs);
    const oldest = Math.floor((timestampMs - this.lengthMs) / this.strideMs) + 1;
    for (let window = oldest; window <= newest; window++) {
      const slot = window === owner.lastWindow ? owner.lastSlot : this.slotOf(owner, window);
      this.addLine(owner, window, slot, timestampMs - window * this.strideMs);
    }
  }

  /** The complete grid of all lines added so far. */
  finish(): WindowTable {
    const { slots } = this;
    const newPrograms = new Int32Array(slots.count);
    for (const owner of this.ownerList) {
      for (const window of owner.firstWindowByProgram.values()) {
        const slot = owner.slotByWindow.get(window);
        if (slot !== undefined) newPrograms[slot]++;
      }
    }
    const { config, features, zone, firstMs, lastMs } = this;
    return buildWindowTable({
      config,
      features,
      zone,
      slots,
      owners: this.ownerNames.keys(),
      newPrograms,
      firstMs,
      lastMs,
    });
  }

  private ownerOf(device: number): Owner {
    if (this.lastOwner !== null && device === this.lastDevice) return this.lastOwner;
    const name = this.names.devices.name(device);
    if (this.pooled) this.line.device = this.deviceNames.id(name);
    const id = this.ownerNames.id(this.pooled ? '*' : name);
    if (id === this.ownerList.length) {
      this.ownerList.push({
        id,
        slotByWindow: new Map(),
        firstWindowByProgram: new Map(),
        lastWindow: NaN,
        lastSlot: -1,
      });
    }
    this.lastDevice = device;
    this.lastOwner = this.ownerList[id];
    return this.lastOwner;
  }

  private loadProgram(program: number): void {
    for (let id = this.bitsByProgram.length; id <= program; id++) {
      const name = this.names.programs.name(id);
      this.bitsByProgram.push(programBits(name));
      this.wifiByProgram.push(isWifiProgram(name));
    }
    this.line.program = program;
  }

  private slotOf(owner: Owner, window: number): number {
    let slot = owner.slotByWindow.get(window);
    if (slot === undefined) {
      const overlap = Math.ceil(this.lengthMs / this.strideMs);
      // Edge windows are dropped later, so that many more may exist than the grid will have.
      const edges = 2 * overlap * this.ownerList.length;
      checkGridSize(this.config, this.slots.count + 1 - edges, this.firstMs, this.lastMs);
      slot = this.slots.create(owner.id, window);
      owner.slotByWindow.set(window, slot);
    }
    owner.lastWindow = window;
    owner.lastSlot = slot;
    return slot;
  }

  /** @param offset milliseconds after the window's start */
  private addLine(owner: Owner, window: number, slot: number, offset: number): void {
    const { line, slots } = this;
    const { ints } = slots;
    const { groups } = line;
    const at = slot * col.INT_COLUMNS;
    ints[at + col.LOGS]++;
    if (line.wifi) ints[at + col.WIFI_LINES]++;
    if ((groups & AUTH_FAILURE) !== 0) ints[at + col.AUTH_FAILURES]++;
    if ((groups & DISCONNECT) !== 0) ints[at + col.DISCONNECTS]++;
    if ((groups & DISASSOCIATION) !== 0) ints[at + col.DISASSOCIATIONS]++;
    if ((groups & BEACON) !== 0) ints[at + col.BEACONS]++;
    if ((groups & CONNECT) !== 0) ints[at + col.CONNECTS]++;
    if ((groups & JOIN) !== 0) ints[at + col.JOINS]++;
    if (line.level >= 0 && line.level <= 3) ints[at + col.ERRORS]++;
    else if (line.level === 4) ints[at + col.WARNINGS]++;
    if (line.errorText) ints[at + col.ERROR_TEXTS]++;
    if (offset < ints[at + col.FIRST_OFFSET]) ints[at + col.FIRST_OFFSET] = offset;
    if (offset > ints[at + col.LAST_OFFSET]) ints[at + col.LAST_OFFSET] = offset;
    const bin = Math.floor((offset * 60) / this.lengthMs);
    if (bin < 30) ints[at + col.BINS_LOW] |= 1 << bin;
    else ints[at + col.BINS_HIGH] |= 1 << (bin - 30);
    ints[at + col.PROGRAM_BITS] |= this.bitsByProgram[line.program];
    slots.sums[slot * col.SUM_COLUMNS + col.OFFSET_SUM] += offset;
    this.countDistinct(owner, window, slot, at);
    this.addMeasurements(slot, at, offset);
  }

  private countDistinct(owner: Owner, window: number, slot: number, at: number): void {
    const { ints } = this.slots;
    const { program, device } = this.line;
    const ofProgram = this.programPairs.add(slot, program);
    if (ofProgram > ints[at + col.TOP_PROGRAM]) ints[at + col.TOP_PROGRAM] = ofProgram;
    if (ofProgram === 1) {
      ints[at + col.PROGRAMS]++;
      const first = owner.firstWindowByProgram.get(program);
      if (first === undefined || window < first) owner.firstWindowByProgram.set(program, window);
    }
    if (this.mac >= 0 && this.macPairs.add(slot, this.mac) === 1) ints[at + col.MACS]++;
    if (this.ssid >= 0 && this.ssidPairs.add(slot, this.ssid) === 1) ints[at + col.SSIDS]++;
    if (!this.pooled) return;
    const ofDevice = this.devicePairs.add(slot, device);
    if (ofDevice === 1) ints[at + col.DEVICES]++;
    if (ofDevice > ints[at + col.TOP_DEVICE]) ints[at + col.TOP_DEVICE] = ofDevice;
  }

  private addMeasurements(slot: number, at: number, offset: number): void {
    const { signal, txrate, freq } = this.fields;
    const { ints, sums } = this.slots;
    if (freq > 0) ints[at + col.BAND_BITS] |= bandBit(freq);
    const base = slot * col.SUM_COLUMNS;
    if (!Number.isNaN(signal)) {
      // Whole seconds: syslog has no finer clock, and the sums stay exact integers.
      const seconds = Math.floor(offset / 1000);
      ints[at + col.SIGNALS]++;
      sums[base + col.SIGNAL_SUM] += signal;
      sums[base + col.SIGNAL_SQUARES] += signal * signal;
      sums[base + col.SIGNAL_SECONDS] += seconds;
      sums[base + col.SIGNAL_SECONDS_SQUARES] += seconds * seconds;
      sums[base + col.SIGNAL_PRODUCTS] += seconds * signal;
    }
    if (!Number.isNaN(txrate)) {
      ints[at + col.RATES]++;
      sums[base + col.RATE_SUM] += txrate;
    }
  }
}
