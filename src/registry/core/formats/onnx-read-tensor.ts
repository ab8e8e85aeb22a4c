import { ONNX_TYPE } from './onnx-model.js';
import type { ReadTensor } from './onnx-read-message.js';
import { onnxRefused } from './onnx-read-wire.js';

const BYTES = new Map<number, number>([
  [ONNX_TYPE.float, 4],
  [ONNX_TYPE.double, 8],
  [ONNX_TYPE.int64, 8],
]);

/**
 * Numbers of a float, double or int64 tensor. The number of entries comes from the data, never from the shape alone.
 *
 * @throws AppError `validation_failed` when shape and data differ or another type is meant
 */
export function tensorValues(tensor: ReadTensor, what: string): Float64Array {
  const bytesEach = BYTES.get(tensor.dataType);
  if (bytesEach === undefined) throw onnxRefused(`${what} has the data type ${tensor.dataType}`);
  const values =
    tensor.rawData === undefined ? listed(tensor) : unpack(tensor.rawData, tensor.dataType, bytesEach, what);
  const expected = tensor.dims.reduce((product, size) => product * size, 1);
  if (values.length === expected) return values;
  throw onnxRefused(`${what} has the shape [${tensor.dims.join(', ')}], but ${values.length} numbers`);
}

function listed({ dataType, floats, doubles, int64s }: ReadTensor): Float64Array {
  const list = dataType === ONNX_TYPE.float ? floats : dataType === ONNX_TYPE.double ? doubles : int64s;
  return Float64Array.from(list ?? []);
}

function unpack(bytes: Uint8Array, dataType: number, bytesEach: number, what: string): Float64Array {
  if (bytes.length % bytesEach !== 0) throw onnxRefused(`${what} has ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const values = new Float64Array(bytes.length / bytesEach);
  for (let i = 0; i < values.length; i++) {
    if (dataType === ONNX_TYPE.float) values[i] = view.getFloat32(4 * i, true);
    else if (dataType === ONNX_TYPE.double) values[i] = view.getFloat64(8 * i, true);
    else values[i] = Number(view.getBigInt64(8 * i, true));
  }
  return values;
}
