import { DAY_MS, formatTimestamp } from '../timestamp.js';

/** Days read when a person names no date. */
export const DEFAULT_DAYS = 30;
/** Among programs: every one. */
export const EVERY_PROGRAM = '*';

export interface LogRange {
  readonly startMs: number;
  readonly endMs: number;
}

/** What was left open is filled in: the end is now, the start 30 days before the end. */
export function rangeOf(startMs: number | null, endMs: number | null, nowMs: number): LogRange {
  const end = endMs ?? nowMs;
  return { startMs: startMs ?? end - DEFAULT_DAYS * DAY_MS, endMs: end };
}

/** The programs asked for, else those of the configuration; null = every program. */
export function programsOf(
  asked: readonly string[] | null,
  configured: readonly string[],
): readonly string[] | null {
  const programs = asked ?? configured;
  return programs.length === 0 || programs.includes(EVERY_PROGRAM) ? null : programs;
}

/** What the file of a pulled range is called: `log_entries_20250501_20250531.ndjson`. */
export function pulledFileName(table: string, { startMs, endMs }: LogRange): string {
  // A whole last day is called by its date, as a person writes it.
  const last = endMs % DAY_MS === 0 ? endMs - DAY_MS : endMs;
  return `${table.replaceAll(/[^A-Za-z0-9_]+/g, '_')}_${compact(startMs)}_${compact(last)}.ndjson`;
}

function compact(ms: number): string {
  const [date, time] = formatTimestamp(ms)
    .replace(/(\.\d+)?Z$/, '')
    .replaceAll(/[-:]/g, '')
    .split('T');
  return time === '000000' ? date : `${date}T${time}`;
}
