import { parseExportPath } from '../../export/core/export-file-name.js';
import { AppError, type FieldProblem } from '../../shared/errors.js';
import { isModelName } from '../training-request.js';
import { parseCron } from './cron-expression.js';
import { CronTicks, isTimezone } from './cron-ticks.js';
import type { ScheduleSettings, ScheduleSource } from './schedule.js';

export const SCHEDULE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const MAX_DAYS = 3650;

export const DEFAULT_SETTINGS = {
  timezone: 'UTC',
  modelName: 'wifi',
  configOverrides: null,
  deploy: false,
  condition: 'always',
  minNewRecords: null,
  minNewWindows: null,
  catchUp: 'run_once',
  paused: false,
} as const satisfies Partial<ScheduleSettings>;

/**
 * Rules between the members of a schedule, and those that need more than a look at one of them.
 *
 * @throws AppError `validation_failed` with every problem
 */
export function checkSettings(settings: ScheduleSettings, nowMs: number): void {
  const problems: FieldProblem[] = [];
  const add = (pointer: string, code: string, message: string): void => {
    problems.push({ pointer, code, message });
  };
  if (!SCHEDULE_NAME.test(settings.name))
    add(
      '/name',
      'name',
      'must be letters, digits, ".", "_" and "-", at most 64, beginning with a letter or digit',
    );
  if (!isModelName(settings.modelName))
    add(
      '/model_name',
      'model_name',
      'must be lower-case letters, digits, "-" and "_", beginning with a letter',
    );
  const cron = parseCron(settings.cron);
  const zoneIsKnown = isTimezone(settings.timezone);
  if ('problem' in cron) add('/cron', 'cron', cron.problem);
  if (!zoneIsKnown)
    add(
      '/timezone',
      'timezone',
      'must be a name of the IANA time zone database, such as UTC or Europe/Berlin',
    );
  if (!('problem' in cron) && zoneIsKnown && new CronTicks(cron, settings.timezone).after(nowMs) === null)
    add('/cron', 'never', 'names no moment: there is no such day');
  checkSource(settings.source, add);
  const { condition, minNewRecords, minNewWindows, source } = settings;
  if (condition === 'always') {
    if (minNewRecords !== null) add('/min_new_records', 'condition', 'needs the condition "new_data"');
    if (minNewWindows !== null) add('/min_new_windows', 'condition', 'needs the condition "new_data"');
  } else if (minNewWindows !== null && source.kind === 'log_entries') {
    add(
      '/min_new_windows',
      'source',
      'is for exports; lines of the log table are counted by min_new_records',
    );
  }
  if (problems.length > 0)
    throw new AppError('validation_failed', `The schedule is not acceptable: ${text(problems)}.`, {
      problems,
    });
}

const text = (problems: readonly FieldProblem[]): string =>
  problems.map(({ pointer, message }) => `${pointer.slice(1)} ${message}`).join('; ');

function checkSource(
  source: ScheduleSource,
  add: (pointer: string, code: string, message: string) => void,
): void {
  if (source.kind === 'directory' && source.path !== '.' && !('segments' in parseExportPath(source.path)))
    add('/source/path', 'path', 'must be a directory below the exports directory, or "."');
  if (
    source.kind === 'log_entries' &&
    !(Number.isInteger(source.days) && source.days >= 1 && source.days <= MAX_DAYS)
  )
    add('/source/days', 'days', `must be an integer from 1 to ${MAX_DAYS}`);
}
