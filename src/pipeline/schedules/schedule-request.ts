import { AppError, type FieldProblem } from '../../shared/errors.js';
import type { ScheduleSettings, ScheduleSource } from './schedule.js';
import { DEFAULT_SETTINGS } from './schedule-settings.js';

/** A source as people write it. */
export interface SourceRequest {
  readonly kind: ScheduleSource['kind'];
  readonly path?: string;
  readonly days?: number;
  readonly programs?: readonly string[] | null;
}

/** What people write about a schedule; what is left out stays, or takes its default. */
export interface ScheduleRequest {
  readonly name?: string;
  readonly cron?: string;
  readonly timezone?: string;
  readonly source?: SourceRequest;
  readonly model_name?: string;
  readonly config_overrides?: Readonly<Record<string, unknown>> | null;
  readonly deploy?: boolean;
  readonly condition?: ScheduleSettings['condition'];
  readonly min_new_records?: number | null;
  readonly min_new_windows?: number | null;
  readonly catch_up?: ScheduleSettings['catchUp'];
  readonly paused?: boolean;
}

const DEFAULT_DAYS = 30;

/** The members that are given. */
export function patchOf(request: ScheduleRequest): Partial<ScheduleSettings> {
  const patch: Partial<ScheduleSettings> = {
    name: request.name,
    cron: request.cron,
    timezone: request.timezone,
    source: request.source === undefined ? undefined : sourceOf(request.source),
    modelName: request.model_name,
    configOverrides: request.config_overrides,
    deploy: request.deploy,
    condition: request.condition,
    minNewRecords: request.min_new_records,
    minNewWindows: request.min_new_windows,
    catchUp: request.catch_up,
    paused: request.paused,
  };
  const given = Object.entries(patch) as [string, unknown][];
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

export function settingsOf(
  request: ScheduleRequest & Required<Pick<ScheduleRequest, 'name' | 'cron' | 'source'>>,
): ScheduleSettings {
  const { name, cron, source } = request;
  return { ...DEFAULT_SETTINGS, name, cron, ...patchOf(request), source: sourceOf(source) };
}

/** @throws AppError `validation_failed` for members that another kind has */
function sourceOf({ kind, path, days, programs }: SourceRequest): ScheduleSource {
  const problems: FieldProblem[] = [];
  const refuse = (member: string): void => {
    problems.push({
      pointer: `/source/${member}`,
      code: 'source',
      message: `means nothing for a source of the kind "${kind}"`,
    });
  };
  if (kind !== 'directory' && path !== undefined) refuse('path');
  if (kind !== 'log_entries' && days !== undefined) refuse('days');
  if (kind !== 'log_entries' && programs !== undefined) refuse('programs');
  if (kind === 'directory' && path === undefined)
    problems.push({ pointer: '/source/path', code: 'required', message: 'is needed for a directory' });
  if (problems.length > 0)
    throw new AppError('validation_failed', 'The source of the schedule is not acceptable.', { problems });
  if (kind === 'directory') return { kind, path: path ?? '.' };
  return kind === 'newest_export'
    ? { kind }
    : { kind, days: days ?? DEFAULT_DAYS, programs: programs ?? null };
}
