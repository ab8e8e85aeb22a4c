import protobuf from 'protobufjs/light.js';
import type { FittedDetector } from '../training/core/detectors/fitted-detector.js';
import type { Forest } from '../training/core/forest/forest.js';
import { buildDetectorOnnx, type OnnxDetectorMeta } from './core/formats/onnx-detector.js';
import { buildOnnxModel, type OnnxModelMeta } from './core/formats/onnx-graph.js';

// onnx.proto is proto2: a field that is set is written even when it is 0 or empty (an attribute without a value is
// invalid), and a list is packed only when told to. Readers take both kinds of list; packed is smaller.
const message = (fields: Record<string, protobuf.IField>) => ({ edition: 'proto2', fields });
const field = (id: number, type: string) => ({ id, type });
const repeated = (id: number, type: string) => ({ id, type, rule: 'repeated' });
const packed = (id: number, type: string) => ({ id, type, rule: 'repeated', options: { packed: true } });

/**
 * The subset of `onnx.proto` (field numbers of IR version 8) that `onnx-model.ts` describes. Enumerations are int32 and
 * attribute strings, bytes in the original, are strings: the same on the wire, and all of ours are ASCII.
 */
const SCHEMA: protobuf.INamespace = {
  nested: {
    ModelProto: message({
      irVersion: field(1, 'int64'),
      producerName: field(2, 'string'),
      producerVersion: field(3, 'string'),
      graph: field(7, 'GraphProto'),
      opsetImport: repeated(8, 'OperatorSetIdProto'),
      metadataProps: repeated(14, 'StringStringEntryProto'),
    }),
    OperatorSetIdProto: message({ domain: field(1, 'string'), version: field(2, 'int64') }),
    StringStringEntryProto: message({ key: field(1, 'string'), value: field(2, 'string') }),
    GraphProto: message({
      node: repeated(1, 'NodeProto'),
      name: field(2, 'string'),
      initializer: repeated(5, 'TensorProto'),
      input: repeated(11, 'ValueInfoProto'),
      output: repeated(12, 'ValueInfoProto'),
    }),
    NodeProto: message({
      input: repeated(1, 'string'),
      output: repeated(2, 'string'),
      name: field(3, 'string'),
      opType: field(4, 'string'),
      attribute: repeated(5, 'AttributeProto'),
      domain: field(7, 'string'),
    }),
    AttributeProto: message({
      name: field(1, 'string'),
      i: field(3, 'int64'),
      s: field(4, 'string'),
      t: field(5, 'TensorProto'),
      g: field(6, 'GraphProto'),
      ints: packed(8, 'int64'),
      strings: repeated(9, 'string'),
      type: field(20, 'int32'),
    }),
    TensorProto: message({
      dims: packed(1, 'int64'),
      dataType: field(2, 'int32'),
      name: field(8, 'string'),
      rawData: field(9, 'bytes'),
    }),
    ValueInfoProto: message({
      name: field(1, 'string'),
      type: field(2, 'TypeProto'),
      docString: field(3, 'string'),
    }),
    TypeProto: message({ tensorType: field(1, 'TensorTypeProto') }),
    TensorTypeProto: message({ elemType: field(1, 'int32'), shape: field(2, 'TensorShapeProto') }),
    TensorShapeProto: message({ dim: repeated(1, 'DimensionProto') }),
    DimensionProto: message({ dimValue: field(1, 'int64'), dimParam: field(2, 'string') }),
  },
};

const root = protobuf.Root.fromJSON(SCHEMA);
/** ONNX's `ModelProto`. Tests read the file back with it. */
export const onnxModelType = root.lookupType('ModelProto');
let isCompiled = false;

/**
 * `model.onnx`: see `buildOnnxModel` for inputs and outputs. The same forest and meta give the same bytes: fields are
 * written in the order of their numbers, lists in the order of the nodes. About 30 bytes a node.
 *
 * @throws AppError `internal` when the forest, the scaler, the names or the offset are not sound.
 */
export function encodeOnnxModel(forest: Forest, meta: OnnxModelMeta): Uint8Array {
  const model = buildOnnxModel(forest, meta);
  return onnxModelType.encode(model).finish();
}

/** `model.onnx` of a version with a detector of its own, see `buildDetectorOnnx`. */
export function encodeDetectorOnnx(detector: FittedDetector, meta: OnnxDetectorMeta): Uint8Array {
  return onnxModelType.encode(buildDetectorOnnx(detector, meta)).finish();
}

/**
 * {@link encodeOnnxModel}, or {@link encodeDetectorOnnx} where there is a detector, in several turns of the event loop: the
 * library writes code for each kind of message when it meets the first one, which together takes a tenth of a second.
 */
export async function encodeOnnxInTurns(
  detector: FittedDetector | null,
  forest: Forest,
  meta: OnnxModelMeta,
  nextTurn: () => Promise<unknown>,
): Promise<Uint8Array> {
  const model =
    detector === null ? buildOnnxModel(forest, meta) : buildDetectorOnnx(detector, { ...meta, forest });
  await nextTurn();
  if (!isCompiled) {
    isCompiled = true;
    for (const type of root.nestedArray) {
      if (type instanceof protobuf.Type) type.setup();
      await nextTurn();
    }
  }
  return onnxModelType.encode(model).finish();
}
