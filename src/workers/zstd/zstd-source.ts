import type { ByteSource } from '../byte-source.js';
import { compressionError, ExpansionGuard, isSkippable, ZSTD_MAGIC } from '../compression.js';
import { decimal, type StoredFile } from '../stored-file.js';
import { BlockDecoder } from './block-decoder.js';
import { Xxh64 } from './xxh64.js';
import { ZstdFault } from './zstd-fault.js';
import { MAX_BLOCK_BYTES, ZstdWindow } from './zstd-window.js';

/** Largest window: what the zstd command takes without being told to take more. */
const MAX_WINDOW_BYTES = 128 * 1024 * 1024;
/** Spare bytes around the input: the decoder loads four bytes at a time. */
const MARGIN = 32;
const INPUT_BYTES = 4 * MAX_BLOCK_BYTES;

interface Frame {
  readonly maxBlockBytes: number;
  readonly hasChecksum: boolean;
  /** Declared size of the content, null = not declared. */
  readonly contentBytes: number | null;
  /** Bytes made so far. */
  madeBytes: number;
}

/**
 * zstd (RFC 8878): frames one behind the other, skippable ones skipped, checksums compared. Node 20 has no
 * decompressor; a newer Node's is not used either, so that one file gets one answer whatever it runs on.
 */
export class ZstdSource implements ByteSource {
  readonly compression = 'zstd';
  private readonly guard: ExpansionGuard;
  private readonly window = new ZstdWindow();
  private readonly decoder = new BlockDecoder(this.window);
  private readonly hash = new Xxh64();
  private readonly input = new Uint8Array(MARGIN + INPUT_BYTES + MARGIN);
  /** Unused input: [from, to) of `input`. */
  private from = MARGIN;
  private to = MARGIN;
  private frame: Frame | null = null;
  private ended = false;

  constructor(private readonly file: StoredFile) {
    this.guard = new ExpansionGuard(file.name, this.compression);
  }

  get storedBytes(): number {
    return this.file.size;
  }

  get readBytes(): number {
    return this.file.position;
  }

  close(): void {
    // Nothing is held but memory.
  }

  read(into: Uint8Array): number {
    let count = 0;
    while (count < into.length) {
      if (this.window.waiting > 0) count += this.window.take(into, count);
      else if (this.ended) break;
      else if (this.frame === null) this.beginFrame();
      else this.nextBlock(this.frame);
    }
    return count;
  }

  /** Position in the file of the next unused byte. */
  private get consumed(): number {
    return this.file.position - (this.to - this.from);
  }

  private fault(kind: Parameters<typeof compressionError>[1], message: string, cause?: unknown): Error {
    return compressionError(this.file.name, kind, message, this.consumed, cause);
  }

  /** Holds the next `length` bytes in `input`, or says how many fewer there are. */
  private fill(length: number): number {
    if (this.to - this.from >= length) return length;
    this.input.copyWithin(MARGIN, this.from, this.to);
    this.to += MARGIN - this.from;
    this.from = MARGIN;
    this.to += this.file.read(this.input, this.to, MARGIN + INPUT_BYTES);
    return Math.min(length, this.to - this.from);
  }

  private need(length: number): void {
    if (this.fill(length) < length) {
      this.from = this.to;
      throw this.fault('compressed_truncated', 'the zstd data is cut off');
    }
  }

  /** The next `length` (at most 8) bytes as a number, lowest first. */
  private number(length: number): number {
    this.need(length);
    let value = 0;
    for (let i = length - 1; i >= 0; i--) value = value * 256 + this.input[this.from + i];
    this.from += length;
    return value;
  }

  /** Section 3.1.1.1, or 3.1.2 for a skippable frame. */
  private beginFrame(): void {
    if (this.fill(1) === 0) {
      this.ended = true;
      return;
    }
    const magic = this.number(4);
    if (isSkippable(magic)) {
      this.skip(this.number(4));
      return;
    }
    if (magic !== ZSTD_MAGIC) {
      this.from -= 4;
      throw this.fault('compressed_corrupt', 'there is something behind the end of the compressed data');
    }
    const descriptor = this.number(1);
    const isSingleSegment = (descriptor & 32) !== 0;
    if ((descriptor & 8) !== 0) throw this.fault('compressed_corrupt', 'the zstd frame header is damaged');
    let windowBytes = 0;
    if (!isSingleSegment) {
      const byte = this.number(1);
      windowBytes = 2 ** (10 + (byte >> 3)) * (1 + (byte & 7) / 8);
    }
    const dictionary = this.number([0, 1, 2, 4][descriptor & 3]);
    if (dictionary !== 0) {
      const message = `the file was compressed with a dictionary (${dictionary})`;
      throw this.fault('compressed_unsupported', message);
    }
    const sizeFlag = descriptor >> 6;
    const sizeBytes = sizeFlag === 0 ? (isSingleSegment ? 1 : 0) : 1 << sizeFlag;
    const contentBytes = sizeBytes === 0 ? null : this.number(sizeBytes) + (sizeBytes === 2 ? 256 : 0);
    if (isSingleSegment) windowBytes = contentBytes ?? 0;
    if (windowBytes > MAX_WINDOW_BYTES) {
      const message = `the file needs ${decimal(windowBytes)} bytes of memory to unpack, at most ${decimal(MAX_WINDOW_BYTES)} are allowed`;
      throw this.fault('compressed_unsupported', message);
    }
    this.window.reset(windowBytes);
    this.decoder.reset();
    this.hash.reset();
    this.frame = {
      maxBlockBytes: Math.min(windowBytes, MAX_BLOCK_BYTES),
      hasChecksum: (descriptor & 4) !== 0,
      contentBytes,
      madeBytes: 0,
    };
  }

  private skip(length: number): void {
    for (let left = length; left > 0;) {
      this.need(1);
      const step = Math.min(left, this.to - this.from);
      this.from += step;
      left -= step;
    }
  }

  /** Section 3.1.1.2. */
  private nextBlock(frame: Frame): void {
    const header = this.number(3);
    const size = header >> 3;
    const type = (header >> 1) & 3;
    const { window, input } = this;
    if (size > frame.maxBlockBytes || type === 3)
      throw this.fault('compressed_corrupt', 'the zstd data is damaged (bad block header)');
    const storedSize = type === 1 ? 1 : size;
    this.need(storedSize);
    window.makeRoom();
    const begin = window.end;
    if (type === 2) this.decodeBlock(size, frame.maxBlockBytes);
    else {
      if (type === 1) window.bytes.fill(input[this.from], begin, begin + size);
      else window.bytes.set(input.subarray(this.from, this.from + size), begin);
      window.end += size;
    }
    this.from += storedSize;
    const made = window.bytes.subarray(begin, window.end);
    frame.madeBytes += made.length;
    if (frame.hasChecksum) this.hash.update(made);
    if (made.length > 0) this.guard.take(made, this.consumed);
    if ((header & 1) === 1) this.endFrame(frame);
  }

  private decodeBlock(size: number, maxBytes: number): void {
    try {
      this.decoder.decode(this.input, this.from, this.from + size, maxBytes);
    } catch (error) {
      if (!(error instanceof ZstdFault)) throw error;
      throw this.fault('compressed_corrupt', `the zstd data is damaged (${error.message})`, error);
    }
  }

  private endFrame(frame: Frame): void {
    const { contentBytes, madeBytes } = frame;
    if (contentBytes !== null && contentBytes !== madeBytes) {
      const message = `the zstd data is damaged (${decimal(madeBytes)} bytes instead of ${decimal(contentBytes)})`;
      throw this.fault('compressed_corrupt', message);
    }
    if (frame.hasChecksum && this.number(4) !== this.hash.digest32())
      throw this.fault('compressed_corrupt', 'the zstd data is damaged (wrong checksum)');
    this.frame = null;
  }
}
