import { createGunzip } from 'node:zlib';
import type { ByteSource } from './byte-source.js';
import { compressionOf, MAGIC_BYTES } from './compression.js';
import { InflatedSource } from './inflated-source.js';
import { StoredFile, type StoredFileOptions } from './stored-file.js';
import { ZstdSource } from './zstd/zstd-source.js';

/** A part of the file, for several readers of one file; only for files that are not compressed. */
export interface ByteRange {
  readonly from: number;
  /** Position behind the last byte. */
  readonly to: number;
}

/**
 * The bytes of an open file from its beginning. The descriptor's own position is neither used nor moved, so that
 * others may read it at the same time; it stays open.
 */
export function openByteSource(options: StoredFileOptions, range?: ByteRange): ByteSource {
  const file = new StoredFile(options, range?.from);
  const head = new Uint8Array(MAGIC_BYTES);
  switch (compressionOf(head.subarray(0, file.peek(0, head)))) {
    case 'gzip':
      return new InflatedSource(file, createGunzip({ chunkSize: InflatedSource.chunkBytes }));
    case 'zstd':
      return new ZstdSource(file);
    case 'none':
      return new PlainSource(file, range?.to ?? file.size);
  }
}

/** No copy in between: the system writes straight into the reader's memory. */
class PlainSource implements ByteSource {
  readonly compression = 'none';

  constructor(
    private readonly file: StoredFile,
    private readonly to: number,
  ) {}

  get storedBytes(): number {
    return this.file.size;
  }

  get readBytes(): number {
    return this.file.position;
  }

  read(into: Uint8Array): number {
    return this.file.read(into, 0, into.length, this.to);
  }

  close(): void {
    // Nothing is held.
  }
}
