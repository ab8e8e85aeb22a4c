import type { InputFile, ValidationReport } from '../export/core/validation-report.js';
import { WindowReopened } from '../features/core/window-reopened.js';
import type { WindowTable } from '../features/core/window-table.js';
import { featureBasis } from './feature-basis.js';
import { hashFile } from './hash-files.js';
import type { HashTask } from './hash.worker.js';
import {
  readStretch,
  SplitMissed,
  wholeFile,
  type OpenedFile,
  type ReadStretch,
  type Stretch,
} from './ingest-pass.js';
import type { IngestResult, IngestTask } from './ingest-task.js';
import { ingestTools } from './ingest-tools.js';
import { closeAll, openAll } from './open-files.js';
import type { PartRefused, PartResult, PartTask } from './part.worker.js';
import { runTask, type ReportProgress } from './run-task.js';
import { splitFiles } from './split-files.js';
import { startSubTask } from './sub-task.js';

/** Below this, hashing in this thread takes less time than starting another. */
const BYTES_WORTH_A_THREAD = 16 << 20;

const totalBytes = (files: readonly OpenedFile[]): number => files.reduce((sum, { size }) => sum + size, 0);

interface Hashing {
  readonly hashes: () => Promise<readonly string[]>;
  readonly stop: () => void;
}

/** Hashes of the files, computed meanwhile. */
function startHashing(files: readonly OpenedFile[]): Hashing {
  if (totalBytes(files) < BYTES_WORTH_A_THREAD) {
    return { hashes: () => Promise.resolve(files.map(hashFile)), stop: () => undefined };
  }
  const task = startSubTask<HashTask, readonly string[]>('hash', {
    files: files.map(({ fd, size }) => ({ fd, size })),
  });
  return {
    hashes: () => task.output,
    stop: () => {
      task.stop();
    },
  };
}

type Progress = (share: number) => void;

/** Hands on the share of the work that is done, in steps that are worth a message. */
function steps(report: ReportProgress): Progress {
  let reported = 0;
  return (share) => {
    if (share - reported < 0.01) return;
    reported = share;
    report(Math.min(1, share), 'Reading the export');
  };
}

interface Reading {
  readonly read: readonly { readonly file: OpenedFile; readonly stretch: ReadStretch }[];
  readonly report: (files: ValidationReport['files']) => ValidationReport;
  readonly table: WindowTable | null;
  readonly labels: Uint8Array | null;
}

/** Reads the first share in this thread and the others beside it, and joins them in their order. */
async function readShares(
  task: IngestTask,
  [first, ...others]: readonly (readonly Stretch[])[],
  keepAll: boolean,
  progress: Progress,
): Promise<Reading> {
  const parts = others.map((stretches) =>
    startSubTask<PartTask, PartResult | PartRefused>('part', { task: { ...task, state: null }, stretches }),
  );
  try {
    const { collector, aggregator, labelled, batch, read } = await readHere(task, first, keepAll, progress);
    const all = first.map(({ file }, i) => ({ file, stretch: read[i] }));
    for (const [i, part] of parts.entries()) {
      const result = await part.output;
      if ('refused' in result) throw result.refused === 'split' ? new SplitMissed() : new OutOfOrder();
      collector.absorb(result.collector);
      if (result.aggregator !== null) aggregator?.absorb(result.aggregator);
      all.push(...others[i].map(({ file }, k) => ({ file, stretch: result.read[k] })));
    }
    const table = aggregator?.finish(featureBasis(task)) ?? null;
    const labels = table && labelled && labelled.label(table, batch.names);
    return { read: all, report: (files) => collector.finish(files), table, labels };
  } finally {
    for (const part of parts) part.stop();
  }
}

/** Another thread found its lines out of order. */
class OutOfOrder extends Error {}

async function readHere(
  task: IngestTask,
  stretches: readonly Stretch[],
  keepAll: boolean,
  progress: Progress,
): Promise<
  Pick<ReturnType<typeof ingestTools>, 'collector' | 'aggregator' | 'labelled' | 'batch'> & {
    read: ReadStretch[];
  }
> {
  const tools = ingestTools(task, keepAll);
  const sizes = stretches.map(({ file, part }) => (part.stopAt ?? file.size) - (part.from?.byteOffset ?? 0));
  const total = Math.max(
    1,
    sizes.reduce((sum, size) => sum + size, 0),
  );
  const read: ReadStretch[] = [];
  let before = 0;
  for (const [i, stretch] of stretches.entries()) {
    const done = before;
    read.push(
      await readStretch(stretch, tools, (bytes) => {
        progress((done + bytes) / total);
      }),
    );
    before += sizes[i];
  }
  return { ...tools, read };
}

/**
 * Reads in parts; when these do not fit together, or one of them fails, in one piece, which also has the better words
 * for what is wrong; and when the lines are in no order worth the name, keeping everything until the end.
 */
async function readAll(task: IngestTask, files: readonly OpenedFile[], progress: Progress): Promise<Reading> {
  const inOnePiece = [files.map(wholeFile)];
  const threads = task.labelField == null ? (task.threads ?? 1) : 1;
  const shares = splitFiles(files, threads, task.bytesPerThread);
  let keepAll = false;
  if (shares.length > 1) {
    try {
      return await readShares(task, shares, false, progress);
    } catch (error) {
      keepAll = error instanceof WindowReopened || error instanceof OutOfOrder;
    }
  }
  try {
    return await readShares(task, inOnePiece, keepAll, progress);
  } catch (error) {
    if (!(error instanceof WindowReopened)) throw error;
    return readShares(task, inOnePiece, true, progress);
  }
}

/** One entry a file, however many stretches it was read in. */
function inputFiles({ read }: Reading, files: readonly OpenedFile[], hashes: readonly string[]): InputFile[] {
  return files.map((file, i) => {
    const stretches = read.filter((entry) => entry.file === file).map(({ stretch }) => stretch);
    return {
      name: file.name,
      bytes: file.size,
      uncompressed_bytes: stretches.reduce((sum, { uncompressedBytes }) => sum + uncompressedBytes, 0),
      sha256: hashes[i],
      format: stretches.at(-1)!.format!,
      compression: stretches[0].compression,
    };
  });
}

async function ingest(task: IngestTask, report: ReportProgress): Promise<IngestResult> {
  const files = openAll(task);
  const hashing = startHashing(files);
  try {
    const reading = await readAll(task, files, steps(report));
    const hashes = await hashing.hashes();
    const { table, labels } = reading;
    return { report: reading.report(inputFiles(reading, files, hashes)), table, labels };
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
