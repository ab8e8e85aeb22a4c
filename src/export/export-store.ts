import { randomUUID } from 'node:crypto';
import { constants, lstatSync, mkdirSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs';
import { link, open, unlink } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { syncDirectoryInBackground, writeFailure } from '../platform/durable-files.js';
import { hashStream, saveStream, type SavedFile } from '../platform/save-stream.js';
import { AppError } from '../shared/errors.js';
import { parseExportPath, safeFileName } from './core/export-file-name.js';

export interface StoredExport extends SavedFile {
  readonly storedKey: string;
}

export interface ResolvedExport {
  readonly path: string;
  readonly storedKey: string;
}

/** How a file looks from outside: what changes when somebody writes to it or replaces it. */
export interface FileLook {
  readonly inode: number;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

/** Names that begin like this are unfinished uploads; `resolve` never finds one, because of the dot. */
export const STAGING_PREFIX = '.tmp-';
const ABANDONED_UPLOAD_MS = 24 * 60 * 60 * 1000;

/** The exports directory: streamed uploads in, confined paths out. */
export class ExportStore {
  constructor(readonly directory: string) {}

  /**
   * Writes the stream to a temporary file while hashing it; the file gets its name only when it is complete.
   * @throws AppError `payload_too_large`, `disk_full`, `unavailable`; then nothing of it is left
   */
  async save(
    source: Readable,
    clientName: string,
    maxBytes: number,
    signal?: AbortSignal,
  ): Promise<StoredExport> {
    this.ensureDirectory();
    const staging = this.stagingPath(randomUUID());
    const name = safeFileName(clientName);
    const saved = await saveStream(source, staging, {
      maxBytes,
      tooLarge: () => uploadTooLarge(maxBytes),
      signal,
      label: name,
    });
    try {
      return { storedKey: await this.adopt(staging, name), ...saved };
    } catch (error) {
      rmSync(staging, { force: true });
      throw writeFailure(name, error);
    }
  }

  /** Where an unfinished upload lies. */
  stagingPath(name: string): string {
    return join(this.directory, STAGING_PREFIX + name);
  }

  ensureDirectory(): void {
    try {
      mkdirSync(this.directory, { recursive: true });
    } catch (error) {
      throw writeFailure(this.directory, error);
    }
  }

  /**
   * Gives a complete staged file its name in the directory, durably. link(2) fails when the name exists: two uploads of
   * one name get two names, neither overwrites the other.
   * @returns the name it got
   * @throws the error of the file system, `ENOENT` when the staged file is gone
   */
  async adopt(staging: string, clientName: string): Promise<string> {
    const name = safeFileName(clientName);
    const dot = name.lastIndexOf('.');
    const [stem, extension] = dot <= 0 ? [name, ''] : [name.slice(0, dot), name.slice(dot)];
    for (let n = 1; ; n++) {
      const candidate = n === 1 ? name : `${stem}_${n}${extension}`;
      try {
        await link(staging, join(this.directory, candidate));
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'EEXIST') continue;
        throw error;
      }
      await this.unstage(staging, candidate);
      await syncDirectoryInBackground(this.directory);
      return candidate;
    }
  }

  /** Of two that adopt one staged file, the one that takes it away has it; the other one leaves no second name behind. */
  private async unstage(staging: string, candidate: string): Promise<void> {
    try {
      await unlink(staging);
    } catch (error) {
      rmSync(join(this.directory, candidate), { force: true });
      throw error;
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
    throw notAllowed();
  }

  /**
   * Plain files directly in a directory (`.` = the exports directory itself), relative to the exports directory, sorted.
   * Hidden files and links are none; a directory that is not there has no files.
   */
  names(directory: string): string[] {
    const parsed = directory === '.' ? { segments: [] } : parseExportPath(directory);
    if (!('segments' in parsed)) throw notAllowed();
    const path = join(this.directory, ...parsed.segments);
    let entries: string[];
    try {
      entries = readdirSync(path).sort();
    } catch {
      return [];
    }
    return entries
      .map((name) => [...parsed.segments, name].join('/'))
      .filter((name) => 'segments' in parseExportPath(`exports/${name}`) && this.has(name));
  }

  /** Whether a registered file is still there. */
  has(storedKey: string): boolean {
    return this.isPlainFileInside(join(this.directory, ...storedKey.split('/')));
  }

  /** null = the file is gone, or no plain file inside the exports directory. */
  look(storedKey: string): FileLook | null {
    if (!this.has(storedKey)) return null;
    const stat = lstatSync(join(this.directory, ...storedKey.split('/')), { throwIfNoEntry: false });
    return stat === undefined
      ? null
      : { inode: stat.ino, sizeBytes: stat.size, modifiedMs: Math.floor(stat.mtimeMs) };
  }

  /** Size and SHA-256 of a file inside the exports directory, read through one descriptor that follows no link. */
  async inspect(name: string): Promise<StoredExport> {
    const { path, storedKey } = this.resolve(name);
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
      () => null,
    );
    if (file === null) throw notAllowed();
    return { storedKey, ...(await hashStream(file.createReadStream())) };
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
    if (this.has(storedKey)) rmSync(join(this.directory, ...storedKey.split('/')), { force: true });
  }

  /** Unfinished uploads that nobody has continued for a day. */
  removeAbandonedUploads(nowMs: number): void {
    for (const name of this.staged()) {
      const path = join(this.directory, name);
      const modified = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? nowMs;
      if (nowMs - modified > ABANDONED_UPLOAD_MS) rmSync(path, { force: true });
    }
  }

  /** Names of all unfinished uploads. */
  staged(): string[] {
    try {
      return readdirSync(this.directory).filter((entry) => entry.startsWith(STAGING_PREFIX));
    } catch {
      return [];
    }
  }
}

export function uploadTooLarge(maxBytes: number): AppError {
  return new AppError('payload_too_large', `The upload is larger than the limit of ${maxBytes} bytes.`, {
    hint: 'Raise storage.max_upload_bytes, or copy the file into the exports directory.',
  });
}

function notAllowed(): AppError {
  return new AppError('export_not_allowed', 'There is no such export file in the exports directory.', {
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
