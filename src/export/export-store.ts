import { createHash, randomUUID } from 'node:crypto';
import {
  createWriteStream,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { syncDirectory, writeFailure } from '../platform/durable-files.js';
import { AppError } from '../shared/errors.js';
import { parseExportPath, safeFileName } from './core/export-file-name.js';

export interface StoredExport {
  readonly storedKey: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

export interface ResolvedExport {
  readonly path: string;
  readonly storedKey: string;
}

const UPLOAD_PREFIX = '.upload-';
const ABANDONED_UPLOAD_MS = 24 * 60 * 60 * 1000;

/** The exports directory: streamed uploads in, confined paths out. */
export class ExportStore {
  constructor(readonly directory: string) {}

  /** Writes the stream to a temporary file while hashing it; the file gets its name only when it is complete. */
  async save(source: Readable, clientName: string, maxBytes: number): Promise<StoredExport> {
    this.ensureDirectory();
    const staging = join(this.directory, `${UPLOAD_PREFIX}${randomUUID()}`);
    const hash = createHash('sha256');
    let size = 0;
    const meter = new Transform({
      transform(chunk: Buffer, _, done) {
        size += chunk.byteLength;
        hash.update(chunk);
        if (size <= maxBytes) done(null, chunk);
        else
          done(
            new AppError('payload_too_large', `The upload is larger than the limit of ${maxBytes} bytes.`, {
              hint: 'Raise storage.max_upload_bytes, or copy the file into the exports directory.',
            }),
          );
      },
    });
    try {
      // Opened before anything can fail: a file that is still being opened would appear after its removal.
      const fd = openSync(staging, 'wx');
      await pipeline(source, meter, createWriteStream(staging, { fd, flush: true }));
      return {
        storedKey: this.claimName(staging, safeFileName(clientName)),
        sizeBytes: size,
        sha256: hash.digest('hex'),
      };
    } catch (error) {
      throw error instanceof AppError
        ? error
        : writeFailure(join(this.directory, safeFileName(clientName)), error);
    } finally {
      rmSync(staging, { force: true });
    }
  }

  private ensureDirectory(): void {
    try {
      mkdirSync(this.directory, { recursive: true });
    } catch (error) {
      throw writeFailure(this.directory, error);
    }
  }

  /** link(2) fails when the name exists: two uploads of one name get two names, neither overwrites the other. */
  private claimName(staging: string, name: string): string {
    const dot = name.lastIndexOf('.');
    const [stem, extension] = dot <= 0 ? [name, ''] : [name.slice(0, dot), name.slice(dot)];
    for (let n = 1; ; n++) {
      const candidate = n === 1 ? name : `${stem}_${n}${extension}`;
      try {
        linkSync(staging, join(this.directory, candidate));
        unlinkSync(staging);
        syncDirectory(this.directory);
        return candidate;
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      }
    }
  }

  /**
   * A regular file inside the exports directory, or one and the same refusal whatever the reason: the answer must not
   * tell which files exist elsewhere. The worker opens it with O_NOFOLLOW.
   */
  resolve(name: string): ResolvedExport {
    const parsed = parseExportPath(name);
    if ('segments' in parsed) {
      const path = join(this.directory, ...parsed.segments);
      if (this.isPlainFileInside(path)) return { path, storedKey: parsed.segments.join('/') };
    }
    throw new AppError('export_not_allowed', 'There is no such export file in the exports directory.', {
      hint: 'Give a path relative to the exports directory; GET /api/v1/exports lists the registered files.',
      problems: [
        {
          pointer: '/export_file',
          code: 'export_not_allowed',
          message: 'must name a file in the exports directory',
        },
      ],
    });
  }

  private isPlainFileInside(path: string): boolean {
    try {
      const root = realpathSync(this.directory);
      const parent = realpathSync(dirname(path));
      if (parent !== root && !parent.startsWith(root + sep)) return false;
      const stat = lstatSync(path);
      return stat.isFile() && stat.nlink === 1;
    } catch {
      return false;
    }
  }

  /** Deletes a stored file. One that is gone already is no error: the caller wants it gone. */
  remove(storedKey: string): void {
    const path = join(this.directory, ...storedKey.split('/'));
    if (this.isPlainFileInside(path)) rmSync(path, { force: true });
  }

  /** Uploads that a crash left behind. */
  removeAbandonedUploads(nowMs: number): void {
    let names: string[];
    try {
      names = readdirSync(this.directory);
    } catch {
      return;
    }
    for (const name of names.filter((entry) => entry.startsWith(UPLOAD_PREFIX))) {
      const path = join(this.directory, name);
      const modified = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? nowMs;
      if (nowMs - modified > ABANDONED_UPLOAD_MS) rmSync(path, { force: true });
    }
  }
}
