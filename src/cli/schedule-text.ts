import type { ScheduleSource } from '../pipeline/schedules/schedule.js';
import { nextTicks, type ScheduleView, type TickView } from '../pipeline/schedules/schedule-json.js';
import { renderTable } from './output.js';

function sourceText(source: ScheduleSource): string {
  if (source.kind === 'newest_export') return 'newest export';
  if (source.kind === 'directory') return `directory ${source.path}`;
  return `log table, ${source.days} days`;
}

export function tickText({ tick, run }: TickView): string {
  const what = tick.trainingId === null ? (tick.message ?? tick.status) : `training ${tick.trainingId}`;
  const end = run === null ? '' : `, ${run.status}${run.version === null ? '' : ` ${run.version}`}`;
  return `${tick.tickUtc} ${tick.status}: ${what}${end}`;
}

/** One schedule, with what comes next. */
export function scheduleText({ schedule, lastTick, nowMs }: ScheduleView): string {
  const ticks = nextTicks(schedule, nowMs);
  return renderTable(
    [schedule.name, ''],
    [
      ['id', schedule.scheduleId],
      ['cron', `${schedule.cron} (${schedule.timezone})`],
      ['source', sourceText(schedule.source)],
      ['model', `${schedule.modelName}${schedule.deploy ? ', deployed when it passes its gate' : ''}`],
      ['condition', schedule.condition],
      ['catch-up', schedule.catchUp],
      ['next ticks', schedule.paused ? 'paused' : ticks.join('  ')],
      ['last tick', lastTick === null ? 'none yet' : tickText(lastTick)],
    ],
  );
}

export function scheduleTable(views: readonly ScheduleView[]): string {
  if (views.length === 0)
    return 'No schedules yet. Make one with: mcp-training schedule create --name nightly --cron "0 3 * * *" --source newest';
  return renderTable(
    ['name', 'cron', 'source', 'model', 'next tick', 'last tick'],
    views.map(({ schedule, lastTick, nowMs }) => [
      schedule.name,
      `${schedule.cron} (${schedule.timezone})`,
      sourceText(schedule.source),
      schedule.modelName,
      schedule.paused ? 'paused' : (nextTicks(schedule, nowMs).at(0) ?? '-'),
      lastTick === null ? '-' : `${lastTick.tick.tickUtc} ${lastTick.tick.reason ?? lastTick.tick.status}`,
    ]),
  );
}
