/** Opcodes of pickle protocol 4 (CPython `Lib/pickle.py`); the stack effect of each is in the method that writes it. */
const OP = {
  proto: 0x80,
  stop: 0x2e,
  none: 0x4e,
  newTrue: 0x88,
  newFalse: 0x89,
  binInt1: 0x4b,
  binInt2: 0x4d,
  binInt: 0x4a,
  long1: 0x8a,
  binFloat: 0x47,
  shortBinUnicode: 0x8c,
  binUnicode: 0x58,
  shortBinBytes: 0x43,
  binBytes: 0x42,
  emptyTuple: 0x29,
  tuple1: 0x85,
  tuple2: 0x86,
  tuple3: 0x87,
  mark: 0x28,
  tuple: 0x74,
  emptyList: 0x5d,
  appends: 0x65,
  emptyDict: 0x7d,
  setItems: 0x75,
  stackGlobal: 0x93,
  reduce: 0x52,
  newObj: 0x81,
  build: 0x62,
  memoize: 0x94,
  binGet: 0x68,
  longBinGet: 0x6a,
} as const;

const MAX_BYTES_LENGTH = 2 ** 32 - 1;

/** Opcodes without an argument that callers use directly. */
export type PickleOp =
  | 'none'
  | 'emptyTuple'
  | 'tuple1'
  | 'tuple2'
  | 'tuple3'
  | 'mark'
  | 'tuple'
  | 'appends'
  | 'emptyDict'
  | 'setItems'
  | 'reduce'
  | 'newObj'
  | 'build';

/**
 * Writes a pickle, protocol 4, without frames (readers do not need them). A pickle is a program for a stack machine;
 * each method appends one instruction or a small group. Strings and globals are written once and then recalled.
 */
export class PickleWriter {
  private buffer: Uint8Array<ArrayBuffer>;
  private view: DataView<ArrayBuffer>;
  private length = 0;
  /** Every MEMOIZE takes the next index, so one counter is the whole bookkeeping. */
  private memoSize = 0;
  private readonly memo = new Map<string, number>();

  /** @param capacity expected size in bytes; the buffer grows when it is too small. */
  constructor(capacity = 4096) {
    this.buffer = new Uint8Array(capacity);
    this.view = new DataView(this.buffer.buffer);
    this.byte(OP.proto);
    this.byte(4);
  }

  op(name: PickleOp): void {
    this.byte(OP[name]);
  }

  boolean(value: boolean): void {
    this.byte(value ? OP.newTrue : OP.newFalse);
  }

  /** @throws RangeError unless `value` is a safe integer: a Python int is never approximate. */
  int(value: number): void {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not a safe integer.`);
    if (value >= 0 && value <= 0xff) {
      this.byte(OP.binInt1);
      this.byte(value);
    } else if (value >= 0 && value <= 0xffff) {
      this.byte(OP.binInt2);
      const at = this.take(2);
      this.view.setUint16(at, value, true);
    } else if (value === (value | 0)) {
      this.byte(OP.binInt);
      const at = this.take(4);
      this.view.setInt32(at, value, true);
    } else {
      this.byte(OP.long1);
      this.byte(8);
      const at = this.take(8);
      this.view.setUint32(at, value >>> 0, true);
      this.view.setInt32(at + 4, Math.floor(value / 2 ** 32), true);
    }
  }

  /** @throws RangeError for NaN and infinity: no attribute of a model may be one. */
  float(value: number): void {
    if (!Number.isFinite(value)) throw new RangeError(`${value} is not a finite number.`);
    this.byte(OP.binFloat);
    // The one big-endian number of the format.
    const at = this.take(8);
    this.view.setFloat64(at, value, false);
  }

  string(value: string): void {
    const known = this.memo.get(`s:${value}`);
    if (known !== undefined) {
      this.recall(known);
      return;
    }
    const utf8 = encodeUtf8(value);
    if (utf8.length <= 0xff) {
      this.byte(OP.shortBinUnicode);
      this.byte(utf8.length);
    } else {
      this.byte(OP.binUnicode);
      this.uint32(utf8.length);
    }
    const at = this.take(utf8.length);
    this.buffer.set(utf8, at);
    this.memo.set(`s:${value}`, this.memoize());
  }

  /** Pushes the class or function `module.name`. */
  global(module: string, name: string): void {
    const key = `g:${module}.${name}`;
    const known = this.memo.get(key);
    if (known !== undefined) {
      this.recall(known);
      return;
    }
    this.string(module);
    this.string(name);
    this.byte(OP.stackGlobal);
    this.memo.set(key, this.memoize());
  }

  /**
   * Pushes a bytes object of `length` zeros and returns a view to fill it with. The view is dead after the next write:
   * the buffer may have moved.
   */
  bytes(length: number): DataView<ArrayBuffer> {
    if (length > MAX_BYTES_LENGTH) throw new RangeError(`Cannot write ${length} bytes as one object.`);
    if (length <= 0xff) {
      this.byte(OP.shortBinBytes);
      this.byte(length);
    } else {
      this.byte(OP.binBytes);
      this.uint32(length);
    }
    const at = this.take(length);
    return new DataView(this.buffer.buffer, at, length);
  }

  /** EMPTY_LIST, remembered, and the mark before its items; `op('appends')` closes it. */
  openList(): void {
    this.byte(OP.emptyList);
    this.memoize();
    this.byte(OP.mark);
  }

  /** EMPTY_DICT and the mark before its keys and values; `op('setItems')` closes it. At least one pair is needed. */
  openDict(): void {
    this.byte(OP.emptyDict);
    this.byte(OP.mark);
  }

  /** New object of a class, without its constructor; returns its memo index. A state and `op('build')` follow. */
  newObject(module: string, name: string): number {
    this.global(module, name);
    this.byte(OP.emptyTuple);
    this.byte(OP.newObj);
    return this.memoize();
  }

  /** Remembers the object on top of the stack; returns the index to recall it by. */
  memoize(): number {
    this.byte(OP.memoize);
    return this.memoSize++;
  }

  recall(index: number): void {
    if (index <= 0xff) {
      this.byte(OP.binGet);
      this.byte(index);
    } else {
      this.byte(OP.longBinGet);
      this.uint32(index);
    }
  }

  /** Ends the program; the object on top of the stack is its result. */
  finish(): Uint8Array {
    this.byte(OP.stop);
    return this.buffer.slice(0, this.length);
  }

  private byte(value: number): void {
    const at = this.take(1);
    this.buffer[at] = value;
  }

  private uint32(value: number): void {
    const at = this.take(4);
    this.view.setUint32(at, value, true);
  }

  /** Reserves `count` zero bytes and returns where they begin. Call it BEFORE touching buffer or view: both may move. */
  private take(count: number): number {
    const at = this.length;
    this.length += count;
    if (this.length > this.buffer.length) {
      const larger = new Uint8Array(Math.max(2 * this.buffer.length, this.length));
      larger.set(this.buffer.subarray(0, at));
      this.buffer = larger;
      this.view = new DataView(larger.buffer);
    }
    return at;
  }
}

/** Names and versions are ASCII; anything else would need an encoder that the pure core does not have. */
function encodeUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) throw new RangeError(`'${text}' is not ASCII.`);
    bytes[i] = code;
  }
  return bytes;
}
