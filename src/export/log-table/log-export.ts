import { Readable } from 'node:stream';
import type { LogSelection } from '../core/log-table/log-query.js';
import { LogText, type LogFormat } from '../core/log-table/log-text.js';
import { programsOf, rangeOf } from '../core/log-table/log-range.js';
import { formatTimestamp } from '../core/timestamp.js';
import type { TrainingServiceConfig } from '../../platform/config/schema/training-service-config.js';
import { withLogTable, type LogSource, type LogTable } from './log-table.js';
import { noLines } from './log-table-errors.js';

/** What a person asked for; null = as the configuration and the defaults say. */
export interface LogRequest {
  readonly startMs: number | null;
  readonly endMs: number | null;
  readonly programs: readonly string[] | null;
}

export interface LogExportOptions {
  readonly format: LogFormat;
  readonly signal: AbortSignal;
  readonly nowMs: number;
  /** 0..1 of the lines are read. */
  readonly onProgress?: (fraction: number) => void;
}

export interface LogExport<T> {
  readonly saved: T;
  readonly records: number;
  /** Cells of a CSV that got an apostrophe in front. */
  readonly guardedCells: number;
}

type DatabaseSettings = Pick<TrainingServiceConfig, 'database'>;

/** @param serviceUrl of the database of the service, which is read when no other one is named */
export function logSource({ database }: DatabaseSettings, serviceUrl: string): LogSource {
  return {
    url: database.log_url ?? serviceUrl,
    table: database.table_name,
    batchSize: database.batch_size,
    maxRecords: database.max_records,
    timeoutSeconds: database.statement_timeout,
  };
}

export function logSelection(
  request: LogRequest,
  { database }: DatabaseSettings,
  nowMs: number,
): LogSelection {
  return {
    ...rangeOf(request.startMs, request.endMs, nowMs),
    programs: programsOf(request.programs, database.wifi_programs),
  };
}

/**
 * Reads lines of the table and hands them as a stream of text to `save`; no more than a batch is in memory.
 *
 * @throws AppError `not_enough_data` when there is no line, and what {@link withLogTable} and `save` throw
 */
export async function exportLogs<T>(
  source: LogSource,
  selection: LogSelection,
  options: LogExportOptions,
  save: (lines: Readable) => Promise<T>,
): Promise<LogExport<T>> {
  return withLogTable(source, options.signal, async (table) => {
    const expected = await countAny(source, table, selection);
    const createdAt = formatTimestamp(Math.floor(options.nowMs / 1000) * 1000);
    const text = new LogText({ format: options.format, columns: table.columns.all, createdAt });
    const pieces = async function* (): AsyncGenerator<string, void, void> {
      yield text.head();
      for await (const rows of table.batches(selection)) {
        yield rows.map((row) => text.row(row)).join('');
        options.onProgress?.(Math.min(1, text.written / expected));
      }
      // Lines without a program, none of which had a wanted one in its header.
      if (text.written === 0) throw await nothingThere(source, table, selection);
      yield text.tail();
    };
    const saved = await save(Readable.from(pieces(), { highWaterMark: 1 }));
    return { saved, records: text.written, guardedCells: text.guardedCells };
  });
}

/** Number of lines a selection has. */
export function countLogs(source: LogSource, selection: LogSelection, signal: AbortSignal): Promise<number> {
  return withLogTable(source, signal, (table) => table.count(selection));
}

/**
 * Number of lines an export would have.
 * @throws AppError as {@link exportLogs}, without reading a line
 */
export function countLogsToExport(
  source: LogSource,
  selection: LogSelection,
  signal: AbortSignal,
): Promise<number> {
  return withLogTable(source, signal, (table) => countAny(source, table, selection));
}

async function countAny(source: LogSource, table: LogTable, selection: LogSelection): Promise<number> {
  const expected = await table.count(selection);
  if (expected === 0) throw await nothingThere(source, table, selection);
  return expected;
}

async function nothingThere(source: LogSource, table: LogTable, selection: LogSelection): Promise<Error> {
  const { startMs, endMs, programs } = selection;
  const whose = programs === null ? '' : ` of ${programs.join(', ')}`;
  const span = await table.span();
  return noLines(
    source,
    `from ${formatTimestamp(startMs)} to ${formatTimestamp(endMs)}${whose}`,
    span === null ? null : `${span.first} to ${span.last}`,
  );
}
