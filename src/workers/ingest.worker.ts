import { closeSync } from 'node:fs';
import type { ValidationReport } from '../export/core/validation-report.js';
import type { WindowTable } from '../features/core/window-table.js';
import { WindowReopened } from '../features/core/window-reopened.js';
import { hashFile } from './hash-files.js';
import type { HashTask } from './hash.worker.js';
import { readFile, type OpenedFile } from './ingest-pass.js';
import type { IngestResult, IngestTask } from './ingest-task.js';
import { ingestTools } from './ingest-tools.js';
import { openInput } from './open-input.js';
import { runTask, type ReportProgress } from './run-task.js';
import { startSubTask } from './sub-task.js';

/** Below this, hashing in this thread takes less time than starting another. */
const BYTES_WORTH_A_THREAD = 16 << 20;

function openAll({ files, noFollow }: IngestTask): OpenedFile[] {
  const opened: OpenedFile[] = [];
  try {
    for (const file of files) opened.push({ ...openInput(file, noFollow), name: file.name });
    return opened;
  } catch (error) {
    closeAll(opened);
    throw error;
  }
}

function closeAll(files: readonly OpenedFile[]): void {
  for (const { fd } of files) closeSync(fd);
}

const totalBytes = (files: readonly OpenedFile[]): number => files.reduce((sum, { size }) => sum + size, 0);

/** Hashes of the files, computed meanwhile. */
function startHashing(files: readonly OpenedFile[]): {
  hashes: () => Promise<readonly string[]>;
  stop: () => void;
} {
  if (totalBytes(files) < BYTES_WORTH_A_THREAD) {
    return { hashes: () => Promise.resolve(files.map(hashFile)), stop: () => undefined };
  }
  const task = startSubTask<HashTask, readonly string[]>('hash', {
    files: files.map(({ fd, size }) => ({ fd, size })),
  });
  return { hashes: () => task.output, stop: task.stop };
}

/** Rough share of the work done, in steps that are worth a message. */
function progressOf(files: readonly OpenedFile[], report: ReportProgress): (done: number) => void {
  const total = Math.max(1, totalBytes(files));
  let reported = 0;
  return (done) => {
    if (done - reported < total / 100) return;
    reported = done;
    report(Math.min(1, done / total), 'Reading the export');
  };
}

interface Pass {
  readonly files: readonly Awaited<ReturnType<typeof readFile>>[];
  readonly report: (files: ValidationReport['files']) => ValidationReport;
  readonly table: WindowTable | null;
}

async function pass(
  task: IngestTask,
  files: readonly OpenedFile[],
  keepAll: boolean,
  report: ReportProgress,
): Promise<Pass> {
  const tools = ingestTools(task, keepAll);
  const progress = progressOf(files, report);
  const read: Pass['files'][number][] = [];
  let before = 0;
  for (const file of files) {
    const done = before;
    read.push(
      await readFile(file, tools, (bytes) => {
        progress(done + bytes);
      }),
    );
    before += file.size;
  }
  return {
    files: read,
    report: (inputs) => tools.collector.finish(inputs),
    table: tools.aggregator?.finish() ?? null,
  };
}

async function ingest(task: IngestTask, report: ReportProgress): Promise<IngestResult> {
  const files = openAll(task);
  const hashing = startHashing(files);
  try {
    const { files: read, ...result } = await pass(task, files, false, report).catch((error: unknown) => {
      if (!(error instanceof WindowReopened)) throw error;
      // In no order worth the name: everything is kept until the end instead, which takes memory but any order.
      return pass(task, files, true, report);
    });
    const hashes = await hashing.hashes();
    const inputs = read.map((file, i) => ({ ...file, sha256: hashes[i] }));
    return { report: result.report(inputs), table: result.table };
  } finally {
    hashing.stop();
    closeAll(files);
  }
}

runTask<IngestTask, IngestResult>(async (task, report) => {
  const output = await ingest(task, report);
  const { table } = output;
  const transfer =
    table === null
      ? []
      : [table.deviceIndex, table.startMs, table.logCount].map(({ buffer }) => buffer as ArrayBuffer);
  return { output, transfer };
});
