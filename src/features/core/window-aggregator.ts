import { BATCH_ROWS } from '../../export/core/ingest-memory.js';
import type { NameTable, RecordNames } from '../../export/core/name-table.js';
import { ROW, type RecordBatch } from '../../export/core/record-batch.js';
import { type AggregatorState, renumber } from './aggregator-state.js';
import { needsContext } from './context-formulas.js';
import { CONTEXT_INTEGERS, writeContext } from './context-windows.js';
import type { EventColumns } from './event-columns.js';
import type { FeatureDefinition } from './feature-catalogue.js';
import { featureColumns, type FeatureColumns } from './feature-formulas.js';
import type { AggregatorOptions, FeatureBasis, RowAggregator } from './feature-set.js';
import { ProgramTraits } from './program-traits.js';
import type { WindowLines } from './slot-sets.js';
import { TextNumbers } from './text-numbers.js';
import { checkWindows } from './window-grid.js';
import { type SlotKeeper, WindowLedger } from './window-ledger.js';
import { WindowRows } from './window-rows.js';
import { BAND_BITS, DEVICES, LOGS, PROGRAM_BITS, TOP_DEVICE } from './window-slots.js';
import { WindowSums } from './window-sums.js';
import {
  buildWindowTable,
  KIND_BAND_SHIFT,
  POOLED_ROW_INTEGERS,
  rebaseLists,
  ROW_DEVICES,
  ROW_INTEGERS,
  ROW_KIND,
  ROW_LOGS,
  ROW_TOP_DEVICE,
} from './window-table-builder.js';
import type { WindowConfig, WindowTable, ZoneOffset } from './window-table.js';
import { WindowView } from './window-view.js';

export interface WindowAggregatorInput extends AggregatorOptions {
  readonly window: WindowConfig;
  readonly features: readonly FeatureDefinition[];
  readonly zone: ZoneOffset;
}

const ALL_DEVICES = '*';

/**
 * Sums log lines into windows. Lines may come in any order, and may be split among several aggregators, and the result
 * is the same to the last bit, because all sums are integers. Memory: some 200 bytes for an open window and 20 to 40 per
 * distinct address, SSID and program in it, 100 for a finished one, with features of context 50 more and 12 for each
 * address in it that did something, nothing for a line.
 */
export class WindowAggregator implements RowAggregator, SlotKeeper {
  readonly needsEvents = true;
  /** What is open and what is finished. */
  readonly ledger: WindowLedger;
  readonly sums: WindowSums;
  private readonly config: WindowConfig;
  private readonly names: RecordNames;
  private readonly columns: FeatureColumns;
  private readonly featureNames: readonly string[];
  private readonly traits: ProgramTraits;
  private readonly view: WindowView;
  private readonly lengthMs: number;
  private readonly strideMs: number;
  private readonly pooled: boolean;
  /** Where the integers for the features of context begin in those of a row. */
  private readonly contextAt: number;
  /** Windows do not overlap: a line lies in one. */
  private readonly single: boolean;
  // Start of the window that a line of each owner fell into last, and its slot; NaN = look it up.
  private lastStart = new Float64Array(64).fill(NaN);
  private lastSlot = new Int32Array(64);
  /** Lines of the batch whose window is known, not added yet. */
  private readonly lines: WindowLines = {
    count: 0,
    rows: new Int32Array(BATCH_ROWS),
    slots: new Int32Array(BATCH_ROWS),
  };
  // Our numbers for the SSIDs of a table.
  private readonly ssidTexts = new TextNumbers();
  private ssidSource: NameTable | null = null;
  private ssidsRead = 0;

  /** @throws AppError `config_invalid` for a length or stride that makes no grid */
  constructor({ window: config, features, zone, names, keepAll, sweepLines }: WindowAggregatorInput) {
    checkWindows(config);
    this.config = config;
    this.names = names;
    this.featureNames = features.map(({ name }) => name);
    this.columns = featureColumns(this.featureNames);
    this.lengthMs = config.lengthSeconds * 1000;
    this.strideMs = config.strideSeconds * 1000;
    this.single = this.lengthMs === this.strideMs;
    this.pooled = config.groupBy === 'all';
    this.traits = new ProgramTraits(names.programs);
    this.view = new WindowView(config.lengthSeconds, zone);
    const hasContext = this.featureNames.some(needsContext);
    this.contextAt = this.pooled ? POOLED_ROW_INTEGERS : ROW_INTEGERS;
    const integers = this.contextAt + (hasContext ? CONTEXT_INTEGERS : 0);
    this.ledger = new WindowLedger({
      ...{ config, keeper: this, keepAll, sweepLines },
      rows: new WindowRows(this.columns.window.length, integers),
      ownerName: (owner) => this.ownerName(owner),
    });
    const asks = (name: string): boolean => this.featureNames.includes(name);
    const needs = {
      macs: asks('unique_mac_count'),
      ssids: asks('unique_ssid_count'),
      programCounts: asks('top_program_share'),
      newPrograms: asks('new_program_count'),
      bins: asks('max_gap_seconds') || hasContext,
      devices: this.pooled,
      context: hasContext,
    };
    this.sums = new WindowSums(needs, this.lengthMs, this.traits, this.ledger);
  }

  add(batch: RecordBatch, events: EventColumns | null): void {
    if (events === null) throw new TypeError('The columns of the events are missing.');
    this.readNames(events);
    const { ledger, lines, lengthMs, single, pooled } = this;
    const { count, flags, timeMs, device } = batch;
    const { rows, slots } = lines;
    let kept = 0;
    let low = Infinity;
    let high = -Infinity;
    for (let row = 0; row < count; row++) {
      if ((flags[row] & ROW.kept) === 0) continue;
      const time = timeMs[row];
      const owner = pooled ? 0 : device[row];
      kept++;
      if (time < low) low = time;
      if (time > high) high = time;
      if (single) {
        const offset = time - this.lastStart[owner];
        // Most lines fall into the same window as the one before; NaN is no such window.
        if (offset >= 0 && offset < lengthMs) {
          rows[lines.count] = row;
          slots[lines.count++] = this.lastSlot[owner];
          continue;
        }
      }
      // All lines of the batch so far count: those that are not added yet keep their windows open.
      ledger.extend(low, high);
      if (single) this.enter(owner, time, row);
      else this.enterAll(batch, events, owner, row);
    }
    if (kept > 0) ledger.extend(low, high);
    this.flush(batch, events);
    ledger.endBatch(kept);
  }

  finish(basis: FeatureBasis = { trainingWindows: ({ length }) => length }): WindowTable {
    const { config, columns, featureNames, ledger, sums } = this;
    ledger.closeAll();
    sums.drop();
    return buildWindowTable({
      ...{ config, columns, featureNames, ledger, basis, earliest: sums.earliest, context: sums.context },
      emptyWindow: (startMs, values) => {
        this.view.loadEmpty(startMs);
        this.compute(values, 0);
      },
      hourAt: (startMs) => this.view.hourAt(startMs),
      deviceName: (owner) => this.ownerName(owner),
    });
  }

  exportState(): AggregatorState {
    const { ledger, sums, names } = this;
    return {
      devices: names.devices.names().slice(),
      programs: names.programs.names().slice(),
      texts: this.ssidTexts.list(),
      ...sums.export(ledger.openSlots()),
      ledger: ledger.export(),
    };
  }

  absorb(state: AggregatorState): void {
    const { names, ledger, ssidTexts } = this;
    const device = renumber(state.devices, (name) => names.devices.id(name));
    const owner = this.pooled ? (): number => 0 : device;
    if (state.context !== null && this.sums.context !== null) {
      const base = this.sums.context.lists.absorb(state.context.lists);
      rebaseLists(state.ledger.rowBlocks, ledger.rows.width, ledger.rows.columns + this.contextAt, base);
    }
    const slots = ledger.absorb(state.ledger, owner);
    this.sums.absorb(state, {
      ...{ slots, owner, device },
      program: renumber(state.programs, (name) => names.programs.id(name)),
      text: renumber(state.texts, (text) => ssidTexts.number(text)),
    });
  }

  openSlot(slot: number): void {
    this.sums.openSlot(slot, this.ledger.window(slot) * this.strideMs);
  }

  closeSlot(slot: number, row: number): void {
    const { ledger, sums, view } = this;
    const { rows } = ledger;
    const owner = ledger.owner(slot);
    const list = sums.context?.close(slot) ?? 0;
    if (this.lastSlot[owner] === slot) this.lastStart[owner] = NaN;
    view.load(sums.slots, slot);
    const from = rows.offset(row);
    this.compute(rows.floats[rows.block(row)], from);
    const integers = rows.ints[rows.block(row)];
    const at = from + rows.columns;
    integers[at + ROW_LOGS] = view.ints[LOGS];
    integers[at + ROW_KIND] = view.ints[PROGRAM_BITS] | (view.ints[BAND_BITS] << KIND_BAND_SHIFT);
    if (sums.context !== null) writeContext(integers, at + this.contextAt, view.ints, list);
    if (!this.pooled) return;
    integers[at + ROW_DEVICES] = view.ints[DEVICES];
    integers[at + ROW_TOP_DEVICE] = view.ints[TOP_DEVICE];
  }

  dropSlots(closed: Uint8Array): void {
    this.sums.dropSlots(closed);
  }

  /** Columns of the window in view. */
  private compute(values: Float32Array, from: number): void {
    const { window } = this.columns;
    for (let i = 0; i < window.length; i++) values[from + i] = window[i].formula(this.view);
  }

  private ownerName(owner: number): string {
    return this.pooled ? ALL_DEVICES : this.names.devices.name(owner);
  }

  /** Makes the typed tables as long as there are names. */
  private readNames({ ssids }: EventColumns): void {
    const { sums } = this;
    this.traits.read();
    this.readOwners();
    if (ssids !== this.ssidSource) {
      this.ssidSource = ssids;
      this.ssidsRead = 0;
    }
    if (ssids.size > sums.ssidNumbers.length) {
      const numbers = new Int32Array(ssids.size * 2);
      numbers.set(sums.ssidNumbers);
      sums.ssidNumbers = numbers;
    }
    for (; this.ssidsRead < ssids.size; this.ssidsRead++) {
      sums.ssidNumbers[this.ssidsRead] = this.ssidTexts.number(ssids.name(this.ssidsRead));
    }
  }

  private readOwners(): void {
    const owners = this.pooled ? 1 : this.names.devices.size;
    if (owners <= this.lastSlot.length) return;
    const starts = new Float64Array(owners * 2).fill(NaN);
    starts.set(this.lastStart);
    this.lastStart = starts;
    const slots = new Int32Array(owners * 2);
    slots.set(this.lastSlot);
    this.lastSlot = slots;
  }

  private flush(batch: RecordBatch, events: EventColumns): void {
    this.sums.addLines(batch, events, this.lines);
    this.lines.count = 0;
  }

  /** Puts a row into the one window that covers it, and remembers that window for the owner's next lines. */
  private enter(owner: number, time: number, row: number): void {
    const { lines } = this;
    const window = Math.floor(time / this.strideMs);
    const slot = this.ledger.slotOf(owner, window);
    this.lastSlot[owner] = slot;
    this.lastStart[owner] = window * this.strideMs;
    lines.rows[lines.count] = row;
    lines.slots[lines.count++] = slot;
  }

  /** Puts a row into each of the overlapping windows that cover it. */
  private enterAll(batch: RecordBatch, events: EventColumns, owner: number, row: number): void {
    const { ledger, lines, strideMs, lengthMs } = this;
    const time = batch.timeMs[row];
    const newest = Math.floor(time / strideMs);
    const oldest = Math.floor((time - lengthMs) / strideMs) + 1;
    for (let window = oldest; window <= newest; window++) {
      if (lines.count === lines.rows.length) this.flush(batch, events);
      lines.rows[lines.count] = row;
      lines.slots[lines.count++] = ledger.slotOf(owner, window);
    }
  }
}
