import {
  closeSync,
  constants,
  createReadStream,
  createWriteStream,
  fstatSync,
  openSync,
  rmSync,
  statSync,
} from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { writeFailure } from '../platform/durable-files.js';
import { hashStream, limitedTo } from '../platform/save-stream.js';
import { AppError } from '../shared/errors.js';
import { STAGING_PREFIX, type ExportStore, type StoredExport } from './export-store.js';

/** A file that its sender has announced: the content is known by its hash before it is here. */
export interface AnnouncedFile {
  /** Lower-case hex. */
  readonly sha256: string;
  /** Bytes. */
  readonly length: number;
}

export interface PartialUpload {
  /** Bytes that are here; the next one to send. */
  readonly offset: number;
  readonly length: number;
}

/** Each may be as large as an upload may be, so their number is limited too. */
const MAX_UNFINISHED = 16;
const KIND = 'partial-';

/**
 * Uploads that may be interrupted and continued, by another connection or after a restart: a file named by hash and
 * length in the exports directory that only grows. A second sender who goes on where the first one stands takes over from
 * it, because the connection of the first is most likely dead; whoever sends something else is found out by the hash.
 */
export class PartialUploads {
  private readonly writers = new Map<string, { stop: AbortController; ended: Promise<unknown> }>();

  constructor(private readonly store: ExportStore) {}

  /** How much of a file is here; undefined when nothing is. Of several announced lengths the furthest. */
  find(sha256: string): PartialUpload | undefined {
    return this.all(sha256)
      .map(({ path, length }) => ({ offset: statSync(path, { throwIfNoEntry: false })?.size ?? 0, length }))
      .sort((a, b) => b.offset - a.offset)
      .at(0);
  }

  /** @throws AppError `conflict` where {@link append} would refuse the offset, or a new upload */
  assertOffset(announced: AnnouncedFile, offset: number): void {
    const size = statSync(this.path(announced), { throwIfNoEntry: false })?.size;
    if ((size ?? 0) !== offset) throw wrongOffset(size ?? 0, offset);
    if (size === undefined) this.assertRoom();
  }

  private assertRoom(): void {
    if (this.all('').length < MAX_UNFINISHED) return;
    throw new AppError('conflict', `There are ${MAX_UNFINISHED} unfinished uploads already.`, {
      hint: 'Complete or delete one (DELETE /api/v1/exports/uploads/<sha256>); one that nobody continues is gone after a day.',
    });
  }

  /**
   * Adds bytes from `offset` on. What arrived stays when the connection breaks; a full disk takes all of it away.
   *
   * @returns the next offset
   * @throws AppError `conflict` when `offset` is not where the file ends (`details.offset` is), `validation_failed` for
   *   bytes beyond the announced length, `disk_full`, `usage` when the body breaks off
   */
  async append(announced: AnnouncedFile, offset: number, source: Readable): Promise<number> {
    this.store.ensureDirectory();
    const path = this.path(announced);
    // Whoever asks for the place where the first one stands has seen that it goes no further; others disturb nobody.
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (size !== offset) throw wrongOffset(size, offset);
    for (let other = this.writers.get(path); other !== undefined; other = this.writers.get(path)) {
      other.stop.abort();
      await other.ended;
    }
    const stop = new AbortController();
    const writing = this.write(announced, offset, source, stop.signal);
    this.writers.set(path, { stop, ended: Promise.allSettled([writing]) });
    try {
      return await writing;
    } finally {
      this.writers.delete(path);
    }
  }

  private async write(
    announced: AnnouncedFile,
    offset: number,
    source: Readable,
    signal: AbortSignal,
  ): Promise<number> {
    const path = this.path(announced);
    const fd = this.open(path, offset);
    const { size } = fstatSync(fd);
    if (size !== offset) {
      closeSync(fd);
      throw wrongOffset(size, offset);
    }
    const meter = limitedTo(announced.length - offset, () => tooLong(announced));
    try {
      const file = createWriteStream(path, { fd, start: offset, flush: true });
      await pipeline(source, meter.stream, file, { signal });
    } catch (error) {
      throw this.interrupted(error, path);
    }
    return offset + meter.size();
  }

  /**
   * Checks the complete file and gives it its name.
   *
   * @throws AppError `validation_failed` when the content is another than announced (it is gone then), `conflict` when
   *   another request completes the same upload at this moment
   */
  async complete(announced: AnnouncedFile, clientName: string): Promise<StoredExport> {
    const path = this.path(announced);
    try {
      const found = await hashStream(createReadStream(path));
      if (found.sha256 !== announced.sha256) {
        rmSync(path, { force: true });
        throw otherContent(announced, found.sha256);
      }
      return { storedKey: await this.store.adopt(path, clientName), ...found };
    } catch (error) {
      if (isMissing(error)) throw completedElsewhere(announced);
      throw error instanceof AppError ? error : writeFailure('the upload', error);
    }
  }

  /** Forgets what is here of a file. True when there was something. */
  discard(sha256: string): boolean {
    const found = this.all(sha256);
    for (const { path } of found) rmSync(path, { force: true });
    return found.length > 0;
  }

  private open(path: string, offset: number): number {
    const isNew = statSync(path, { throwIfNoEntry: false }) === undefined;
    if (isNew && offset !== 0) throw wrongOffset(0, offset);
    if (isNew) this.assertRoom();
    try {
      const { O_RDWR, O_CREAT, O_NOFOLLOW } = constants;
      return openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o644);
    } catch (error) {
      throw writeFailure('the upload', error);
    }
  }

  private path({ sha256, length }: AnnouncedFile): string {
    return this.store.stagingPath(`${KIND}${sha256}-${length}`);
  }

  private all(sha256: string): { path: string; length: number }[] {
    const start = STAGING_PREFIX + KIND + sha256;
    return this.store
      .staged()
      .filter((name) => name.startsWith(start))
      .map((name) => ({
        path: this.store.stagingPath(name.slice(STAGING_PREFIX.length)),
        length: Number(name.slice(name.lastIndexOf('-') + 1)),
      }));
  }

  private interrupted(error: unknown, path: string): AppError {
    if (error instanceof AppError) {
      rmSync(path, { force: true });
      return error;
    }
    const failure = writeFailure('the upload', error);
    if (failure.code === 'disk_full') {
      rmSync(path, { force: true });
      return failure;
    }
    const { syscall } = error as { syscall?: unknown };
    return syscall === 'write' ? failure : brokenOff(error);
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';

function wrongOffset(offset: number, asked: number): AppError {
  return new AppError('conflict', `The upload continues at byte ${offset}, not at ${asked}.`, {
    hint: `Send Upload-Offset: ${offset} with the bytes from there on.`,
    details: { offset },
    problems: [{ pointer: 'Upload-Offset', code: 'offset', message: `must be ${offset}` }],
  });
}

function completedElsewhere({ sha256 }: AnnouncedFile): AppError {
  return new AppError('conflict', 'Another request is completing this upload.', {
    hint: `Ask for the result: GET /api/v1/exports?sha256=${sha256}`,
  });
}

function tooLong({ length }: AnnouncedFile): AppError {
  return new AppError('validation_failed', `More than the announced ${length} bytes came.`, {
    hint: 'Upload-Length is the size of the whole file. What was here of it is deleted: begin again at 0.',
    problems: [{ pointer: 'Upload-Length', code: 'length', message: 'must be the size of the whole file' }],
  });
}

function otherContent({ sha256 }: AnnouncedFile, found: string): AppError {
  return new AppError('validation_failed', `The content has the SHA-256 ${found}, announced was ${sha256}.`, {
    hint: 'The file changed while it was sent, or bytes were sent from the wrong place. What was here is deleted: begin again at 0.',
    problems: [{ pointer: '/sha256', code: 'sha256', message: 'must be the SHA-256 of the whole file' }],
  });
}

function brokenOff(cause: unknown): AppError {
  return new AppError('usage', 'The body broke off; what arrived is kept.', {
    cause,
    hint: 'Ask for Upload-Offset with HEAD and send the rest.',
  });
}
