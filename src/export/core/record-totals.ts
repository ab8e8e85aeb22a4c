import type { NameTable } from './name-table.js';
import { LOG_LEVELS } from './log-record.js';
import { ROW, type RecordBatch } from './record-batch.js';
import { PROGRAM, startsWithWlceventd, type RowFilter } from './row-filter.js';
import { longerDoubles, roomFor } from './typed-columns.js';

export interface RecordTotalsState {
  readonly valid: number;
  readonly invalid: number;
  readonly filtered: number;
  readonly wlceventd: number;
  readonly levels: Float64Array;
  readonly programLogs: Float64Array;
}

/** Running totals over all files of a report, in memory that is bounded whatever the files hold. */
export class RecordTotals {
  valid = 0;
  invalid = 0;
  filtered = 0;
  /** WiFi lines of programs that only the message tells from others. */
  private wlceventd = 0;
  /** Lines by severity, moved by one: the unknown level (-1) comes first. */
  private readonly levels = new Float64Array(LOG_LEVELS.length + 1);
  /** Lines by program number. */
  private programLogs: Float64Array = new Float64Array(64);

  constructor(
    readonly filter: RowFilter,
    private readonly programs: NameTable,
  ) {}

  get kept(): number {
    return this.valid - this.filtered;
  }

  /** Decides for each row whether it is kept (ROW.kept) and counts it. */
  take(batch: RecordBatch): void {
    this.filter.learn(this.programs);
    this.reserve(this.programs.size);
    const { count, timeMs, program, level, flags } = batch;
    const { levels, programLogs } = this;
    const { kinds, startMs, endMs } = this.filter;
    let dropped = 0;
    for (let row = 0; row < count; row++) {
      const id = program[row];
      const kind = kinds[id];
      const ms = timeMs[row];
      if (kind === PROGRAM.dropped || ms < startMs || ms >= endMs) {
        flags[row] &= ~ROW.kept;
        dropped++;
        continue;
      }
      flags[row] |= ROW.kept;
      levels[level[row] + 1]++;
      programLogs[id]++;
      if (kind === PROGRAM.byMessage && startsWithWlceventd(batch, row)) this.wlceventd++;
    }
    this.valid += count;
    this.filtered += dropped;
  }

  /** Kept lines that are WiFi lines. */
  get wifi(): number {
    this.filter.learn(this.programs);
    const { kinds } = this.filter;
    return this.programCounts().reduce(
      (sum, { id, logs }) => (kinds[id] === PROGRAM.wifi ? sum + logs : sum),
      this.wlceventd,
    );
  }

  /** Lines by normalised level name. */
  listLevels(): Record<string, number> {
    const entries = [...LOG_LEVELS, 'unknown'].map((name, i, all) => {
      return [name, this.levels[i === all.length - 1 ? 0 : i + 1]] as const;
    });
    return Object.fromEntries(entries.filter(([, logs]) => logs > 0));
  }

  /** Lines by program number, for the programs that have any. */
  programCounts(): { id: number; logs: number }[] {
    const counts: { id: number; logs: number }[] = [];
    for (let id = 0; id < this.programLogs.length; id++) {
      if (this.programLogs[id] > 0) counts.push({ id, logs: this.programLogs[id] });
    }
    return counts;
  }

  exportState(): RecordTotalsState {
    const { valid, invalid, filtered, wlceventd } = this;
    const programLogs = this.programLogs.slice(0, this.programs.size);
    return { valid, invalid, filtered, wlceventd, levels: this.levels.slice(), programLogs };
  }

  /** @param programIds our number of each of their programs */
  absorb(state: RecordTotalsState, programIds: Int32Array): void {
    this.valid += state.valid;
    this.invalid += state.invalid;
    this.filtered += state.filtered;
    this.wlceventd += state.wlceventd;
    for (let i = 0; i < this.levels.length; i++) this.levels[i] += state.levels[i];
    this.reserve(this.programs.size);
    for (let i = 0; i < state.programLogs.length; i++)
      this.programLogs[programIds[i]] += state.programLogs[i];
  }

  private reserve(programs: number): void {
    if (programs <= this.programLogs.length) return;
    this.programLogs = longerDoubles(this.programLogs, roomFor(programs, this.programLogs.length));
  }
}
