import { CATCH_UPS, CONDITIONS } from '../pipeline/schedules/schedule.js';
import type { ScheduleRequest, SourceRequest } from '../pipeline/schedules/schedule-request.js';
import { AppError } from '../shared/errors.js';
import type { GlobalOptions } from './command.js';

/** Options of `schedule create` and `schedule update`. */
export interface ScheduleOptions extends GlobalOptions {
  readonly name?: string;
  readonly cron?: string;
  readonly timezone?: string;
  readonly source?: string;
  readonly programs?: string;
  readonly model?: string;
  readonly configOverrides?: string;
  readonly deploy?: boolean;
  readonly condition?: string;
  readonly minNewRecords?: string;
  readonly minNewWindows?: string;
  readonly catchUp?: string;
  readonly dryRun?: boolean;
}

/** @throws AppError `usage` for a text that cannot be what its option needs */
export function scheduleRequest(options: ScheduleOptions): ScheduleRequest {
  return {
    name: options.name,
    cron: options.cron,
    timezone: options.timezone,
    source: options.source === undefined ? undefined : sourceRequest(options.source, options.programs),
    model_name: options.model,
    config_overrides: overridesOf(options.configOverrides),
    deploy: options.deploy,
    condition: oneOf('--condition', options.condition, CONDITIONS),
    min_new_records: countOf('--min-new-records', options.minNewRecords),
    min_new_windows: countOf('--min-new-windows', options.minNewWindows),
    catch_up: oneOf('--catch-up', options.catchUp, CATCH_UPS),
  };
}

/** `newest`, `directory:site-a`, `log-entries` or `log-entries:30`. */
function sourceRequest(text: string, programs: string | undefined): SourceRequest {
  const [kind, rest] = text.includes(':')
    ? [text.slice(0, text.indexOf(':')), text.slice(text.indexOf(':') + 1)]
    : [text, undefined];
  const list = programs?.split(',').map((name) => name.trim());
  const chosen = list === undefined ? {} : { programs: list.filter((name) => name !== '') };
  if (kind === 'newest' && rest === undefined) return { kind: 'newest_export', ...chosen };
  if (kind === 'directory' && rest !== undefined) return { kind: 'directory', path: rest, ...chosen };
  if (kind === 'log-entries' && rest === undefined) return { kind: 'log_entries', ...chosen };
  if (kind === 'log-entries' && rest !== undefined && /^\d{1,4}$/.test(rest))
    return { kind: 'log_entries', days: Number(rest), ...chosen };
  throw new AppError('usage', `--source ${JSON.stringify(text)} is no source.`, {
    hint: 'Write newest, directory:DIR (below the exports directory) or log-entries:DAYS.',
  });
}

/** `null` takes them away. */
function overridesOf(text: string | undefined): Record<string, unknown> | null | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown> | null;
  } catch {
    // falls through to the one refusal
  }
  throw new AppError('usage', '--config-overrides is no JSON object.', {
    hint: `Write for instance '{"model":{"n_estimators":200}}', or null for none.`,
  });
}

function countOf(option: string, text: string | undefined): number | null | undefined {
  if (text === undefined) return undefined;
  if (text === 'none') return null;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new AppError('usage', `${option} ${JSON.stringify(text)} is no number from 1 on, and not "none".`);
}

function oneOf<T extends string>(
  option: string,
  text: string | undefined,
  choices: readonly T[],
): T | undefined {
  if (text === undefined) return undefined;
  const found = choices.find((choice) => choice === text.replaceAll('-', '_'));
  if (found !== undefined) return found;
  throw new AppError('usage', `${option} must be ${choices.join(' or ')}.`);
}
