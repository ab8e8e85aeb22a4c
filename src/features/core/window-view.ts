import type { ZoneOffset } from './window-table.js';
import { INT_COLUMNS, LOGS, OFFSET_SUM, START, SUM_COLUMNS, type WindowSlots } from './window-slots.js';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** 1970-01-01 was a Thursday; Monday counts as 0. */
const EPOCH_WEEKDAY = 3;

/** One window as the formulas see it; a single instance is loaded with one after the other. */
export class WindowView {
  /** The slot's sums, zeros for a window without lines. */
  readonly ints = new Int32Array(INT_COLUMNS);
  readonly sums = new Float64Array(SUM_COLUMNS);
  /** Local hour (0 to below 24) and weekday (0 = Monday) of the lines' mean arrival. */
  hourOfDay = 0;
  dayOfWeek = 0;

  constructor(
    readonly lengthSeconds: number,
    private readonly zone: ZoneOffset,
  ) {}

  load(slots: WindowSlots, slot: number): void {
    const { ints, sums } = this;
    for (let i = 0, from = slot * INT_COLUMNS; i < INT_COLUMNS; i++) ints[i] = slots.ints[from + i];
    for (let i = 0, from = slot * SUM_COLUMNS; i < SUM_COLUMNS; i++) sums[i] = slots.sums[from + i];
    this.setClock(sums[START], sums[OFFSET_SUM] / ints[LOGS]);
  }

  /** A window without lines. */
  loadEmpty(startMs: number): void {
    this.ints.fill(0);
    this.sums.fill(0);
    this.setClock(startMs, this.lengthSeconds * 500);
  }

  /** Local hour, 0 to 23, at a moment. */
  hourAt(moment: number): number {
    const localMs = moment + this.zone(moment);
    return Math.floor((localMs - Math.floor(localMs / DAY_MS) * DAY_MS) / HOUR_MS);
  }

  private setClock(startMs: number, offset: number): void {
    // Whole milliseconds: the fraction of a moment since the epoch would be rounding noise.
    const moment = startMs + Math.floor(offset);
    const localMs = moment + this.zone(moment);
    const day = Math.floor(localMs / DAY_MS);
    this.hourOfDay = (localMs - day * DAY_MS) / HOUR_MS;
    this.dayOfWeek = (((day + EPOCH_WEEKDAY) % 7) + 7) % 7;
  }
}
