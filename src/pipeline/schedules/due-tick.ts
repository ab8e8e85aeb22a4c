import { AppError } from '../../shared/errors.js';
import { parseCron } from './cron-expression.js';
import { CronTicks } from './cron-ticks.js';
import type { Schedule } from './schedule.js';
import type { DueTick } from './schedule-tick.repository.js';

/** A tick that is carried out later than this was missed: the service was down, or its clock was set. */
const LATE_MS = 5 * 60 * 1000;
const COUNTED_AT_MOST = 1000;

export function ticksOf({ cron, timezone }: Pick<Schedule, 'cron' | 'timezone'>): CronTicks {
  const parsed = parseCron(cron);
  if ('problem' in parsed) throw new AppError('internal', `A stored cron expression ${parsed.problem}.`);
  return new CronTicks(parsed, timezone);
}

/** Of all ticks that have passed the last one counts, whatever their number; a late one as `catch_up` says. */
export function dueTick(schedule: Schedule, dueMs: number, nowMs: number): DueTick {
  const ticks = ticksOf(schedule);
  const tickMs = ticks.latest(nowMs, dueMs) ?? dueMs;
  const missed = ticks.count(dueMs, tickMs, COUNTED_AT_MOST);
  const isLate = nowMs - tickMs > LATE_MS;
  const skipped =
    isLate && schedule.catchUp === 'skip'
      ? {
          reason: 'missed',
          message: `It was due ${Math.round((nowMs - tickMs) / 60_000)} minutes ago, and late ticks are skipped.`,
        }
      : null;
  return { tickMs, missed, skipped, nextTickMs: ticks.after(Math.max(nowMs, tickMs)) };
}
