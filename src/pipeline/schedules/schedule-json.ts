import { ticksOf } from './due-tick.js';
import type { Schedule, ScheduleTick } from './schedule.js';
import { scheduleState } from './schedule-state.js';

const TICKS_SHOWN = 3;

/** What became of a tick, and of the training it started. */
export interface TickView {
  readonly tick: ScheduleTick;
  readonly run: { readonly status: string; readonly version: string | null } | null;
}

export interface ScheduleView {
  readonly schedule: Schedule;
  readonly lastTick: TickView | null;
  /** Clock of the database. */
  readonly nowMs: number;
}

/** The next ticks as the API prints them; none while it is paused. */
export function nextTicks(schedule: Pick<Schedule, 'cron' | 'timezone' | 'paused'>, nowMs: number): string[] {
  if (schedule.paused) return [];
  return ticksOf(schedule)
    .next(nowMs, TICKS_SHOWN)
    .map((ms) => new Date(ms).toISOString());
}

export function tickJson({ tick, run }: TickView): Record<string, unknown> {
  return {
    tick_utc: tick.tickUtc,
    trigger: tick.trigger,
    status: tick.status,
    reason: tick.reason,
    message: tick.message,
    missed_ticks: tick.missedTicks,
    training_id: tick.trainingId,
    training_status: run?.status ?? null,
    version: run?.version ?? null,
    new_records: tick.input?.newRecords ?? null,
    new_windows: tick.input?.newWindows ?? null,
    files: tick.input?.files ?? [],
  };
}

export function scheduleJson({ schedule, lastTick, nowMs }: ScheduleView): Record<string, unknown> {
  return {
    schedule_id: schedule.scheduleId,
    ...scheduleState(schedule),
    next_ticks: nextTicks(schedule, nowMs),
    last_tick: lastTick === null ? null : tickJson(lastTick),
    created_at: schedule.createdAt,
    updated_at: schedule.updatedAt,
  };
}
