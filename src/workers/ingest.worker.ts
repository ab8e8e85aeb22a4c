import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { ExportParser } from '../export/core/export-parser.js';
import { ValidationCollector } from '../export/core/validation-collector.js';
import type { RecordSink } from '../export/core/log-record.js';
import type { InputFile, ValidationReport } from '../export/core/validation-report.js';
import { featureSet } from '../features/core/feature-sets.js';
import type { WindowConfig, WindowTable } from '../features/core/window-table.js';
import { AppError } from '../shared/errors.js';
import { runTask, type ReportProgress } from './run-task.js';
import { zoneOffset } from './zone-offset.js';

export interface IngestFile {
  /** Absolute path; opened once, never followed by name again. */
  readonly path: string;
  /** Name shown to the user. */
  readonly name: string;
}

/** Reads, validates and (with a feature set) windows the files, in one pass. */
export interface IngestTask {
  readonly files: readonly IngestFile[];
  readonly featureSet: string;
  readonly window: WindowConfig;
  /** false: validation report only. */
  readonly extract: boolean;
  /** Arrival time range [startMs, endMs), or null = unbounded. */
  readonly startMs: number | null;
  readonly endMs: number | null;
  readonly programs: readonly string[] | null;
  /** Refuse a symbolic link as the last path component (files named over the network). */
  readonly noFollow: boolean;
}

export interface IngestResult {
  readonly report: ValidationReport;
  readonly table: WindowTable | null;
}

const CHUNK_BYTES = 1 << 20;

const decode = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');

function openExport(file: IngestFile, noFollow: boolean): { fd: number; size: number } {
  let fd: number;
  try {
    // O_NONBLOCK: opening a FIFO must answer, not wait for a writer; regular files ignore the flag.
    fd = openSync(
      file.path,
      constants.O_RDONLY | constants.O_NONBLOCK | (noFollow ? constants.O_NOFOLLOW : 0),
    );
  } catch (error) {
    throw openError(file, error);
  }
  const stat = fstatSync(fd);
  if (stat.isFile() && !(noFollow && stat.nlink > 1)) return { fd, size: stat.size };
  closeSync(fd);
  throw new AppError(
    noFollow ? 'export_not_allowed' : 'export_invalid',
    `${file.name} is ${stat.isDirectory() ? 'a directory' : 'not a regular file'}, expected a log export file.`,
    { hint: 'Give the path of a JSON, NDJSON or CSV export.' },
  );
}

function openError(file: IngestFile, error: unknown): AppError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new AppError('file_not_found', `${file.name} does not exist.`, { cause: error });
  }
  if (code === 'ELOOP') {
    return new AppError('export_not_allowed', `${file.name} is a symbolic link, which is not followed.`, {
      cause: error,
    });
  }
  return new AppError(
    'file_not_found',
    `${file.name} cannot be read (${code === '' ? String(error) : code}).`,
    {
      cause: error,
      hint: 'Check the permissions of the file and of its directory.',
    },
  );
}

interface Pass {
  readonly task: IngestTask;
  readonly collector: ValidationCollector;
  readonly sink: RecordSink;
  readonly onBytes: (bytes: number) => void;
}

function readFile(file: IngestFile, pass: Pass): InputFile {
  const { fd } = openExport(file, pass.task.noFollow);
  try {
    const parser = new ExportParser({
      fileName: file.name,
      decode,
      collector: pass.collector,
      onRecord: pass.sink,
      startMs: pass.task.startMs,
      endMs: pass.task.endMs,
      programs: pass.task.programs === null ? null : new Set(pass.task.programs),
    });
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    let total = 0;
    for (;;) {
      const bytes = readSync(fd, buffer, 0, CHUNK_BYTES, null);
      if (bytes === 0) break;
      const chunk = buffer.subarray(0, bytes);
      hash.update(chunk);
      parser.push(chunk);
      total += bytes;
      pass.onBytes(bytes);
    }
    return { name: file.name, bytes: total, sha256: hash.digest('hex'), format: parser.end() };
  } finally {
    closeSync(fd);
  }
}

function totalBytes(task: IngestTask): number {
  let total = 0;
  for (const file of task.files) {
    const { fd, size } = openExport(file, task.noFollow);
    closeSync(fd);
    total += size;
  }
  return total;
}

function ingest(task: IngestTask, report: ReportProgress): IngestResult {
  const total = totalBytes(task);
  const set = featureSet(task.featureSet);
  const collector = new ValidationCollector({
    windowSeconds: task.window.lengthSeconds,
    wifiRequired: set.wifiRequired,
  });
  const aggregator = task.extract
    ? set.createAggregator(task.window, zoneOffset(task.window.timezone))
    : null;
  const sink: RecordSink =
    aggregator === null
      ? () => undefined
      : (record) => {
          aggregator.add(record);
        };
  let done = 0;
  let reported = 0;
  const onBytes = (bytes: number): void => {
    done += bytes;
    if (done - reported < total / 100) return;
    reported = done;
    report(done / total, 'Reading the export');
  };
  const files = task.files.map((file) => readFile(file, { task, collector, sink, onBytes }));
  return { report: collector.finish(files), table: aggregator === null ? null : aggregator.finish() };
}

runTask<IngestTask, IngestResult>((task, report) => {
  const output = ingest(task, report);
  const { table } = output;
  const transfer =
    table === null
      ? []
      : [table.deviceIndex, table.startMs, table.logCount, table.values].map(
          ({ buffer }) => buffer as ArrayBuffer,
        );
  return { output, transfer };
});
