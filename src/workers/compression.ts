import { AppError } from '../shared/errors.js';
import { decimal } from './stored-file.js';

/** How a file is stored, told by its first bytes and never by its name. */
export type Compression = 'none' | 'gzip' | 'zstd';

/** Bytes that {@link compressionOf} wants to see; fewer only when the file is shorter. */
export const MAGIC_BYTES = 4;

/** RFC 1952 and RFC 8878; a zstd file may also begin with a skippable frame. */
export function compressionOf(head: Uint8Array): Compression {
  if (head.length >= 2 && head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  if (head.length < 4) return 'none';
  const magic = (head[0] | (head[1] << 8) | (head[2] << 16) | (head[3] << 24)) >>> 0;
  return magic === ZSTD_MAGIC || isSkippable(magic) ? 'zstd' : 'none';
}

export const ZSTD_MAGIC = 0xfd2fb528;

export const isSkippable = (magic: number): boolean => (magic & 0xfffffff0) >>> 0 === 0x184d2a50;

/** Output that is let through whatever its ratio: a small file is no attack. */
const FREE_OUTPUT_BYTES = 64 * 1024 * 1024;
/** Log exports shrink 10 to 40 times; deflate can reach 1032 times, zstd 30,000 times. */
const MAX_RATIO = 250;

export type CompressionFault =
  'compressed_truncated' | 'compressed_corrupt' | 'compressed_twice' | 'compressed_unsupported';

const HINTS: Readonly<Record<CompressionFault, string>> = {
  compressed_truncated: 'Copy or compress the file again and compare its size with the original.',
  compressed_corrupt: 'The file is damaged: copy or compress it again.',
  compressed_twice: 'Unpack it once, then use the file inside.',
  compressed_unsupported: 'Unpack it first (unzstd), then use the file inside.',
};

/** A file whose compression cannot be undone. `at` = position in the stored (compressed) file. */
export function compressionError(
  name: string,
  fault: CompressionFault,
  message: string,
  at: number,
  cause?: unknown,
): AppError {
  return new AppError('export_invalid', `${name}: ${message} (compressed byte ${decimal(at)}).`, {
    cause,
    hint: HINTS[fault],
    details: { file: name, compressed_byte_offset: at, reason: fault },
  });
}

/** Watches what comes out of a compressed file. */
export class ExpansionGuard {
  private produced = 0;

  constructor(
    private readonly name: string,
    private readonly compression: Compression,
  ) {}

  /**
   * Takes the next bytes that came out.
   *
   * @param consumed compressed bytes used so far
   * @throws AppError export_invalid: a decompression bomb, or compressed twice
   */
  take(bytes: Uint8Array, consumed: number): void {
    if (this.produced === 0) this.assertPlain(bytes);
    this.produced += bytes.length;
    if (this.produced <= FREE_OUTPUT_BYTES || this.produced <= MAX_RATIO * consumed) return;
    throw new AppError(
      'export_invalid',
      `${this.name}: ${decimal(consumed)} compressed bytes unpack to more than ${decimal(this.produced)}; ` +
        `log exports never shrink more than ${MAX_RATIO} times.`,
      {
        hint: 'Look at what is in the file. If it is an export after all, unpack it first and use the file inside.',
        details: { file: this.name, compressed_byte_offset: consumed, reason: 'compression_bomb' },
      },
    );
  }

  private assertPlain(head: Uint8Array): void {
    const inner = compressionOf(head);
    if (inner === 'none') return;
    const how = inner === this.compression ? 'twice' : `with ${inner}, then`;
    throw compressionError(
      this.name,
      'compressed_twice',
      `the file is compressed ${how} with ${this.compression}`,
      0,
    );
  }
}
