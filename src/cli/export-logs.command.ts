import { createHash } from 'node:crypto';
import { createWriteStream, renameSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { LOG_FORMATS, type LogFormat } from '../export/core/log-table/log-text.js';
import { formatTimestamp } from '../export/core/timestamp.js';
import { exportLogs, logSelection, logSource } from '../export/log-table/log-export.js';
import { openDatabaseServer } from '../platform/database/database-server.js';
import { syncDirectory, writeFailure } from '../platform/durable-files.js';
import { AppError } from '../shared/errors.js';
import type { GlobalOptions } from './command.js';
import { configuration } from './configuration.js';
import { interruptSignal } from './interrupt.js';
import type { Output } from './output.js';
import { dateAndPrograms } from './selection.js';

interface ExportLogsOptions extends GlobalOptions {
  readonly startDate?: string;
  readonly endDate?: string;
  readonly programs?: string;
  readonly outputFile: string;
  readonly format?: LogFormat;
}

const STDOUT = '-';

export async function run(_: readonly string[], options: ExportLogsOptions, output: Output): Promise<void> {
  const format = options.format ?? formatOf(options.outputFile);
  const request = dateAndPrograms(options);
  const config = configuration(options, output);
  const interrupt = interruptSignal();
  const { signal } = interrupt;
  const server = await openDatabaseServer(config, () => undefined);
  try {
    const nowMs = Date.now();
    const source = logSource(config.values, server.url);
    const selection = logSelection(request, config.values, nowMs);
    const onProgress = (fraction: number): void => {
      output.progress(fraction * 100, 'Reading log lines');
    };
    const toStdout = options.outputFile === STDOUT;
    const { saved, records, guardedCells } = await exportLogs(
      source,
      selection,
      { format, signal, nowMs, onProgress },
      (lines) =>
        toStdout ? writeStdout(lines, signal) : writeFile(lines, resolve(options.outputFile), signal),
    );
    if (guardedCells > 0) {
      output.note(
        `${guardedCells} cells begin like a formula and got an apostrophe, so that no spreadsheet runs them; NDJSON and JSON hold every line as it is.`,
      );
    }
    const summary = {
      output: options.outputFile,
      format,
      table: source.table,
      records,
      start: formatTimestamp(selection.startMs),
      end: formatTimestamp(selection.endMs),
      programs: selection.programs,
      guarded_cells: guardedCells,
      ...saved,
    };
    const human = `${records} lines of ${source.table} written to ${options.outputFile}`;
    if (toStdout) output.note(human);
    else output.result(summary, () => `${human}\nSHA-256 ${saved.sha256}`);
  } finally {
    interrupt.release();
    await server.release();
  }
}

/** @throws AppError `usage` for a name that tells no format */
function formatOf(file: string): LogFormat {
  const extension = file.slice(file.lastIndexOf('.') + 1).toLowerCase();
  const format = LOG_FORMATS.find((name) => name === extension);
  if (format !== undefined) return format;
  const what =
    file === STDOUT
      ? 'Standard output has no name'
      : `The name ${file} does not end in .csv, .json or .ndjson`;
  throw new AppError('usage', `${what}, so the format is not known.`, {
    hint: 'Add --format csv, json or ndjson.',
  });
}

interface WrittenLines {
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

function meter(): { readonly stream: Transform; readonly read: () => WrittenLines } {
  const hash = createHash('sha256');
  let bytes = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk);
      bytes += chunk.byteLength;
      done(null, chunk);
    },
  });
  return { stream, read: () => ({ bytes, sha256: hash.digest('hex') }) };
}

async function writeStdout(lines: Readable, signal: AbortSignal): Promise<WrittenLines> {
  const { stream, read } = meter();
  await pipeline(lines, stream, process.stdout, { signal, end: false });
  return read();
}

/** The file appears complete or not at all. */
async function writeFile(lines: Readable, path: string, signal: AbortSignal): Promise<WrittenLines> {
  const staging = `${path}.tmp-${process.pid}`;
  const { stream, read } = meter();
  try {
    await pipeline(lines, stream, createWriteStream(staging, { flush: true, mode: 0o640 }), { signal });
    renameSync(staging, path);
    syncDirectory(resolve(path, '..'));
    return read();
  } catch (error) {
    rmSync(staging, { force: true });
    throw error instanceof AppError ? error : writeFailure(path, error);
  }
}
