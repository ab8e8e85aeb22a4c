import { Injectable } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { ExportsService } from '../../export/exports.service.js';
import { ExportValidationService } from '../../export/export-validation.service.js';
import { LogPullService } from '../../export/log-pull.service.js';
import { keptLogs } from '../../export/core/validation-report.js';
import type { ResolvedConfig } from '../../platform/config/load-config.js';
import { AppError } from '../../shared/errors.js';
import type { InputName } from '../../workers/open-input.js';
import { ingestTask, type IngestSelection } from '../ingest-task.js';
import type { Schedule, ScheduleSource, TickInput } from './schedule.js';

const DAY_MS = 86_400_000;
/** A pull of somebody else in this process is waited for. */
const PULL_RETRIES = 600;

export interface InputQuestion {
  readonly schedule: Schedule;
  readonly tickMs: number;
  /** Settings of the run, which decide about windows. */
  readonly config: Pick<ResolvedConfig, 'values'>;
  /** Newest line of the training before, milliseconds; null = there is none to compare with. */
  readonly sinceMs: number | null;
  /** false = any input will do. */
  readonly onlyNew: boolean;
  readonly signal: AbortSignal;
}

/** What a tick has to train on, or why there is not enough that is new. */
export type InputAnswer =
  | { readonly selection: Required<IngestSelection>; readonly input: TickInput }
  | { readonly lack: string; readonly input: TickInput };

/** Finds the data of a scheduled training, and how much of it is new. */
@Injectable()
export class ScheduleInputService {
  constructor(
    private readonly exports: ExportsService,
    private readonly validation: ExportValidationService,
    private readonly logs: LogPullService,
  ) {}

  /** @throws AppError `file_not_found` without any export, and whatever reading the log table throws */
  async find(question: InputQuestion): Promise<InputAnswer> {
    const { source } = question.schedule;
    return source.kind === 'log_entries'
      ? this.fromTable(source, question)
      : this.fromFiles(await this.files(source), question);
  }

  private async files(
    source: Exclude<ScheduleSource, { kind: 'log_entries' }>,
  ): Promise<readonly (InputName & { readonly sha256: string | null })[]> {
    if (source.kind === 'directory') {
      const found = this.exports.filesIn(source.path);
      if (found.length > 0) return found.map((file) => ({ ...file, sha256: null }));
      throw new AppError(
        'file_not_found',
        `The directory ${source.path} of the exports directory holds no export.`,
      );
    }
    const newest = await this.exports.newest();
    if (newest === null)
      throw new AppError('file_not_found', 'No export is registered that could be trained on.');
    const { path } = this.exports.resolveStored(newest);
    return [{ path, name: newest.fileName, sha256: newest.sha256 }];
  }

  private async fromFiles(
    files: readonly (InputName & { readonly sha256: string | null })[],
    question: InputQuestion,
  ): Promise<InputAnswer> {
    const names = files.map(({ path, name }) => ({ path, name }));
    const selection = { files: names, startMs: null, endMs: null, programs: null, noFollow: true };
    const input: TickInput = {
      files: files.map(({ name, sha256 }) => ({ name, sha256 })),
      newestMs: null,
      newRecords: null,
      newWindows: null,
    };
    if (!question.onlyNew) return { selection, input };
    const { sinceMs, signal, config } = question;
    const startMs = sinceMs === null ? null : sinceMs + 1;
    const { stats, files: read } = await this.validation.validate(
      ingestTask({ ...selection, startMs }, config.values),
      { signal },
    );
    const counted: TickInput = {
      files: read.map(({ name, sha256 }) => ({ name, sha256 })),
      newestMs: stats.end === null ? sinceMs : Date.parse(stats.end),
      newRecords: keptLogs(stats),
      newWindows: stats.non_empty_windows,
    };
    const lack = lackOf(question.schedule, counted);
    return lack === null ? { selection, input: counted } : { lack, input: counted };
  }

  private async fromTable(
    source: Extract<ScheduleSource, { kind: 'log_entries' }>,
    { schedule, tickMs, sinceMs, onlyNew, signal }: InputQuestion,
  ): Promise<InputAnswer> {
    const { days, programs } = source;
    const wanted = this.logs.selection({ startMs: tickMs - days * DAY_MS, endMs: tickMs, programs });
    let newRecords: number | null = null;
    if (onlyNew) {
      const startMs = Math.max(wanted.startMs, sinceMs === null ? -Infinity : sinceMs + 1);
      newRecords = startMs >= wanted.endMs ? 0 : await this.logs.count({ ...wanted, startMs }, signal);
      const input: TickInput = { files: [], newestMs: sinceMs, newRecords, newWindows: null };
      const lack = lackOf(schedule, input);
      if (lack !== null) return { lack, input };
    }
    const { record } = await this.pull(wanted, schedule, signal);
    const { path } = this.exports.resolveStored(record);
    return {
      selection: { ...wanted, files: [{ path, name: record.fileName }], noFollow: true },
      input: {
        files: [{ name: record.fileName, sha256: record.sha256 }],
        // What is written later with an older time is not new.
        newestMs: tickMs - 1,
        newRecords,
        newWindows: null,
      },
    };
  }

  private async pull(
    wanted: ReturnType<LogPullService['selection']>,
    schedule: Schedule,
    signal: AbortSignal,
  ): ReturnType<LogPullService['pull']> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.logs.pull(wanted, { actor: `schedule:${schedule.name}`, signal });
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'conflict' || attempt > PULL_RETRIES) throw error;
        await sleep(1000, undefined, { signal });
      }
    }
  }
}

/** What is missing to what the schedule asks for; null = there is enough. */
function lackOf({ minNewRecords, minNewWindows }: Schedule, input: TickInput): string | null {
  const records = minNewRecords ?? (minNewWindows === null ? 1 : 0);
  const [haveRecords, haveWindows] = [input.newRecords ?? 0, input.newWindows ?? 0];
  if (haveRecords < records) return `${haveRecords} lines are new, ${records} are needed.`;
  const windows = minNewWindows ?? 0;
  return haveWindows < windows ? `${haveWindows} windows are new, ${windows} are needed.` : null;
}
