import { FseTable } from './fse-table.js';
import { HuffmanTable, streamEnd } from './huffman-table.js';
import { SEQUENCE_CODES, type SequenceCode } from './sequence-codes.js';
import { ZstdFault } from './zstd-fault.js';
import { MAX_BLOCK_BYTES, type ZstdWindow } from './zstd-window.js';

/** One of the three codes of the sequences: its own table, and which one is in use. */
interface CodeState {
  readonly code: SequenceCode;
  readonly own: FseTable;
  active: FseTable | null;
}

const codeState = (code: SequenceCode): CodeState => ({
  code,
  own: new FseTable(code.maxAccuracyLog),
  active: null,
});

/**
 * Compressed blocks of zstd (RFC 8878, section 3.1.1.3). Every length in the data is checked against what the block
 * may hold before anything is copied, so that the work for a block is bounded by its 128 KiB whatever the data says.
 */
export class BlockDecoder {
  private readonly literals = new Uint8Array(MAX_BLOCK_BYTES);
  private literalsEnd = 0;
  private readonly huffman = new HuffmanTable();
  private readonly literalLength = codeState(SEQUENCE_CODES.literalLength);
  private readonly offset = codeState(SEQUENCE_CODES.offset);
  private readonly matchLength = codeState(SEQUENCE_CODES.matchLength);
  /** The last three distances. */
  private repeat0 = 1;
  private repeat1 = 4;
  private repeat2 = 8;

  constructor(private readonly window: ZstdWindow) {}

  /** Begins a frame: nothing of the frame before it is known any more. */
  reset(): void {
    this.huffman.maxBits = 0;
    for (const state of [this.literalLength, this.offset, this.matchLength]) state.active = null;
    this.repeat0 = 1;
    this.repeat1 = 4;
    this.repeat2 = 8;
  }

  /**
   * Decodes the block data[at, end) to the end of the window. At least 16 bytes must lie before and behind the block:
   * bits are loaded four bytes at a time.
   *
   * @param maxBytes what the block may decompress to
   * @throws ZstdFault
   */
  decode(data: Uint8Array, at: number, end: number, maxBytes: number): void {
    const behindLiterals = this.readLiterals(data, at, end, maxBytes);
    const limit = this.window.end + maxBytes;
    this.readSequences(data, behindLiterals, end, limit);
  }

  /** Section 3.1.1.3.1; the position behind the literals. */
  private readLiterals(data: Uint8Array, at: number, end: number, maxBytes: number): number {
    if (end - at < 2) throw new ZstdFault('a block is too short');
    const type = data[at] & 3;
    const format = (data[at] >> 2) & 3;
    if (type >= 2) return this.readCodedLiterals(data, at, end, maxBytes);
    const headerBytes = (format & 1) === 0 ? 1 : format === 1 ? 2 : 3;
    let size = data[at] >> (headerBytes === 1 ? 3 : 4);
    if (headerBytes > 1) size |= data[at + 1] << 4;
    if (headerBytes > 2) size |= data[at + 2] << 12;
    const from = at + headerBytes;
    const behind = from + (type === 0 ? size : 1);
    if (size > maxBytes || behind > end) throw new ZstdFault('the literals of a block are too long');
    if (type === 0) this.literals.set(data.subarray(from, behind));
    else this.literals.fill(data[from], 0, size);
    this.literalsEnd = size;
    return behind;
  }

  private readCodedLiterals(data: Uint8Array, at: number, end: number, maxBytes: number): number {
    const format = (data[at] >> 2) & 3;
    const headerBytes = format < 2 ? 3 : format + 2;
    const sizeBits = format < 2 ? 10 : format === 2 ? 14 : 18;
    // Up to 40 bits: more than a bit operation holds.
    let header = 0;
    for (let i = headerBytes - 1; i >= 0; i--) header = header * 256 + data[at + i];
    header = Math.floor(header / 16);
    const size = header % 2 ** sizeBits;
    const compressed = Math.floor(header / 2 ** sizeBits);
    let from = at + headerBytes;
    const behind = from + compressed;
    if (size > maxBytes || behind > end) throw new ZstdFault('the literals of a block are too long');
    if ((data[at] & 3) === 2) from = this.huffman.read(data, from, behind);
    else if (this.huffman.maxBits === 0) throw new ZstdFault('a block wants a table that there is not');
    this.literalsEnd = size;
    if (format === 0) this.huffman.decode(data, from, behind, this.literals, 0, size);
    else this.decodeFourStreams(data, from, behind, size);
    return behind;
  }

  private decodeFourStreams(data: Uint8Array, at: number, end: number, size: number): void {
    const part = (size + 3) >> 2;
    let from = at + 6;
    if (from > end || 3 * part > size) throw new ZstdFault('the literals of a block are too short');
    for (let stream = 0; stream < 4; stream++) {
      const length = data[at + 2 * stream] | (data[at + 2 * stream + 1] << 8);
      const to = stream === 3 ? end : from + length;
      if (to > end) throw new ZstdFault('the literals of a block are cut off');
      const outEnd = stream === 3 ? size : part * (stream + 1);
      this.huffman.decode(data, from, to, this.literals, part * stream, outEnd);
      from = to;
    }
  }

  /** Section 3.1.1.3.2: how many sequences, their tables, then the sequences. */
  private readSequences(data: Uint8Array, at: number, end: number, limit: number): void {
    if (at >= end) throw new ZstdFault('a block is too short');
    let count = data[at++];
    if (count >= 128) {
      if (at + 2 > end) throw new ZstdFault('a block is too short');
      if (count < 255) count = ((count - 128) << 8) + data[at++];
      else {
        count = data[at] + (data[at + 1] << 8) + 0x7f00;
        at += 2;
      }
    }
    if (count === 0) {
      if (at !== end) throw new ZstdFault('a block is too long');
      this.copyLiterals(0, limit);
      return;
    }
    if (at >= end) throw new ZstdFault('a block is too short');
    const modes = data[at++];
    if ((modes & 3) !== 0) throw new ZstdFault('a block uses a feature that does not exist');
    at = readTable(this.literalLength, modes >> 6, data, at, end);
    at = readTable(this.offset, (modes >> 4) & 3, data, at, end);
    at = readTable(this.matchLength, (modes >> 2) & 3, data, at, end);
    const used = this.runSequences(data, at, end, count, limit);
    this.copyLiterals(used, limit);
  }

  /** Literals from `from` on, behind the last sequence. */
  private copyLiterals(from: number, limit: number): void {
    const { window } = this;
    const length = this.literalsEnd - from;
    if (window.end + length > limit) throw new ZstdFault('a block is larger than it may be');
    window.bytes.set(this.literals.subarray(from, this.literalsEnd), window.end);
    window.end += length;
  }

  /** The literals used up. One long loop: it is where the time goes. */
  private runSequences(data: Uint8Array, at: number, end: number, count: number, limit: number): number {
    const { window, literals, literalsEnd } = this;
    const out = window.bytes;
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const [ll, of, ml] = [this.literalLength, this.offset, this.matchLength].map(({ active }) => active!);
    const llCode = this.literalLength.code;
    const mlCode = this.matchLength.code;
    const start = at * 8;
    let bit = streamEnd(data, at, end) - ll.accuracyLog;
    let llState = bitsAt(view, bit, ll.accuracyLog);
    let ofState = bitsAt(view, (bit -= of.accuracyLog), of.accuracyLog);
    let mlState = bitsAt(view, (bit -= ml.accuracyLog), ml.accuracyLog);
    let literal = 0;
    let to = window.end;
    for (let left = count; ;) {
      const ofBits = of.symbol[ofState];
      let distance: number;
      if (ofBits > 24) {
        bit -= ofBits - 16;
        distance = ((1 << (ofBits - 16)) + bitsAt(view, bit, ofBits - 16)) * 65536;
        distance += bitsAt(view, (bit -= 16), 16);
      } else distance = (1 << ofBits) + bitsAt(view, (bit -= ofBits), ofBits);
      const mlSymbol = ml.symbol[mlState];
      const mlBits = mlCode.extraBits[mlSymbol];
      const length = mlCode.base[mlSymbol] + bitsAt(view, (bit -= mlBits), mlBits);
      const llSymbol = ll.symbol[llState];
      const llBits = llCode.extraBits[llSymbol];
      const run = llCode.base[llSymbol] + bitsAt(view, (bit -= llBits), llBits);
      distance = this.resolveDistance(distance, run);

      const from = to + run;
      if (bit < start || literal + run > literalsEnd || from + length > limit)
        throw new ZstdFault('a block is larger than it may be');
      if (distance <= 0 || distance > window.reach(from))
        throw new ZstdFault('a reference points before the data');
      if (run > COPY_BYTES) out.set(literals.subarray(literal, literal + run), to);
      else for (let i = 0; i < run; i++) out[to + i] = literals[literal + i];
      literal += run;
      to = from + length;
      if (length > COPY_BYTES && distance >= length) out.copyWithin(from, from - distance, to - distance);
      else for (let p = from; p < to; p++) out[p] = out[p - distance];

      if (--left === 0) break;
      llState = ll.base[llState] + bitsAt(view, (bit -= ll.bits[llState]), ll.bits[llState]);
      mlState = ml.base[mlState] + bitsAt(view, (bit -= ml.bits[mlState]), ml.bits[mlState]);
      ofState = of.base[ofState] + bitsAt(view, (bit -= of.bits[ofState]), of.bits[ofState]);
    }
    if (bit !== start) throw new ZstdFault('the sequences of a block do not fill it');
    window.end = to;
    return literal;
  }

  /** Section 3.1.1.5: values 1 to 3 stand for one of the last three distances. */
  private resolveDistance(value: number, run: number): number {
    let distance = value - 3;
    if (value <= 3) {
      const index = run === 0 ? value : value - 1;
      if (index === 0) return this.repeat0;
      distance = index === 1 ? this.repeat1 : index === 2 ? this.repeat2 : this.repeat0 - 1;
      if (index > 1) this.repeat2 = this.repeat1;
    } else this.repeat2 = this.repeat1;
    this.repeat1 = this.repeat0;
    this.repeat0 = distance;
    return distance;
  }
}

/** Section 3.1.1.3.2.1: the table of one code, by its mode; the position behind it. */
function readTable(state: CodeState, mode: number, data: Uint8Array, at: number, end: number): number {
  switch (mode) {
    case 0:
      state.active = state.code.predefined;
      return at;
    case 1:
      if (at >= end || data[at] > state.code.maxSymbol) throw new ZstdFault('bad code of sequences');
      state.own.setSingle(data[at]);
      state.active = state.own;
      return at + 1;
    case 2:
      state.active = state.own;
      return state.own.read(data, at, end, state.code.maxSymbol);
    default:
      if (state.active === null) throw new ZstdFault('a block wants a table that there is not');
      return at;
  }
}

/** Runs up to here are copied byte by byte: a call of the engine costs more. */
const COPY_BYTES = 64;

/** `count` (at most 24) bits from bit position `bit` on. */
function bitsAt(view: DataView, bit: number, count: number): number {
  return (view.getInt32(bit >> 3, true) >>> (bit & 7)) & ((1 << count) - 1);
}
