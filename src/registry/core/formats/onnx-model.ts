/**
 * The part of ONNX's messages (`onnx.proto`, IR version 8) that our models need, as plain data: field names as in the
 * protocol buffer definition, in camel case. A codec outside core/ turns it into bytes.
 */
export interface OnnxModel {
  readonly irVersion: number;
  readonly producerName: string;
  readonly producerVersion?: string;
  readonly graph: OnnxGraph;
  readonly opsetImport: readonly { readonly domain: string; readonly version: number }[];
  readonly metadataProps: readonly { readonly key: string; readonly value: string }[];
}

export interface OnnxGraph {
  readonly node: readonly OnnxNode[];
  readonly name: string;
  readonly initializer: readonly OnnxTensor[];
  readonly input: readonly OnnxValueInfo[];
  readonly output: readonly OnnxValueInfo[];
}

export interface OnnxNode {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly name: string;
  readonly opType: string;
  readonly attribute: readonly OnnxAttribute[];
  /** '' = ai.onnx. */
  readonly domain: string;
}

/** `type` says which of the other fields holds the value. */
export interface OnnxAttribute {
  readonly name: string;
  readonly type: number;
  readonly i?: number;
  readonly s?: string;
  readonly t?: OnnxTensor;
  readonly g?: OnnxGraph;
  readonly ints?: Int32Array;
  readonly strings?: readonly string[];
}

export interface OnnxTensor {
  /** No dimension = a scalar. */
  readonly dims: readonly number[];
  readonly dataType: number;
  readonly name: string;
  /** Little endian, whatever the machine. */
  readonly rawData: Uint8Array;
}

export interface OnnxValueInfo {
  readonly name: string;
  readonly type: { readonly tensorType: { readonly elemType: number; readonly shape: OnnxShape } };
  readonly docString: string;
}

interface OnnxShape {
  readonly dim: readonly ({ readonly dimValue: number } | { readonly dimParam: string })[];
}

/** `TensorProto.DataType`. */
export const ONNX_TYPE = { float: 1, int64: 7, double: 11 } as const;

/** `AttributeProto.AttributeType`. */
const ATTRIBUTE_TYPE = { int: 2, string: 3, tensor: 4, graph: 5, ints: 7, strings: 8 } as const;

export function intAttribute(name: string, i: number): OnnxAttribute {
  return { name, type: ATTRIBUTE_TYPE.int, i };
}

export function stringAttribute(name: string, s: string): OnnxAttribute {
  return { name, type: ATTRIBUTE_TYPE.string, s };
}

export function tensorAttribute(name: string, values: Float64Array): OnnxAttribute {
  return { name, type: ATTRIBUTE_TYPE.tensor, t: doubleTensor(name, values) };
}

/** A graph that an operator runs by itself, e.g. once a row. */
export function graphAttribute(name: string, g: OnnxGraph): OnnxAttribute {
  return { name, type: ATTRIBUTE_TYPE.graph, g };
}

export function intsAttribute(name: string, ints: Int32Array): OnnxAttribute {
  return { name, type: ATTRIBUTE_TYPE.ints, ints };
}

export function stringsAttribute(name: string, strings: readonly string[]): OnnxAttribute {
  return { name, type: ATTRIBUTE_TYPE.strings, strings };
}

/** A vector, or a scalar for a plain number. */
export function doubleTensor(name: string, values: Float64Array | number): OnnxTensor {
  const list = typeof values === 'number' ? Float64Array.of(values) : values;
  const view = new DataView(new ArrayBuffer(8 * list.length));
  for (let i = 0; i < list.length; i++) view.setFloat64(8 * i, list[i], true);
  return {
    dims: typeof values === 'number' ? [] : [list.length],
    dataType: ONNX_TYPE.double,
    name,
    rawData: new Uint8Array(view.buffer),
  };
}

/** Rows of equal length, one after the other. */
export function doubleMatrix(name: string, dims: readonly number[], values: Float64Array): OnnxTensor {
  return { ...doubleTensor(name, values), dims };
}

export function int64Scalar(name: string, value: number): OnnxTensor {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigInt64(0, BigInt(value), true);
  return { dims: [], dataType: ONNX_TYPE.int64, name, rawData: new Uint8Array(view.buffer) };
}

export function int64Vector(name: string, values: ArrayLike<number>): OnnxTensor {
  const view = new DataView(new ArrayBuffer(8 * values.length));
  for (let i = 0; i < values.length; i++) view.setBigInt64(8 * i, BigInt(values[i]), true);
  return { dims: [values.length], dataType: ONNX_TYPE.int64, name, rawData: new Uint8Array(view.buffer) };
}

export function floatVector(name: string, values: ArrayLike<number>): OnnxTensor {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  for (let i = 0; i < values.length; i++) view.setFloat32(4 * i, values[i], true);
  return { dims: [values.length], dataType: ONNX_TYPE.float, name, rawData: new Uint8Array(view.buffer) };
}

/** A list of a known length. */
export function listInfo(name: string, elemType: number, length: number, docString: string): OnnxValueInfo {
  return { name, type: { tensorType: { elemType, shape: { dim: [{ dimValue: length }] } } }, docString };
}

/** One number for each of any number of rows. */
export function vectorInfo(name: string, elemType: number, docString: string): OnnxValueInfo {
  return { name, type: { tensorType: { elemType, shape: { dim: [{ dimParam: 'N' }] } } }, docString };
}

/** A matrix of any number of rows (the symbolic dimension `N`). */
export function matrixInfo(
  name: string,
  elemType: number,
  columns: number,
  docString: string,
): OnnxValueInfo {
  const shape = { dim: [{ dimParam: 'N' }, { dimValue: columns }] };
  return { name, type: { tensorType: { elemType, shape } }, docString };
}
