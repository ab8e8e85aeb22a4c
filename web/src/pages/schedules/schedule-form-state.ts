import type { FieldProblem } from '../../api/problem.js';
import type { Schedule, ScheduleSource } from '../../api/service-types.js';

/** What the fields hold, as it was typed. */
export interface ScheduleForm {
  readonly name: string;
  readonly cron: string;
  readonly timezone: string;
  readonly kind: ScheduleSource['kind'];
  readonly path: string;
  readonly days: string;
  readonly programs: string;
  readonly model: string;
  readonly overrides: string;
  readonly deploy: boolean;
  readonly condition: Schedule['condition'];
  readonly minRecords: string;
  readonly minWindows: string;
  readonly catchUp: Schedule['catch_up'];
  readonly paused: boolean;
}

export const newForm = (timezone: string): ScheduleForm => ({
  name: '',
  cron: '0 3 * * *',
  timezone,
  kind: 'newest_export',
  path: '.',
  days: '30',
  programs: '',
  model: 'wifi',
  overrides: '',
  deploy: false,
  condition: 'always',
  minRecords: '',
  minWindows: '',
  catchUp: 'run_once',
  paused: false,
});

export function formOf(schedule: Schedule): ScheduleForm {
  const { source, config_overrides: overrides } = schedule;
  const usual = newForm(schedule.timezone);
  return {
    ...usual,
    name: schedule.name,
    cron: schedule.cron,
    kind: source.kind,
    path: source.kind === 'directory' ? source.path : usual.path,
    days: source.kind === 'log_entries' ? String(source.days) : usual.days,
    programs: source.kind === 'log_entries' ? (source.programs ?? []).join(', ') : usual.programs,
    model: schedule.model_name,
    overrides: overrides === null ? '' : JSON.stringify(overrides, null, 2),
    deploy: schedule.deploy,
    condition: schedule.condition,
    minRecords: String(schedule.min_new_records ?? ''),
    minWindows: String(schedule.min_new_windows ?? ''),
    catchUp: schedule.catch_up,
    paused: schedule.paused,
  };
}

/** A number, or what was typed instead: the service says what is wrong with it. */
function numberOf(text: string): number | string | null {
  const trimmed = text.trim();
  if (trimmed === '') return null;
  const number = Number(trimmed);
  return Number.isFinite(number) ? number : trimmed;
}

function sourceOf({ kind, path, days, programs }: ScheduleForm): Record<string, unknown> {
  if (kind === 'newest_export') return { kind };
  if (kind === 'directory') return { kind, path };
  const names = programs
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return { kind, days: numberOf(days), programs: names.length === 0 ? null : names };
}

/** Settings that are JSON, what is no JSON as text: the service refuses it by the name of its field. */
function overridesOf(text: string): unknown {
  if (text.trim() === '') return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** The body that makes a schedule, and as a merge patch changes one. */
export function requestOf(form: ScheduleForm): Record<string, unknown> {
  const isNew = form.condition === 'new_data';
  return {
    name: form.name,
    cron: form.cron,
    timezone: form.timezone,
    source: sourceOf(form),
    model_name: form.model,
    config_overrides: overridesOf(form.overrides),
    deploy: form.deploy,
    condition: form.condition,
    min_new_records: isNew ? numberOf(form.minRecords) : null,
    min_new_windows: isNew && form.kind !== 'log_entries' ? numberOf(form.minWindows) : null,
    catch_up: form.catchUp,
    paused: form.paused,
  };
}

/** Settings are named by their keys; the message then begins with the member that holds them. */
const isAbout = ({ pointer, message }: FieldProblem, field: string): boolean =>
  pointer === field || pointer.startsWith(`${field}/`) || message.startsWith(`${field.slice(1)}:`);

/** What is wrong with a field, in the words of the service. */
export function problemAt(errors: readonly FieldProblem[], field: string): string | undefined {
  const own = errors.filter((error) => isAbout(error, field));
  return own.length === 0 ? undefined : own.map(({ message }) => message).join('; ');
}
