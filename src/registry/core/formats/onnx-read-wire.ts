import { AppError } from '../../../shared/errors.js';

/** A model file that is not taken, and why. What it says came from a stranger's file, so nothing is repaired. */
export function onnxRefused(reason: string): AppError {
  return new AppError('validation_failed', `The ONNX model is refused: ${reason}.`, {
    hint: 'Only an Isolation Forest as one TreeEnsembleRegressor is read; see "model.onnx" in the documentation.',
    problems: [{ pointer: '/model.onnx', code: 'onnx_refused', message: reason }],
  });
}

/** Wire types of protocol buffers. 3 and 4 (groups) are not in ONNX. */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/**
 * Walks the fields of one protocol buffer message in place. Nothing is allocated from a number in the file: a length is
 * held against the bytes that are there before anybody uses it.
 *
 * After `next()` the current field is in `field`, `wire` and, by wire type, in `value` (varint) or [`start`, `end`).
 */
export class WireReader {
  field = 0;
  wire = 0;
  /** Of a varint, as int64; beyond 2^53 it is rounded, which every range check refuses anyway. */
  value = 0;
  start = 0;
  end = 0;
  private at: number;

  constructor(
    readonly bytes: Uint8Array,
    start = 0,
    private readonly limit = bytes.length,
  ) {
    this.at = start;
  }

  /** A reader of the current field's bytes, which are a message themselves. */
  message(): WireReader {
    this.expect(WIRE.bytes);
    return new WireReader(this.bytes, this.start, this.end);
  }

  /** The current field's bytes, as a view. */
  view(): Uint8Array {
    this.expect(WIRE.bytes);
    return this.bytes.subarray(this.start, this.end);
  }

  /** The current field as a whole number. */
  integer(): number {
    this.expect(WIRE.varint);
    return this.value;
  }

  get more(): boolean {
    return this.at < this.limit;
  }

  next(): boolean {
    if (!this.more) return false;
    const tag = this.varint();
    this.field = Math.floor(tag / 8);
    this.wire = tag & 7;
    if (tag < 8 || tag > 0xffffffff) throw onnxRefused(`it is not ONNX: byte ${this.at} has no valid field`);
    switch (this.wire) {
      case WIRE.varint:
        this.value = this.varint();
        return true;
      case WIRE.fixed64:
        return this.take(8);
      case WIRE.bytes:
        return this.take(this.varint());
      case WIRE.fixed32:
        return this.take(4);
      default:
        throw onnxRefused(`it is not ONNX: byte ${this.at} has the wire type ${this.wire}`);
    }
  }

  expect(wire: number): void {
    if (this.wire === wire) return;
    throw onnxRefused(
      `field ${this.field} before byte ${this.at} has the wire type ${this.wire}, expected ${wire}`,
    );
  }

  private take(length: number): true {
    if (length < 0 || length > this.limit - this.at) {
      throw onnxRefused(
        `it ends too early: byte ${this.at} announces ${length} bytes, ${this.limit - this.at} follow`,
      );
    }
    this.start = this.at;
    this.end = this.at += length;
    return true;
  }

  /** The number at the present place: the tag of a field, a length, or an entry of a packed list. */
  varint(): number {
    const { bytes, limit } = this;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.at >= limit) throw onnxRefused(`it ends too early, at byte ${this.at}`);
      const byte = bytes[this.at++];
      // 28 bits go into the low half as they are; the group across the border is split.
      if (shift < 28) low |= (byte & 0x7f) << shift;
      else if (shift === 28) {
        low |= (byte & 0x0f) << 28;
        high = (byte & 0x7f) >> 4;
      } else high |= (byte & 0x7f) << (shift - 32);
      if (byte < 0x80) return high * 2 ** 32 + (low >>> 0);
    }
    throw onnxRefused(`byte ${this.at} belongs to a number of more than 10 bytes`);
  }
}

/** A list that grows up to a limit. Lists of a file may come packed, one by one, or both. */
export class GrowingList<List extends Int32Array | Float64Array | Uint8Array> {
  length = 0;

  constructor(
    private list: List,
    private readonly limit: number,
    private readonly what: string,
  ) {}

  /** Room for `more` entries. Call it with a count of what is really there, not with a number that the file tells. */
  reserve(more: number): void {
    const needed = this.length + more;
    if (needed > this.limit) throw onnxRefused(`${this.what} has more than ${this.limit} entries`);
    if (needed <= this.list.length) return;
    const grown = new (this.list.constructor as new (length: number) => List)(
      Math.min(this.limit, Math.max(needed, 2 * this.list.length)),
    );
    grown.set(this.list);
    this.list = grown;
  }

  push(value: number): void {
    this.list[this.length++] = value;
  }

  finish(): List {
    return this.list.subarray(0, this.length) as List;
  }
}

const INT32 = 2 ** 31;

/** Adds the current field to a list of int32 numbers: packed varints or a single one. */
export function addInts(reader: WireReader, list: GrowingList<Int32Array>, what: string): void {
  const add = (value: number): void => {
    if (value < -INT32 || value >= INT32)
      throw onnxRefused(`${what} holds ${value}, which is no 32-bit number`);
    list.push(value);
  };
  if (reader.wire === WIRE.varint) {
    list.reserve(1);
    add(reader.value);
    return;
  }
  const view = reader.view();
  let count = 0;
  for (const byte of view) if (byte < 0x80) count++;
  list.reserve(count);
  for (const packed = new WireReader(view); packed.more;) add(packed.varint());
}

/** Adds the current field to a list of numbers: packed or single, float32 or float64. */
export function addFloats(
  reader: WireReader,
  list: GrowingList<Float64Array>,
  bytesEach: 4 | 8,
  what: string,
): void {
  const single = bytesEach === 4 ? WIRE.fixed32 : WIRE.fixed64;
  if (reader.wire !== single) reader.expect(WIRE.bytes);
  const { bytes, start, end } = reader;
  if ((end - start) % bytesEach !== 0) throw onnxRefused(`${what} has ${end - start} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, end - start);
  list.reserve(view.byteLength / bytesEach);
  for (let at = 0; at < view.byteLength; at += bytesEach) {
    list.push(bytesEach === 4 ? view.getFloat32(at, true) : view.getFloat64(at, true));
  }
}
