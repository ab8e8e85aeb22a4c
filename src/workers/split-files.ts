import { readSync } from 'node:fs';
import { ExportParser } from '../export/core/export-parser.js';
import { plainMemory } from '../export/core/ingest-memory.js';
import { recordNames } from '../export/core/name-table.js';
import type { PartFormat } from '../export/core/parser-context.js';
import { RecordBatch } from '../export/core/record-batch.js';
import { findSplit } from '../export/core/split-points.js';
import { ValidationCollector } from '../export/core/validation-collector.js';
import { compressionOf, MAGIC_BYTES } from './compression.js';
import { wholeFile, type OpenedFile, type Stretch } from './ingest-pass.js';
import { decode } from './ingest-tools.js';

/** A thread with less to read than this costs more than it saves. */
const BYTES_WORTH_A_THREAD = 32 << 20;
/** The records have to begin in so many bytes at the front of a file, and go on behind them. */
const HEAD_BYTES = 256 << 10;
/** A place to split has to be found so near to the wanted one. */
const PROBE_BYTES = 1 << 20;

/**
 * Shares of the input for `threads` threads, in the order of the input: whole files, and where a share ends inside of a
 * file that is not compressed, stretches of it. One share when splitting is not worth it, or not possible.
 */
export function splitFiles(
  files: readonly OpenedFile[],
  threads: number,
  bytesPerThread = BYTES_WORTH_A_THREAD,
): readonly (readonly Stretch[])[] {
  const whole = files.map(wholeFile);
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const count = Math.min(threads, Math.floor(total / bytesPerThread));
  if (count < 2) return [whole];
  const shares: Stretch[][] = [];
  let rest = whole;
  for (let share = count; share > 1; share--) {
    const bytes = rest.reduce((sum, stretch) => sum + stretchBytes(stretch), 0);
    const [mine, others] = cut(rest, bytes / share, bytesPerThread);
    if (others.length === 0) break;
    shares.push(mine);
    rest = others;
  }
  return [...shares, rest];
}

const stretchBytes = ({ file, part }: Stretch): number => file.size - (part.from?.byteOffset ?? 0);

/** Cuts a list of stretches after about `wanted` bytes: inside of the one they end in, else behind it. */
function cut(stretches: readonly Stretch[], wanted: number, bytesPerThread: number): [Stretch[], Stretch[]] {
  let before = 0;
  for (const [i, stretch] of stretches.entries()) {
    const bytes = stretchBytes(stretch);
    if (before + bytes < wanted) {
      before += bytes;
      continue;
    }
    const { file, part } = stretch;
    const from = part.from?.byteOffset ?? 0;
    const split = bytes < bytesPerThread ? null : findCut(stretch, from + Math.floor(wanted - before));
    if (split === null) return [stretches.slice(0, i + 1), stretches.slice(i + 1)];
    const head = { file, part: { from: part.from, stopAt: split.byteOffset } };
    const tail = { file, part: { from: split, stopAt: null } };
    return [
      [...stretches.slice(0, i), head],
      [tail, ...stretches.slice(i + 1)],
    ];
  }
  return [[...stretches], []];
}

function findCut({ file, part }: Stretch, near: number): { byteOffset: number; format: PartFormat } | null {
  const format = part.from?.format ?? formatOf(file);
  if (format === null) return null;
  const bytes = bytesAt(file, near, PROBE_BYTES);
  const split = findSplit(bytes, 0, bytes.length, format);
  return split < 0 ? null : { byteOffset: near + split, format };
}

function bytesAt({ fd, size }: OpenedFile, position: number, length: number): Uint8Array {
  const bytes = new Uint8Array(Math.max(0, Math.min(length, size - position)));
  return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, position));
}

/** What a reader has to know to begin in the middle of the file; null when the file cannot be split. */
function formatOf(file: OpenedFile): PartFormat | null {
  const head = bytesAt(file, 0, HEAD_BYTES);
  if (compressionOf(head.subarray(0, MAGIC_BYTES)) !== 'none') return null;
  const names = recordNames();
  const batch = new RecordBatch(plainMemory(), names);
  const collector = new ValidationCollector({ names, windowSeconds: 300, wifiRequired: false });
  const parser = new ExportParser({
    fileName: file.name,
    decode,
    tracker: collector.openFile(file.name),
    batch,
    onBatch: () => {
      batch.clear();
    },
  });
  try {
    parser.push(head);
    return parser.partFormat();
  } catch {
    // Whoever reads the file from its beginning says what is wrong with it.
    return null;
  }
}
