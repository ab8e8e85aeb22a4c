import { randomUUID } from 'node:crypto';
import { createWriteStream, mkdirSync, openSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { writeFailure } from '../platform/durable-files.js';
import { AppError } from '../shared/errors.js';
import { STANDARD_INPUT_NAME } from './input-files.js';

const PREFIX = 'stdin-';
const ABANDONED_MS = 24 * 60 * 60 * 1000;

export interface SpoolOptions {
  /** The data directory; the file lies in its `tmp`. */
  readonly dataDir: string;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

export interface SpooledInput {
  readonly path: string;
  /** Removes the file; called whatever happens. */
  remove(): void;
}

/**
 * Standard input as a file: reading an export may take two passes, and its hash a third. The file is readable by its
 * owner only, and gone when the command ends, by whatever end but SIGKILL (then the next command removes it, a day later).
 *
 * @throws AppError usage: a terminal; payload_too_large, disk_full, cancelled; nothing is left behind
 */
export async function spoolInput(
  source: Readable & { readonly isTTY?: boolean },
  { dataDir, maxBytes, signal }: SpoolOptions,
): Promise<SpooledInput> {
  if (source.isTTY === true) {
    throw new AppError('usage', 'Standard input is a terminal, expected an export.', {
      hint: 'Pipe one into the command, for instance: ssh router cat export.json | mcp-training validate -',
    });
  }
  const directory = temporaryDirectory(dataDir);
  const path = join(directory, `${PREFIX}${process.pid}-${randomUUID()}`);
  const removeFile = (): void => {
    rmSync(path, { force: true });
  };
  // A second Ctrl-C ends the process without unwinding.
  process.once('exit', removeFile);
  const remove = (): void => {
    process.off('exit', removeFile);
    removeFile();
  };
  try {
    // Opened before anything can fail: a file that is still being opened would appear after its removal.
    const fd = openSync(path, 'wx', 0o600);
    await pipeline(source, limit(maxBytes), createWriteStream(path, { fd }), { signal });
    return { path, remove };
  } catch (error) {
    remove();
    throw spoolError(path, error, signal);
  }
}

function temporaryDirectory(dataDir: string): string {
  const directory = join(dataDir, 'tmp');
  try {
    mkdirSync(dataDir, { recursive: true });
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    removeAbandoned(directory);
  } catch (error) {
    throw writeFailure(directory, error);
  }
  return directory;
}

/** What commands left that were killed. */
function removeAbandoned(directory: string): void {
  const before = Date.now() - ABANDONED_MS;
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    const stat = name.startsWith(PREFIX) ? statSync(path, { throwIfNoEntry: false }) : undefined;
    if (stat !== undefined && stat.mtimeMs < before) rmSync(path, { force: true });
  }
}

function limit(maxBytes: number): Transform {
  let size = 0;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      size += chunk.byteLength;
      if (size <= maxBytes) done(null, chunk);
      else
        done(
          new AppError(
            'payload_too_large',
            `${STANDARD_INPUT_NAME} is larger than the limit of ${maxBytes} bytes.`,
            { hint: 'Raise storage.max_upload_bytes, or give the export as a file.' },
          ),
        );
    },
  });
}

function spoolError(path: string, error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof AppError) return error;
  if (error instanceof Error && 'syscall' in error && error.syscall === 'read') {
    const code = 'code' in error ? String(error.code) : error.message;
    return new AppError('file_not_found', `${STANDARD_INPUT_NAME} cannot be read (${code}).`, {
      cause: error,
    });
  }
  return writeFailure(path, error);
}
