import { zoneOffset, type ZoneOffset } from '../../workers/zone-offset.js';
import type { CronExpression } from './cron-expression.js';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** 29 February is at most eight years away; an expression that fits no day of so many has no tick at all. */
const SEARCHED_DAYS = 8 * 366 + 2;
/** Days whose ticks are remembered: whoever counts asks for the same ones again. */
const KEPT_DAYS = 32;

/**
 * Ticks of a cron expression in a time zone, as moments. Where clocks go back, an hour that comes twice has one tick for
 * a time of day (its first), and all of them for an expression that runs every hour. Where clocks go forward, a time of
 * day that is left out becomes the first moment after the gap. No day is left out, and none runs twice.
 */
export class CronTicks {
  private readonly offset: ZoneOffset;
  private readonly days = new Map<number, readonly number[]>();

  constructor(
    private readonly cron: CronExpression,
    timezone: string,
  ) {
    this.offset = zoneOffset(timezone);
  }

  /** The first tick after a moment; null = there is none. */
  after(ms: number): number | null {
    // A local day and its neighbours may hold the moment, whatever the offset is.
    const first = Math.floor((ms + this.offset(ms)) / DAY_MS) - 1;
    for (let day = first; day < first + SEARCHED_DAYS; day++) {
      const tick = this.ofDay(day).find((moment) => moment > ms);
      if (tick !== undefined) return tick;
    }
    return null;
  }

  /** The last tick at or before a moment, and not before `from`; null = there is none. */
  latest(ms: number, from: number): number | null {
    const last = Math.floor((ms + this.offset(ms)) / DAY_MS) + 1;
    const first = Math.floor((from + this.offset(from)) / DAY_MS) - 1;
    for (let day = last; day >= first; day--) {
      const tick = this.ofDay(day).findLast((moment) => moment <= ms);
      if (tick !== undefined) return tick < from ? null : tick;
    }
    return null;
  }

  /** Ticks in [from, to), counted no further than `limit`. */
  count(from: number, to: number, limit: number): number {
    let found = 0;
    for (let tick = this.after(from - 1); tick !== null && tick < to && found < limit; found++)
      tick = this.after(tick);
    return found;
  }

  next(ms: number, count: number): number[] {
    const ticks: number[] = [];
    for (let tick = this.after(ms); tick !== null && ticks.length < count; tick = this.after(tick))
      ticks.push(tick);
    return ticks;
  }

  /** Of one local day (days since 1970 on the wall's calendar), in order, each once. */
  private ofDay(day: number): readonly number[] {
    const known = this.days.get(day);
    if (known !== undefined) return known;
    if (this.days.size >= KEPT_DAYS) this.days.clear();
    const ticks = this.ticksOfDay(day);
    this.days.set(day, ticks);
    return ticks;
  }

  private ticksOfDay(day: number): number[] {
    if (!this.hasDay(day)) return [];
    const ticks = new Set<number>();
    for (const hour of this.cron.hours) {
      for (const minute of this.cron.minutes) {
        for (const moment of this.moments(day * DAY_MS + (hour * 60 + minute) * MINUTE_MS)) ticks.add(moment);
      }
    }
    return [...ticks].sort((a, b) => a - b);
  }

  private hasDay(day: number): boolean {
    const date = new Date(day * DAY_MS);
    const { days, weekdays, months, isEitherDay } = this.cron;
    if (!months.has(date.getUTCMonth() + 1)) return false;
    const [byDay, byWeekday] = [days.has(date.getUTCDate()), weekdays.has(date.getUTCDay())];
    return isEitherDay ? byDay || byWeekday : byDay && byWeekday;
  }

  /** When clocks show a local time (milliseconds as if it were UTC). */
  private moments(local: number): number[] {
    const [before, after] = [this.offset(local - DAY_MS), this.offset(local + DAY_MS)];
    const found = [...new Set([before, after])]
      .map((offset) => local - offset)
      .filter((moment) => moment + this.offset(moment) === local)
      .sort((a, b) => a - b);
    if (found.length === 0) return this.cron.isHourly ? [] : [this.change(local, before)];
    return this.cron.isHourly ? found : found.slice(0, 1);
  }

  /** The first moment of a day at which the offset is not what it was before. */
  private change(local: number, before: number): number {
    let [low, high] = [local - DAY_MS - before, local + DAY_MS - before];
    while (high - low > MINUTE_MS) {
      const middle = Math.floor((low + high) / 2 / MINUTE_MS) * MINUTE_MS;
      if (this.offset(middle) === before) low = middle;
      else high = middle;
    }
    return high;
  }
}

/** A name of the IANA database that this Node knows. */
export function isTimezone(name: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
