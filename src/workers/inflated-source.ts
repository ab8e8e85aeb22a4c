import type { Gunzip } from 'node:zlib';
import type { ByteSource } from './byte-source.js';
import { compressionError, ExpansionGuard } from './compression.js';
import type { StoredFile } from './stored-file.js';

/** Compressed bytes handed over at once. */
const INPUT_BYTES = 128 * 1024;
/** Decompressed bytes waiting for the reader, beyond which the file is not read on. */
const QUEUE_BYTES = 1024 * 1024;

interface Waiting {
  readonly into: Uint8Array;
  readonly resolve: (count: number) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * gzip (RFC 1952), one or several members one behind the other, inflated by node:zlib on the thread pool: while the
 * reader works on one chunk the next one is being made.
 */
export class InflatedSource implements ByteSource {
  /** Output of one step on the thread pool: as much as a reader takes at once, so that both work at the same time. */
  static readonly chunkBytes = 1024 * 1024;

  readonly compression = 'gzip';
  private readonly guard: ExpansionGuard;
  private readonly input = new Uint8Array(INPUT_BYTES);
  private readonly queue: Uint8Array[] = [];
  private queued = 0;
  private ended = false;
  private failure: unknown = null;
  private waiting: Waiting | null = null;

  constructor(
    private readonly file: StoredFile,
    private readonly engine: Gunzip,
  ) {
    this.guard = new ExpansionGuard(file.name, this.compression);
    engine.on('data', (chunk: Uint8Array) => {
      this.attempt(() => {
        this.take(chunk);
      });
    });
    engine.on('end', () => {
      this.attempt(() => {
        this.finish();
      });
    });
    engine.on('error', (error: NodeJS.ErrnoException) => {
      this.fail(this.describe(error));
    });
    this.feed();
  }

  get storedBytes(): number {
    return this.file.size;
  }

  get readBytes(): number {
    return this.file.position;
  }

  read(into: Uint8Array): number | Promise<number> {
    const count = this.deliver(into);
    if (count > 0) return count;
    if (this.failure !== null) throw this.failure as Error;
    if (this.ended) return 0;
    return new Promise((resolve, reject) => {
      this.waiting = { into, resolve, reject };
      this.engine.resume();
    });
  }

  close(): void {
    this.engine.destroy();
  }

  /** Reads the file as fast as the engine takes it; the engine calls back late when nobody takes its output. */
  private feed(): void {
    this.attempt(() => {
      if (this.engine.destroyed || this.engine.writableEnded) return;
      const count = this.file.read(this.input, 0, INPUT_BYTES);
      if (count === 0) this.engine.end();
      else {
        // The engine is done with the buffer when it calls back, so one buffer is enough.
        this.engine.write(this.input.subarray(0, count), (error) => {
          // What it left over lies behind the end of the data: finish() looks at it.
          const wantsMore = this.engine.bytesWritten === this.file.position;
          if ((error === null || error === undefined) && wantsMore) this.feed();
        });
      }
    });
  }

  private take(chunk: Uint8Array): void {
    if (this.failure !== null) return;
    this.guard.take(chunk, this.engine.bytesWritten);
    this.queue.push(chunk);
    this.queued += chunk.length;
    const { waiting } = this;
    if (waiting !== null) {
      this.waiting = null;
      waiting.resolve(this.deliver(waiting.into));
    }
    if (this.queued >= QUEUE_BYTES) this.engine.pause();
  }

  /** Copies what is waiting, 0 = nothing. */
  private deliver(into: Uint8Array): number {
    let count = 0;
    while (count < into.length && this.queue.length > 0) {
      const chunk = this.queue[0];
      const part = chunk.length <= into.length - count ? chunk : chunk.subarray(0, into.length - count);
      into.set(part, count);
      count += part.length;
      if (part === chunk) this.queue.shift();
      else this.queue[0] = chunk.subarray(part.length);
    }
    this.queued -= count;
    if (this.queued < QUEUE_BYTES && this.engine.isPaused()) this.engine.resume();
    return count;
  }

  /** The engine stops at zero bytes behind a member; they are padding (tapes, block devices), anything else is not. */
  private finish(): void {
    if (this.failure !== null) return;
    const padding = this.input;
    for (let at = this.engine.bytesWritten, count = 1; count > 0; at += count) {
      count = this.file.peek(at, padding);
      const data = padding.subarray(0, count).findIndex((byte) => byte !== 0);
      if (data >= 0) {
        const message = 'there is something behind the end of the compressed data';
        throw compressionError(this.file.name, 'compressed_corrupt', message, at + data);
      }
    }
    this.ended = true;
    this.waiting?.resolve(0);
    this.waiting = null;
  }

  private describe(error: NodeJS.ErrnoException): unknown {
    const at = this.engine.bytesWritten;
    if (error.code === 'Z_BUF_ERROR') {
      const message = 'the gzip data is cut off';
      return compressionError(this.file.name, 'compressed_truncated', message, at, error);
    }
    if (error.code?.startsWith('Z_') === true) {
      const message = `the gzip data is damaged (${error.message})`;
      return compressionError(this.file.name, 'compressed_corrupt', message, at, error);
    }
    return error;
  }

  private attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.fail(error);
    }
  }

  private fail(error: unknown): void {
    if (this.failure !== null) return;
    this.failure = error;
    this.engine.destroy();
    this.waiting?.reject(error);
    this.waiting = null;
  }
}
