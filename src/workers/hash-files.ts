import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';

const CHUNK_BYTES = 1 << 20;

/** A file and how much of it counts: what is appended later belongs to the next export. */
export interface HashedFile {
  readonly fd: number;
  readonly size: number;
}

/** SHA-256, in hex. The descriptor's position is not used, so that others may read at the same time. */
export function hashFile({ fd, size }: HashedFile): string {
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let position = 0; position < size;) {
    const bytes = readSync(fd, chunk, 0, Math.min(CHUNK_BYTES, size - position), position);
    if (bytes === 0) break;
    hash.update(chunk.subarray(0, bytes));
    position += bytes;
  }
  return hash.digest('hex');
}
