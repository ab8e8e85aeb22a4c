import type { PickleWriter } from './pickle-writer.js';

type ScalarDtype = '<i8' | '<f8';

/** One field of a record dtype: name, numpy's type string, offset in bytes. */
export interface RecordField {
  readonly name: string;
  readonly format: '<i8' | '<f8' | '|u1';
  readonly offset: number;
}

export interface RecordDtype {
  readonly fields: readonly RecordField[];
  readonly itemBytes: number;
}

/** An array of which only the data are missing. */
interface OpenArray {
  readonly index: number;
  readonly data: DataView;
}

/** Writes numpy arrays and dtypes into a pickle; each dtype is written once and shared. */
export class NumpyPickler {
  private readonly dtypes = new Map<ScalarDtype | RecordDtype, number>();

  constructor(readonly pickle: PickleWriter) {}

  /** int64 array of shape [n]; returns its memo index. */
  int64(values: ArrayLike<number>): number {
    const { data, index } = this.array('<i8', 8, [values.length]);
    for (let i = 0; i < values.length; i++) setInt64(data, 8 * i, values[i]);
    this.endArray();
    return index;
  }

  /**
   * float64 array of shape [n].
   *
   * @throws RangeError for NaN and infinity.
   */
  float64(values: ArrayLike<number>): void {
    const { data } = this.array('<f8', 8, [values.length]);
    for (let i = 0; i < values.length; i++) {
      if (!Number.isFinite(values[i])) throw new RangeError(`Value ${i} is ${values[i]}, expected a number.`);
      data.setFloat64(8 * i, values[i], true);
    }
    this.endArray();
  }

  /** float64 array of zeros, any shape of up to three dimensions. */
  zeros(shape: readonly number[]): void {
    this.array('<f8', 8, shape);
    this.endArray();
  }

  /** Record array of shape [length]; `fill` writes the records, little-endian, into the view it gets. */
  records(dtype: RecordDtype, length: number, fill: (data: DataView) => void): void {
    fill(this.array(dtype, dtype.itemBytes, [length]).data);
    this.endArray();
  }

  /**
   * `_reconstruct(ndarray, (0,), b'b')` and its state `(1, shape, dtype, fortran order, data)` up to the data.
   * The name with `numpy.core` is the one that numpy 1.x and 2.x both know.
   */
  private array(dtype: ScalarDtype | RecordDtype, itemBytes: number, shape: readonly number[]): OpenArray {
    const { pickle } = this;
    pickle.global('numpy.core.multiarray', '_reconstruct');
    pickle.global('numpy', 'ndarray');
    pickle.int(0);
    pickle.op('tuple1');
    pickle.bytes(1).setUint8(0, 'b'.charCodeAt(0));
    pickle.op('tuple3');
    pickle.op('reduce');
    const index = pickle.memoize();
    pickle.op('mark');
    pickle.int(1);
    for (const size of shape) pickle.int(size);
    pickle.op(shape.length === 1 ? 'tuple1' : shape.length === 2 ? 'tuple2' : 'tuple3');
    this.dtype(dtype);
    pickle.boolean(false);
    return { index, data: pickle.bytes(shape.reduce((product, size) => product * size, itemBytes)) };
  }

  private endArray(): void {
    this.pickle.op('tuple');
    this.pickle.op('build');
  }

  private dtype(dtype: ScalarDtype | RecordDtype): void {
    const known = this.dtypes.get(dtype);
    if (known !== undefined) {
      this.pickle.recall(known);
      return;
    }
    this.pickle.global('numpy', 'dtype');
    if (typeof dtype === 'string') this.pickle.string(dtype);
    else this.recordDescription(dtype);
    this.pickle.op('tuple1');
    this.pickle.op('reduce');
    this.dtypes.set(dtype, this.pickle.memoize());
  }

  /** numpy's dictionary form, `{names, formats, offsets, itemsize}`. */
  private recordDescription({ fields, itemBytes }: RecordDtype): void {
    const { pickle } = this;
    pickle.openDict();
    pickle.string('names');
    pickle.openList();
    for (const field of fields) pickle.string(field.name);
    pickle.op('appends');
    pickle.string('formats');
    pickle.openList();
    for (const field of fields) pickle.string(field.format);
    pickle.op('appends');
    pickle.string('offsets');
    pickle.openList();
    for (const field of fields) pickle.int(field.offset);
    pickle.op('appends');
    pickle.string('itemsize');
    pickle.int(itemBytes);
    pickle.op('setItems');
  }
}

/** Writes a 32-bit integer as int64: the low word, then its sign. Ten times as fast as a BigInt. */
export function setInt64(data: DataView, at: number, value: number): void {
  data.setInt32(at, value, true);
  data.setInt32(at + 4, value >> 31, true);
}
