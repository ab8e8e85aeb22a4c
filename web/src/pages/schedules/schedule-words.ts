import type { Schedule, ScheduleSource, ScheduleTick } from '../../api/service-types.js';
import { count, plural } from '../../format/numbers.js';
import { moment } from '../../format/times.js';

export function sourceText(source: ScheduleSource): string {
  switch (source.kind) {
    case 'newest_export':
      return 'the newest export';
    case 'directory':
      return source.path === '.' ? 'all files of the exports directory' : `the files of ${source.path}`;
    case 'log_entries':
      return `the log table, last ${plural(source.days, 'day')}, ${programsText(source.programs)}`;
  }
}

function programsText(programs: readonly string[] | null): string {
  if (programs === null) return 'the WiFi programs';
  return programs.includes('*') ? 'all programs' : programs.join(', ');
}

export function conditionText(schedule: Schedule): string {
  if (schedule.condition === 'always') return 'at every tick';
  const { min_new_records: records, min_new_windows: windows } = schedule;
  const needs = [
    ...(records === null ? [] : [`${count(records)} new lines`]),
    ...(windows === null ? [] : [`${count(windows)} new windows`]),
  ];
  return `with at least ${needs.length === 0 ? 'one new line' : needs.join(' and ')}`;
}

const REASONS: Readonly<Record<string, string>> = {
  missed: 'nobody was there for it',
  previous_run_unfinished: 'the training before was not over',
  not_enough_new_data: 'there was not enough new data',
};

/** Why a tick trained nothing. */
export function reasonText({ reason, message }: ScheduleTick): string {
  if (message !== null) return message;
  return reason === null ? '' : (REASONS[reason] ?? reason);
}

/** What deleting a schedule does, and what it leaves alone. */
export function deletionText({ model_name: model, next_ticks: next }: Schedule): string {
  const effect =
    next.length === 0
      ? `It is paused: no training of ${model} is lost by this.`
      : `The training of ${model} on ${moment(next[0])} and all after it will not take place.`;
  return `${effect} Trainings that were started and the models they made stay, and the audit log keeps how the schedule was set.`;
}
