import type { DecodeText } from '../../export/core/log-record.js';
import type { RecordNames } from '../../export/core/name-table.js';
import { ROW, type RecordBatch } from '../../export/core/record-batch.js';
import { formatTimestamp } from '../../export/core/timestamp.js';
import { featureSet } from './feature-sets.js';
import type { WindowConfig } from './window-table.js';

/** One log line as it was exported. */
export interface WindowLine {
  /** UTC with Z. */
  readonly timestamp: string;
  /** Only in a window of all devices together. */
  readonly device?: string;
  /** null: the record names none. */
  readonly program: string | null;
  readonly message: string;
  /** The message is longer: this is its beginning. */
  readonly truncated?: true;
}

/** A window whose lines are wanted. */
export interface WantedWindow {
  /** '*' in a window of all devices. */
  readonly device: string;
  readonly startMs: number;
}

export interface LinesOfWindow {
  /** The first lines in the order of their times; lines of one time as they were read. */
  readonly lines: readonly WindowLine[];
  /** All lines of the window. */
  readonly lineCount: number;
}

export interface WindowLinesInput {
  readonly featureSet: string;
  readonly window: WindowConfig;
  /** Starts on the grid of the windows, each window once. */
  readonly wanted: readonly WantedWindow[];
  /** Lines of a window that are kept, at most. */
  readonly limit: number;
  readonly names: RecordNames;
  readonly decode: DecodeText;
}

interface KeptLine {
  readonly timeMs: number;
  readonly line: WindowLine;
}

interface Slot {
  readonly kept: KeptLine[];
  count: number;
}

const ALL_DEVICES = '*';
/** Characters of all kept messages together, at most; none is cut below the lower bound. */
const ALL_CHARACTERS = 32 << 20;
const LONGEST_MESSAGE = 2000;
const SHORTEST_LIMIT = 200;
/** Bytes of one UTF-16 unit in UTF-8, at most. */
const BYTES_PER_CHARACTER = 4;

/**
 * Keeps the first lines of chosen windows while an input passes, in any order of its lines. The lines of a window are
 * those that its features were counted from. Memory: the kept lines, whatever the length of the input.
 */
export class WindowLineCollector {
  private readonly slots: readonly Slot[];
  /** Device -> number of the window on the grid -> slot. */
  private readonly byDevice = new Map<string, Map<number, Slot>>();
  /** The same by number of the device in the batches; null: none of its windows is wanted. */
  private readonly byNumber: (Map<number, Slot> | null)[] = [];
  /** By number of the program: whether the feature set sees its lines. */
  private readonly seen: boolean[] = [];
  private readonly programs: readonly string[] | null;
  private readonly pooled: boolean;
  private readonly lengthMs: number;
  private readonly strideMs: number;
  private readonly longest: number;

  constructor(private readonly input: WindowLinesInput) {
    const { window, wanted, limit } = input;
    this.programs = featureSet(input.featureSet).programs;
    this.pooled = window.groupBy === 'all';
    this.lengthMs = window.lengthSeconds * 1000;
    this.strideMs = window.strideSeconds * 1000;
    const share = Math.floor(ALL_CHARACTERS / Math.max(1, wanted.length * limit));
    this.longest = Math.min(LONGEST_MESSAGE, Math.max(SHORTEST_LIMIT, share));
    this.slots = wanted.map(({ device, startMs }) => {
      const slot: Slot = { kept: [], count: 0 };
      const windows = this.byDevice.get(device) ?? new Map<number, Slot>();
      this.byDevice.set(device, windows.set(Math.round(startMs / this.strideMs), slot));
      return slot;
    });
  }

  /** Takes the rows that the filters keep (`ROW.kept`). */
  add(batch: RecordBatch): void {
    const { lengthMs, strideMs } = this;
    for (let row = 0; row < batch.count; row++) {
      if ((batch.flags[row] & ROW.kept) === 0) continue;
      const windows = this.windowsOf(batch.device[row]);
      if (windows === null || !this.sees(batch.program[row])) continue;
      const time = batch.timeMs[row];
      const newest = Math.floor(time / strideMs);
      const oldest = Math.floor((time - lengthMs) / strideMs) + 1;
      for (let window = oldest; window <= newest; window++) {
        const slot = windows.get(window);
        if (slot !== undefined) this.keep(slot, batch, row);
      }
    }
  }

  /** In the order of the wanted windows. */
  finish(): LinesOfWindow[] {
    return this.slots.map(({ kept, count }) => ({ lines: kept.map(({ line }) => line), lineCount: count }));
  }

  private windowsOf(device: number): Map<number, Slot> | null {
    const number = this.pooled ? 0 : device;
    let windows = this.byNumber[number] as Map<number, Slot> | null | undefined;
    if (windows === undefined) {
      const name = this.pooled ? ALL_DEVICES : this.input.names.devices.name(device);
      windows = this.byDevice.get(name) ?? null;
      this.byNumber[number] = windows;
    }
    return windows;
  }

  private sees(program: number): boolean {
    if (this.programs === null) return true;
    let seen = this.seen[program] as boolean | undefined;
    if (seen === undefined) {
      const name = this.input.names.programs.name(program).toLowerCase();
      seen = this.programs.some((part) => name.includes(part));
      this.seen[program] = seen;
    }
    return seen;
  }

  private keep(slot: Slot, batch: RecordBatch, row: number): void {
    const { limit } = this.input;
    slot.count++;
    const { kept } = slot;
    const timeMs = batch.timeMs[row];
    if (limit === 0 || (kept.length === limit && timeMs >= kept[limit - 1].timeMs)) return;
    // Nearly always at the end: exports are nearly in order.
    let at = kept.length;
    while (at > 0 && kept[at - 1].timeMs > timeMs) at--;
    kept.splice(at, 0, { timeMs, line: this.lineOf(batch, row) });
    if (kept.length > limit) kept.pop();
  }

  private lineOf(batch: RecordBatch, row: number): WindowLine {
    const { names, decode } = this.input;
    const { longest, pooled } = this;
    const start = batch.messageStart[row];
    const end = Math.min(batch.messageEnd[row], start + longest * BYTES_PER_CHARACTER);
    const text = decode(batch.bytes, start, end);
    const truncated = text.length > longest || end < batch.messageEnd[row];
    const program = names.programs.name(batch.program[row]);
    return {
      timestamp: formatTimestamp(batch.timeMs[row]),
      ...(pooled ? { device: names.devices.name(batch.device[row]) } : {}),
      program: program === '' ? null : program,
      message: truncated ? beginning(text, longest) : text,
      ...(truncated ? { truncated } : {}),
    };
  }
}

/** At most so many UTF-16 units, without half of a pair. */
function beginning(text: string, length: number): string {
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? length - 1 : length);
}
