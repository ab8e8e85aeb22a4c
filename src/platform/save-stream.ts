import { createHash } from 'node:crypto';
import { createWriteStream, openSync, rmSync } from 'node:fs';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../shared/errors.js';
import { writeFailure } from './durable-files.js';

export interface SavedFile {
  readonly sizeBytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

export interface SaveOptions {
  readonly maxBytes: number;
  /** What is thrown for the first byte beyond `maxBytes`. */
  readonly tooLarge: () => AppError;
  /** Gives the writing up. */
  readonly signal?: AbortSignal;
  /** What people call the file; a message names it and not `path`. */
  readonly label: string;
}

/**
 * Writes a stream to a new file, hashing it on the way; nothing of it is held in memory. The bytes are on the disk when
 * this resolves, and the file is gone when it rejects.
 *
 * @throws AppError `tooLarge()`, `disk_full`, `unavailable`
 */
export async function saveStream(source: Readable, path: string, options: SaveOptions): Promise<SavedFile> {
  const { maxBytes, tooLarge, signal, label } = options;
  const hash = createHash('sha256');
  const meter = limitedTo(maxBytes, tooLarge, (chunk) => hash.update(chunk));
  try {
    // Opened before anything can fail: a file that is still being opened would appear after its removal.
    const fd = openSync(path, 'wx');
    await pipeline(source, meter.stream, createWriteStream(path, { fd, flush: true }), { signal });
    return { sizeBytes: meter.size(), sha256: hash.digest('hex') };
  } catch (error) {
    rmSync(path, { force: true });
    throw error instanceof AppError ? error : writeFailure(label, error);
  }
}

/** Lets at most `maxBytes` through, then fails with `tooLarge()`. */
export function limitedTo(
  maxBytes: number,
  tooLarge: () => AppError,
  onChunk?: (chunk: Buffer) => void,
): { readonly stream: Transform; size(): number } {
  let size = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _, done) {
      size += chunk.byteLength;
      if (size > maxBytes) {
        done(tooLarge());
        return;
      }
      onChunk?.(chunk);
      done(null, chunk);
    },
  });
  return { stream, size: () => size };
}

/** Size and SHA-256 of what a stream holds. */
export async function hashStream(source: Readable): Promise<SavedFile> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    hash.update(chunk);
    sizeBytes += chunk.byteLength;
  }
  return { sizeBytes, sha256: hash.digest('hex') };
}
