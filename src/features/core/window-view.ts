import type { ZoneOffset } from './window-table.js';
import { INT_COLUMNS, LOGS, OFFSET_SUM, SUM_COLUMNS, type WindowSlots } from './window-slots.js';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** 1970-01-01 was a Thursday; Monday counts as 0. */
const EPOCH_WEEKDAY = 3;

/** One window as the formulas see it; a single instance walks over the grid. */
export class WindowView {
  /** The slot's sums, or zeros for an empty window. */
  readonly ints = new Int32Array(INT_COLUMNS);
  readonly sums = new Float64Array(SUM_COLUMNS);
  /** Local hour (0 to below 24) and weekday (0 = Monday) of the lines' mean arrival. */
  hourOfDay = 0;
  dayOfWeek = 0;
  /** Set by the grid: what needs more than this one window. */
  deviceType = 0;
  connectionType = 0;
  newPrograms = 0;
  slotDevices = 0;
  slotTopDevice = 0;
  slotLogs = 0;

  constructor(
    readonly lengthSeconds: number,
    private readonly zone: ZoneOffset,
  ) {}

  /** @param slot number of the slot, or -1 for an empty window */
  load(slots: WindowSlots, slot: number, startMs: number): void {
    const { ints, sums } = this;
    if (slot < 0) {
      ints.fill(0);
      sums.fill(0);
    } else {
      for (let i = 0, from = slot * INT_COLUMNS; i < INT_COLUMNS; i++) ints[i] = slots.ints[from + i];
      for (let i = 0, from = slot * SUM_COLUMNS; i < SUM_COLUMNS; i++) sums[i] = slots.sums[from + i];
    }
    const logs = ints[LOGS];
    // Whole milliseconds: the fraction of a moment since the epoch would be rounding noise.
    const offset = logs > 0 ? sums[OFFSET_SUM] / logs : this.lengthSeconds * 500;
    const moment = startMs + Math.floor(offset);
    const localMs = moment + this.zone(moment);
    const day = Math.floor(localMs / DAY_MS);
    this.hourOfDay = (localMs - day * DAY_MS) / HOUR_MS;
    this.dayOfWeek = (((day + EPOCH_WEEKDAY) % 7) + 7) % 7;
  }
}
