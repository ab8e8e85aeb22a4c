import type { Compression } from './compression.js';

/**
 * The bytes of one input file, decompressed. One reader, one pass; a second pass opens the file again.
 *
 * ```ts
 * const got = source.read(space);
 * const count = typeof got === 'number' ? got : await got; // no await, no delay, when the bytes are there
 * ```
 */
export interface ByteSource {
  readonly compression: Compression;
  /** Size of the file on disk when it was opened. */
  readonly storedBytes: number;
  /** Bytes of the file on disk that were read so far (progress). */
  readonly readBytes: number;
  /**
   * Writes the next bytes to the start of `into` (>= 1 byte); their number, 0 = end. A promise only where the bytes
   * are still being made; then `into` is written when it resolves, and no other call may be made before.
   *
   * @throws AppError export_invalid: cut off, damaged, a decompression bomb; unavailable: the disk does not answer
   */
  read(into: Uint8Array): number | Promise<number>;
  /** Ends what is still going on. The descriptor stays open: it belongs to whoever opened it. */
  close(): void;
}
