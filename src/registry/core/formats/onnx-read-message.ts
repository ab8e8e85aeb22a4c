import { addFloats, addInts, GrowingList, onnxRefused, WireReader } from './onnx-read-wire.js';

/** A graph as it stands in a file: shapes are checked, meaning is not. */
export interface ReadModel {
  readonly producerVersion: string | undefined;
  readonly opsets: ReadonlyMap<string, number>;
  readonly metadata: ReadonlyMap<string, string>;
  readonly nodes: readonly ReadNode[];
  readonly constants: ReadonlyMap<string, ReadTensor>;
  readonly inputs: readonly ReadValueInfo[];
  readonly outputs: readonly string[];
}

export interface ReadNode {
  readonly opType: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, ReadAttribute>;
}

/** Only the member that the file gives is there. */
export interface ReadAttribute {
  readonly i?: number;
  readonly f?: number;
  readonly s?: string;
  readonly t?: ReadTensor;
  readonly ints?: Int32Array;
  readonly floats?: Float64Array;
  readonly strings?: ReadStrings;
}

/** A long list of few different words. */
export interface ReadStrings {
  readonly words: readonly string[];
  /** Entry -> index into `words`. */
  readonly codes: Uint8Array;
}

export interface ReadTensor {
  readonly name: string;
  readonly dataType: number;
  readonly dims: readonly number[];
  readonly rawData: Uint8Array | undefined;
  readonly floats: Float64Array | undefined;
  readonly doubles: Float64Array | undefined;
  readonly int64s: Int32Array | undefined;
}

export interface ReadValueInfo {
  readonly name: string;
  readonly elementType: number;
  /** null = a symbolic dimension. */
  readonly dims: readonly (number | null)[];
}

export interface ReadLimits {
  /** Entries of one attribute's list. */
  readonly listEntries: number;
  readonly decodeUtf8: (bytes: Uint8Array) => string;
}

/** A graph of ours has 14 operators and 8 constants. */
const MAX_PARTS = 64;
const MAX_NAME_BYTES = 256;
const MAX_WORDS = 16;

/**
 * Reads `onnx.proto`'s ModelProto (field numbers of IR version 8). Whatever could point out of the file or carry a
 * second program (external data, subgraphs, functions) is refused by name, not skipped.
 *
 * @throws AppError `validation_failed`
 */
export function readOnnxMessage(bytes: Uint8Array, limits: ReadLimits): ReadModel {
  const model = {
    producerVersion: undefined as string | undefined,
    opsets: new Map<string, number>(),
    metadata: new Map<string, string>(),
  };
  let graph: Graph | undefined;
  for (const reader = new WireReader(bytes); reader.next();) {
    if (reader.field === 3) model.producerVersion = name(reader);
    else if (reader.field === 7) {
      if (graph !== undefined) throw onnxRefused('it has two graphs');
      graph = readGraph(reader.message(), limits);
    } else if (reader.field === 8) addOpset(reader.message(), model.opsets);
    else if (reader.field === 14) addMetadata(reader.message(), model.metadata, limits);
    else if (reader.field === 20) throw onnxRefused('it holds a training graph');
    else if (reader.field === 25) throw onnxRefused('it defines functions of its own');
  }
  if (graph === undefined) throw onnxRefused('it has no graph');
  return { ...model, ...graph };
}

type Graph = Pick<ReadModel, 'nodes' | 'constants' | 'inputs' | 'outputs'>;

function readGraph(reader: WireReader, limits: ReadLimits): Graph {
  const nodes: ReadNode[] = [];
  const constants = new Map<string, ReadTensor>();
  const inputs: ReadValueInfo[] = [];
  const outputs: string[] = [];
  while (reader.next()) {
    if (reader.field === 1) nodes.push(readNode(reader.message(), limits));
    else if (reader.field === 5) {
      const tensor = readTensor(reader.message(), limits);
      if (constants.has(tensor.name)) throw onnxRefused(`the constant "${tensor.name}" is there twice`);
      constants.set(tensor.name, tensor);
    } else if (reader.field === 11) inputs.push(readValueInfo(reader.message()));
    else if (reader.field === 12) outputs.push(readValueInfo(reader.message()).name);
    else if (reader.field === 15) throw onnxRefused('it has sparse constants');
    if (nodes.length + constants.size + inputs.length + outputs.length > 2 * MAX_PARTS) {
      throw onnxRefused(`its graph has more than ${2 * MAX_PARTS} parts`);
    }
  }
  return { nodes, constants, inputs, outputs };
}

function readNode(reader: WireReader, limits: ReadLimits): ReadNode {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, ReadAttribute>();
  let opType = '';
  let domain = '';
  while (reader.next()) {
    if (reader.field === 1) inputs.push(name(reader));
    else if (reader.field === 2) outputs.push(name(reader));
    else if (reader.field === 4) opType = name(reader);
    else if (reader.field === 7) domain = name(reader);
    else if (reader.field === 5) addAttribute(reader.message(), attributes, limits);
    if (inputs.length + outputs.length + attributes.size > MAX_PARTS) {
      throw onnxRefused(`an operator has more than ${MAX_PARTS} inputs, outputs and attributes`);
    }
  }
  return { opType, domain: domain === 'ai.onnx' ? '' : domain, inputs, outputs, attributes };
}

/** Fields of AttributeProto that hold another program or a tensor that nobody here reads. */
const FOREIGN_VALUES: ReadonlyMap<number, string> = new Map([
  [6, 'a subgraph'],
  [10, 'a list of tensors'],
  [11, 'a list of subgraphs'],
  [14, 'a type'],
  [15, 'a list of types'],
  [21, 'a reference to a function'],
  [22, 'a sparse tensor'],
  [23, 'a list of sparse tensors'],
]);

function addAttribute(reader: WireReader, attributes: Map<string, ReadAttribute>, limits: ReadLimits): void {
  const attribute: { -readonly [Key in keyof ReadAttribute]: ReadAttribute[Key] } = {};
  let key = '';
  const what = (): string => (key === '' ? 'an attribute' : `the attribute "${key}"`);
  let ints: GrowingList<Int32Array> | undefined;
  let floats: GrowingList<Float64Array> | undefined;
  let strings: WordList | undefined;
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        key = name(reader);
        break;
      case 2:
        attribute.f = readFloat(reader);
        break;
      case 3:
        attribute.i = reader.integer();
        break;
      case 4:
        attribute.s = name(reader);
        break;
      case 5:
        attribute.t = readTensor(reader.message(), limits);
        break;
      case 7:
        floats ??= new GrowingList(new Float64Array(0), limits.listEntries, what());
        addFloats(reader, floats, 4, what());
        break;
      case 8:
        ints ??= new GrowingList(new Int32Array(0), limits.listEntries, what());
        addInts(reader, ints, what());
        break;
      case 9:
        strings ??= new WordList(limits.listEntries, what());
        strings.add(reader);
        break;
      default: {
        const foreign = FOREIGN_VALUES.get(reader.field);
        if (foreign !== undefined) throw onnxRefused(`${what()} holds ${foreign}`);
      }
    }
  }
  if (attributes.has(key)) throw onnxRefused(`${what()} is there twice`);
  if (ints !== undefined) attribute.ints = ints.finish();
  if (floats !== undefined) attribute.floats = floats.finish();
  if (strings !== undefined) attribute.strings = strings.finish();
  attributes.set(key, attribute);
}

function readTensor(reader: WireReader, limits: ReadLimits): ReadTensor {
  const dims = new GrowingList(new Int32Array(4), 4, 'the shape of a tensor');
  const tensor = { name: '', dataType: 0, rawData: undefined as Uint8Array | undefined };
  let floats: GrowingList<Float64Array> | undefined;
  let doubles: GrowingList<Float64Array> | undefined;
  let int64s: GrowingList<Int32Array> | undefined;
  const what = (): string => `the tensor "${tensor.name}"`;
  while (reader.next()) {
    if (reader.field === 1) addInts(reader, dims, 'the shape of a tensor');
    else if (reader.field === 2) tensor.dataType = reader.integer();
    else if (reader.field === 4) {
      floats ??= new GrowingList(new Float64Array(0), limits.listEntries, what());
      addFloats(reader, floats, 4, what());
    } else if (reader.field === 7) {
      int64s ??= new GrowingList(new Int32Array(0), limits.listEntries, what());
      addInts(reader, int64s, what());
    } else if (reader.field === 8) tensor.name = name(reader);
    else if (reader.field === 9) tensor.rawData = reader.view();
    else if (reader.field === 10) {
      doubles ??= new GrowingList(new Float64Array(0), limits.listEntries, what());
      addFloats(reader, doubles, 8, what());
    } else if (reader.field === 13 || (reader.field === 14 && reader.integer() !== 0)) {
      throw onnxRefused(`${what()} lies in another file (external data), and no other file is ever opened`);
    } else if (reader.field === 3) throw onnxRefused(`${what()} is only a part of a tensor`);
  }
  return {
    ...tensor,
    dims: Array.from(dims.finish()),
    floats: floats?.finish(),
    doubles: doubles?.finish(),
    int64s: int64s?.finish(),
  };
}

/** ValueInfoProto with the one type that matters, a tensor. */
function readValueInfo(reader: WireReader): ReadValueInfo {
  const info = { name: '', elementType: 0, dims: [] as (number | null)[] };
  while (reader.next()) {
    if (reader.field === 1) info.name = name(reader);
    if (reader.field !== 2) continue;
    for (const type = reader.message(); type.next();) {
      if (type.field !== 1) throw onnxRefused(`"${info.name}" is not a tensor`);
      for (const tensor = type.message(); tensor.next();) {
        if (tensor.field === 1) info.elementType = tensor.integer();
        else if (tensor.field === 2) info.dims = readShape(tensor.message());
      }
    }
  }
  return info;
}

function readShape(reader: WireReader): (number | null)[] {
  const dims: (number | null)[] = [];
  while (reader.next()) {
    if (reader.field !== 1) continue;
    let size: number | null = null;
    for (const dim = reader.message(); dim.next();) if (dim.field === 1) size = dim.integer();
    dims.push(size);
    if (dims.length > 4) throw onnxRefused('a tensor has more than 4 dimensions');
  }
  return dims;
}

function addOpset(reader: WireReader, opsets: Map<string, number>): void {
  let domain = '';
  let version = 0;
  while (reader.next()) {
    if (reader.field === 1) domain = name(reader);
    else if (reader.field === 2) version = reader.integer();
  }
  opsets.set(domain === 'ai.onnx' ? '' : domain, version);
  if (opsets.size > MAX_PARTS) throw onnxRefused(`it has more than ${MAX_PARTS} operator sets`);
}

function addMetadata(reader: WireReader, metadata: Map<string, string>, { decodeUtf8 }: ReadLimits): void {
  let key = '';
  let value = '';
  while (reader.next()) {
    if (reader.field === 1) key = name(reader);
    else if (reader.field === 2) value = decodeUtf8(reader.view());
  }
  metadata.set(key, value);
  if (metadata.size > MAX_PARTS) throw onnxRefused(`it has more than ${MAX_PARTS} metadata entries`);
}

function readFloat({ bytes, start, end }: WireReader): number {
  if (end - start !== 4) throw onnxRefused('a number has not 4 bytes');
  return new DataView(bytes.buffer, bytes.byteOffset + start, 4).getFloat32(0, true);
}

/** Names are only compared and shown; a character that could disturb a terminal or a log becomes "?". */
function name(reader: WireReader): string {
  return shortText(reader.view());
}

function shortText(bytes: Uint8Array): string {
  if (bytes.length > MAX_NAME_BYTES) throw onnxRefused(`a name has ${bytes.length} bytes`);
  let text = '';
  for (const byte of bytes) text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '?';
  return text;
}

/** `nodes_modes`: a word a node, but few different ones. */
class WordList {
  private readonly words: { readonly text: string; readonly bytes: Uint8Array }[] = [];
  private readonly codes: GrowingList<Uint8Array>;

  constructor(
    limit: number,
    private readonly what: string,
  ) {
    this.codes = new GrowingList(new Uint8Array(64), limit, what);
  }

  add(reader: WireReader): void {
    const view = reader.view();
    let code = this.words.findIndex(({ bytes }) => sameBytes(bytes, view));
    if (code < 0) {
      code = this.words.push({ text: shortText(view), bytes: view }) - 1;
      if (code === MAX_WORDS) throw onnxRefused(`${this.what} has more than ${MAX_WORDS} different words`);
    }
    this.codes.reserve(1);
    this.codes.push(code);
  }

  finish(): ReadStrings {
    return { words: this.words.map(({ text }) => text), codes: this.codes.finish() };
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
