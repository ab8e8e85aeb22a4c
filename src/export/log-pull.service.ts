import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../platform/clock.js';
import { APP_CONFIG } from '../platform/config/app-config.js';
import type { ResolvedConfig } from '../platform/config/load-config.js';
import { databaseUrl } from '../platform/database/database.module.js';
import { AppError } from '../shared/errors.js';
import type { LogSelection } from './core/log-table/log-query.js';
import { pulledFileName } from './core/log-table/log-range.js';
import { formatTimestamp } from './core/timestamp.js';
import { ExportRepository } from './export.repository.js';
import type { ExportRecord } from './export-record.js';
import { ExportStore } from './export-store.js';
import {
  countLogs,
  countLogsToExport,
  exportLogs,
  logSelection,
  logSource,
  type LogRequest,
} from './log-table/log-export.js';
import type { LogSource } from './log-table/log-table.js';

export interface PullOptions {
  /** Who asked, for the audit log. */
  readonly actor: string;
  readonly signal: AbortSignal;
  readonly onProgress?: (fraction: number) => void;
}

export interface PulledExport {
  readonly record: ExportRecord;
  readonly records: number;
  readonly selection: LogSelection;
}

export interface PullPreview {
  readonly start: string;
  /** Exclusive. */
  readonly end: string;
  /** null = every program. */
  readonly programs: readonly string[] | null;
  readonly table: string;
  readonly records: number;
}

/** Lines of the log table as exports of the service: files with a hash, from which a training can be repeated. */
@Injectable()
export class LogPullService {
  private pulling = false;

  constructor(
    private readonly exports: ExportRepository,
    private readonly store: ExportStore,
    @Inject(APP_CONFIG) private readonly config: ResolvedConfig,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** What a request means now, with the defaults filled in. */
  selection(request: LogRequest): LogSelection {
    return logSelection(request, this.config.values, this.clock.nowMs());
  }

  count(selection: LogSelection, signal: AbortSignal): Promise<number> {
    return countLogs(this.source, selection, signal);
  }

  /** What a pull would read; it reads nothing but their number. */
  async preview(selection: LogSelection, signal: AbortSignal): Promise<PullPreview> {
    const records = await countLogsToExport(this.source, selection, signal);
    return { ...describe(selection), table: this.source.table, records };
  }

  /**
   * Reads the lines into a new file of the exports directory and records it; nothing remains of one that fails.
   *
   * @throws AppError `conflict` while this process is at another pull, `not_enough_data` without any line
   */
  async pull(selection: LogSelection, { actor, signal, onProgress }: PullOptions): Promise<PulledExport> {
    // Each holds a connection and a snapshot of somebody else's server.
    if (this.pulling)
      throw new AppError('conflict', 'Log lines are being pulled already.', {
        hint: 'Wait until that is done, then ask again.',
      });
    this.pulling = true;
    try {
      const nowMs = this.clock.nowMs();
      this.store.removeAbandonedUploads(nowMs);
      const name = pulledFileName(this.source.table, selection);
      const { saved, records } = await exportLogs(
        this.source,
        selection,
        { format: 'ndjson', signal, nowMs, onProgress },
        (lines) => this.store.save(lines, name, this.config.values.storage.max_upload_bytes, signal),
      );
      const record = await this.exports.insert(
        {
          ...saved,
          exportId: randomUUID(),
          fileName: saved.storedKey,
          format: 'ndjson',
          source: 'database',
          actor,
        },
        { ...describe(selection), table: this.source.table, records },
      );
      return { record, records, selection };
    } finally {
      this.pulling = false;
    }
  }

  private get source(): LogSource {
    return logSource(this.config.values, databaseUrl());
  }
}

function describe({
  startMs,
  endMs,
  programs,
}: LogSelection): Pick<PullPreview, 'start' | 'end' | 'programs'> {
  return { start: formatTimestamp(startMs), end: formatTimestamp(endMs), programs };
}
