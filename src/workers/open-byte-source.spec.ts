import { closeSync, openSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { rejection, temporaryDirectory } from '../../test/support/temporary-directory.js';
import { AppError } from '../shared/errors.js';
import type { ByteSource } from './byte-source.js';
import { openByteSource, type ByteRange } from './open-byte-source.js';

const directory = temporaryDirectory('byte-source');
const path = join(directory, 'export');
const MIB = 1024 * 1024;

const open: number[] = [];
afterAll(() => {
  open.forEach(closeSync);
});

function source(range?: ByteRange): ByteSource {
  const fd = openSync(path, 'r');
  open.push(fd);
  return openByteSource({ fd, name: 'export.json', size: statSync(path).size }, range);
}

function stored(content: Uint8Array | string): ByteSource {
  writeFileSync(path, content);
  return source();
}

/** All bytes, taken in pieces of `step`. */
async function drain(from: ByteSource, step = 64 * 1024): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  try {
    for (;;) {
      const into = new Uint8Array(step);
      const got = from.read(into);
      const count = typeof got === 'number' ? got : await got;
      if (count === 0) return Buffer.concat(pieces);
      pieces.push(into.subarray(0, count));
    }
  } finally {
    from.close();
  }
}

/** How many bytes come before the refusal, and the refusal. */
async function refusal(from: ByteSource): Promise<{ error: AppError; produced: number; ms: number }> {
  const into = new Uint8Array(MIB);
  const begun = performance.now();
  let produced = 0;
  const error = await rejection(async () => {
    for (let count = 1; count > 0; produced += count) count = await from.read(into);
  });
  from.close();
  expect(error).toBeInstanceOf(AppError);
  return { error: error as AppError, produced, ms: performance.now() - begun };
}

const lines = (count: number, word = 'line'): string =>
  Array.from({ length: count }, (_, i) => `${word} ${(i * 7919) % 10_007}\n`).join('');

describe('a file that is not compressed', () => {
  it('is read straight and at once', async () => {
    const text = lines(50_000);
    const from = stored(text);
    expect(from).toMatchObject({ compression: 'none', storedBytes: text.length, readBytes: 0 });
    expect(from.read(new Uint8Array(10))).toBe(10);
    expect(from.readBytes).toBe(10);
    expect((await drain(from)).toString()).toBe(text.slice(10));
    expect(from.readBytes).toBe(text.length);
  });

  it('two readers of one descriptor do not disturb each other', () => {
    writeFileSync(path, 'abcdefgh');
    const fd = openSync(path, 'r');
    open.push(fd);
    const [one, two] = [0, 1].map(() => openByteSource({ fd, name: 'x', size: 8 }));
    const [a, b] = [new Uint8Array(3), new Uint8Array(5)];
    expect([one.read(a), two.read(b), one.read(a)]).toEqual([3, 5, 3]);
    expect([Buffer.from(a).toString(), Buffer.from(b).toString()]).toEqual(['def', 'abcde']);
  });

  it('gives a part of itself', async () => {
    writeFileSync(path, 'abcdefgh');
    expect((await drain(source({ from: 2, to: 5 }), 2)).toString()).toBe('cde');
    expect((await drain(source({ from: 8, to: 8 }))).length).toBe(0);
  });

  it('ends where it ended when it was opened, whatever is appended', async () => {
    const from = stored('first\n');
    writeFileSync(path, 'second\n', { flag: 'a' });
    expect((await drain(from)).toString()).toBe('first\n');
  });

  it('cut shorter while it is read ends early instead of never', async () => {
    const from = stored('0123456789');
    void from.read(new Uint8Array(4));
    writeFileSync(path, '01234');
    expect((await drain(from)).toString()).toBe('4');
  });

  it.each([
    ['nothing', ''],
    ['one byte', '{'],
    ['a zip archive', 'PK\u0003\u0004rest'],
  ])('%s is left to the reader', async (_, content) => {
    const from = stored(content);
    expect(from.compression).toBe('none');
    expect((await drain(from)).toString()).toBe(content);
  });
});

describe('a gzip file', () => {
  it.each([1, 4096, 3 * MIB])('unpacks into pieces of %i bytes', async (step) => {
    const text = lines(step === 1 ? 200 : 200_000);
    const from = stored(gzipSync(text));
    expect(from.compression).toBe('gzip');
    expect((await drain(from, step)).toString()).toBe(text);
    expect(from.readBytes).toBe(from.storedBytes);
  });

  it('may have several members, empty ones too, wherever they end', async () => {
    // More than the file is read at once, so that members end in and at the edges of what is read.
    const noise = Uint8Array.from({ length: 128 * 1024 - 40 }, (_, i) => (i * i * 31) >> 5);
    for (const pad of [0, 1, 17, 18, 40]) {
      const first = Buffer.concat([Buffer.from(noise), Buffer.alloc(pad)]);
      const members = [gzipSync(first, { level: 0 }), gzipSync(''), gzipSync(lines(5000)), gzipSync('end')];
      const unpacked = await drain(stored(Buffer.concat(members)));
      expect(unpacked.equals(Buffer.concat([first, Buffer.from(lines(5000)), Buffer.from('end')]))).toBe(
        true,
      );
    }
  });

  it('may be padded with zeros, but with nothing else', async () => {
    const packed = gzipSync('text\n');
    for (const padding of [1, 512, 300 * 1024])
      expect((await drain(stored(Buffer.concat([packed, Buffer.alloc(padding)])))).toString()).toBe('text\n');
    for (const rest of [Buffer.from('more'), Buffer.concat([Buffer.alloc(200 * 1024), packed])]) {
      const { error } = await refusal(stored(Buffer.concat([packed, rest])));
      expect(error).toMatchObject({ code: 'export_invalid', details: { reason: 'compressed_corrupt' } });
    }
  });

  it('cut off anywhere is refused, with the position', async () => {
    const packed = gzipSync(lines(20));
    for (let length = 2; length < packed.length; length++) {
      const { error } = await refusal(stored(packed.subarray(0, length)));
      expect(error.message).toBe(`export.json: the gzip data is cut off (compressed byte ${length}).`);
      expect(error).toMatchObject({
        code: 'export_invalid',
        hint: 'Copy or compress the file again and compare its size with the original.',
        details: { file: 'export.json', reason: 'compressed_truncated', compressed_byte_offset: length },
      });
    }
  });

  it('cut off in its second member is refused', async () => {
    const first = gzipSync(lines(20));
    const { error } = await refusal(stored(Buffer.concat([first, gzipSync('more').subarray(0, 12)])));
    expect(error.details).toMatchObject({
      reason: 'compressed_truncated',
      compressed_byte_offset: first.length + 12,
    });
  });

  it.each([
    ['its data', 40, /damaged/],
    ['its checksum', -8, /damaged \(incorrect data check\)/],
    ['its length', -1, /damaged \(incorrect length check\)/],
    ['its method', 2, /damaged \(unknown compression method\)/],
  ])('with a bit turned over in %s is refused', async (_, at, says) => {
    const packed = gzipSync(lines(2000));
    packed[at < 0 ? packed.length + at : at] ^= 4;
    const { error } = await refusal(stored(packed));
    expect(error.message).toMatch(says);
    expect(error.details).toMatchObject({ reason: 'compressed_corrupt' });
  });

  it('is not unpacked far ahead of its reader', async () => {
    const from = gzipOf(200, lines(60_000));
    await from.read(new Uint8Array(1));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(from.readBytes).toBeLessThan(from.storedBytes / 10);
    from.close();
  });

  it('in a gzip file is refused', async () => {
    const { error } = await refusal(stored(gzipSync(gzipSync('text'))));
    expect(error).toMatchObject({
      code: 'export_invalid',
      hint: 'Unpack it once, then use the file inside.',
    });
    expect(error.message).toContain('compressed twice with gzip');
  });
});

/** A gzip file of `count` members, all of them `piece`: large without the time to compress so much. */
function gzipOf(count: number, piece: Uint8Array | string): ByteSource {
  const member = gzipSync(piece);
  return stored(Buffer.concat(new Array<Buffer>(count).fill(member)));
}

/** A zstd frame of blocks that each stand for 128 KiB of one byte; it never ends. */
function zstdFrame(blocks: number, block: readonly number[]): Uint8Array {
  const header = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38];
  const bytes = new Uint8Array(header.length + blocks * block.length);
  bytes.set(header);
  for (let i = 0; i < blocks; i++) bytes.set(block, header.length + i * block.length);
  return bytes;
}

describe('a decompression bomb', () => {
  const isRefused = ({ error, produced, ms }: Awaited<ReturnType<typeof refusal>>): void => {
    expect(error).toMatchObject({ code: 'export_invalid', details: { reason: 'compression_bomb' } });
    expect(error.message).toMatch(/^export\.json: .* log exports never shrink more than 250 times\.$/);
    expect(produced).toBeLessThan(66 * MIB);
    expect(ms).toBeLessThan(5000);
  };

  it('of 1 GB of zeros', async () => {
    const bomb = gzipOf(16, new Uint8Array(64 * MIB));
    expect(bomb.storedBytes).toBeLessThan(2 * MIB);
    isRefused(await refusal(bomb));
  });

  it('of valid records without end', async () => {
    const record = '{"timestamp":"2025-06-01T00:00:00Z","device_id":1,"message":"a"},\n';
    isRefused(await refusal(gzipOf(100, record.repeat(16_000))));
  });

  it('of zstd blocks', async () => {
    // Raw size << 3 | run-length block << 1: 131,072 bytes from four.
    const block = [(0x20000 << 3) | 2, ((0x20000 << 3) | 2) >> 8, ((0x20000 << 3) | 2) >> 16, 0x61];
    isRefused(await refusal(stored(zstdFrame(100_000, block))));
  });

  it('small enough to do no harm is let through', async () => {
    expect((await drain(gzipOf(1, new Uint8Array(60 * MIB)), MIB)).length).toBe(60 * MIB);
  });
});

describe('a zstd file made to hurt', () => {
  const header = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38];
  const block = (body: readonly number[]): number[] => {
    const size = (body.length << 3) | (2 << 1) | 1;
    return [size & 255, (size >> 8) & 255, size >> 16, ...body];
  };

  it('with 60,000 matches of 65,539 bytes in one block is refused at once', async () => {
    // Eight bytes to refer to. Then literal length 0, offset code 0, match length code 52 with 16 zero bits each.
    const raw = [8 << 3, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
    const count = 60_000 - 0x7f00;
    const codes = [255, count & 255, count >> 8, 0b01010100, 0, 0, 52];
    const body = [0, ...codes, ...new Array<number>(120_000).fill(0), 1];
    const { error, ms } = await refusal(stored(Uint8Array.from([...header, ...raw, ...block(body)])));
    expect(error.message).toMatch(/larger than it may be/);
    expect(ms).toBeLessThan(1000);
  });

  it.each([
    ['a window of 2 GB', [0x28, 0xb5, 0x2f, 0xfd, 0x00, 21 << 3], /needs 2,147,483,648 bytes of memory/],
    ['a dictionary', [0x28, 0xb5, 0x2f, 0xfd, 0x01, 0x38, 9], /dictionary \(9\)/],
    ['a reserved bit', [0x28, 0xb5, 0x2f, 0xfd, 0x08, 0x38], /header is damaged/],
    ['a block of the reserved type', [...header, 7, 0, 0], /bad block header/],
    ['a block larger than it may be', [...header, 1, 0, 0xff], /bad block header/],
    [
      'a reference before the data',
      [...header, ...block([1 << 3, 65, 1, 0b01010100, 0, 5, 0, 0b100000])],
      /damaged/,
    ],
    ['a table that was not sent', [...header, ...block([3, 0, 0, 0])], /damaged/],
    ['something behind the frame', [...header, 1, 0, 0, 1, 2, 3, 4], /behind the end/],
    ['less content than declared', [0x28, 0xb5, 0x2f, 0xfd, 0x20, 5, 1, 0, 0], /0 bytes instead of 5/],
    ['a skippable frame that is cut off', [0x50, 0x2a, 0x4d, 0x18, 255, 255, 255, 255, 1], /cut off/],
  ])('%s is refused', async (_, bytes, says) => {
    const { error } = await refusal(stored(Uint8Array.from(bytes)));
    expect(error.code).toBe('export_invalid');
    expect(error.message).toMatch(says);
  });

  it('may fill a block, and no more than that', async () => {
    // One literal, then it again 65,539 + more times (match length code 52: 16 bits); distance 1 is the first default.
    const match = (more: number, ...rest: number[]): Uint8Array => {
      const bits = [...rest, more & 255, more >> 8, 1];
      return Uint8Array.from([...header, ...block([1 << 3, 65, 1, 0b01010100, 1, 0, 52, ...bits])]);
    };
    expect((await drain(stored(match(65_532)))).equals(Buffer.alloc(128 * 1024, 'A'))).toBe(true);
    expect((await refusal(stored(match(65_533)))).error.message).toMatch(/larger than it may be/);
    expect((await refusal(stored(match(0, 255)))).error.message).toMatch(/do not fill it/);
  });

  it('may refer as far back as its window, and no further', async () => {
    // Two raw blocks of 1 KiB, the window; then a match of three bytes: offset code 10 and ten more bits.
    const raw = (fill: number): number[] => [0, 0x20, 0, ...new Array<number>(1024).fill(fill)];
    const match = (more: number): number[] => [0, 1, 0b01010100, 0, 10, 0, more & 255, 4 | (more >> 8)];
    const frame = (more: number): Uint8Array =>
      Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0, ...raw(65), ...raw(66), ...block(match(more))]);
    // Distance = 2^10 + more - 3.
    const unpacked = await drain(stored(frame(3)));
    expect(unpacked.toString()).toBe(`${'A'.repeat(1024)}${'B'.repeat(1027)}`);
    expect((await refusal(stored(frame(4)))).error.message).toMatch(/points before the data/);
  });

  it('in a gzip file is refused', async () => {
    const { error } = await refusal(stored(gzipSync(Uint8Array.from([...header, 1, 0, 0]))));
    expect(error.message).toContain('compressed with zstd, then with gzip');
  });
});
