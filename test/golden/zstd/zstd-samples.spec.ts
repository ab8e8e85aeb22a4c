import { createHash } from 'node:crypto';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openByteSource } from '../../../src/workers/open-byte-source.js';
import { AppError } from '../../../src/shared/errors.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { numbers, ZSTD_SAMPLES, zstdFile } from './samples.js';

const directory = temporaryDirectory('zstd');

/** All bytes of a stored file, read in pieces of `step`. */
async function unpack(stored: Uint8Array, step: number): Promise<Uint8Array> {
  const path = join(directory, 'sample.zst');
  writeFileSync(path, stored);
  const fd = openSync(path, 'r');
  const source = openByteSource({ fd, name: 'sample.zst', size: stored.length });
  try {
    const pieces: Uint8Array[] = [];
    for (;;) {
      const into = new Uint8Array(step);
      const count = await source.read(into);
      if (count === 0) return Buffer.concat(pieces);
      pieces.push(into.subarray(0, count));
    }
  } finally {
    source.close();
    closeSync(fd);
  }
}

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('files of the zstd command', () => {
  it.each(ZSTD_SAMPLES)('$file gives its content', async ({ file, content }) => {
    const expected = digest(content());
    for (const step of [1 << 20, 4099])
      expect(digest(await unpack(zstdFile(file), step)), `in steps of ${step}`).toBe(expected);
  });

  it('cut off anywhere, a file is refused', async () => {
    const whole = zstdFile('frames');
    for (let length = 4; length < whole.length; length += length < 40 ? 1 : 11) {
      const result = await unpack(whole.subarray(0, length), 16_384).catch((error: unknown) => error);
      expect(result, `at ${length}`).toMatchObject({
        code: 'export_invalid',
        details: { reason: 'compressed_truncated', compressed_byte_offset: length },
      });
    }
  });

  it('with bits turned over, a file with a checksum is refused or gives the same bytes', async () => {
    const next = numbers(11);
    for (const file of ['frames', 'lines-streamed', 'four-values']) {
      const whole = zstdFile(file);
      const expected = digest(ZSTD_SAMPLES.find((sample) => sample.file === file)!.content());
      for (let round = 0; round < 100; round++) {
        const damaged = Uint8Array.from(whole);
        // The magic number stays: without it the file would not be taken for compressed.
        damaged[4 + next(whole.length - 4)] ^= 1 << next(8);
        const result = await unpack(damaged, 16_384).catch((error: unknown) => error);
        if (result instanceof AppError) expect(result.code).toBe('export_invalid');
        else expect(digest(result as Uint8Array)).toBe(expected);
      }
    }
  });
});
