import { AppError } from '../shared/errors.js';
import type { Forest } from '../training/core/forest/forest.js';
import { findForestDamage } from '../training/core/forest/validate-forest.js';
import type { OnnxModelMeta } from './core/formats/onnx-graph.js';
import { ENSEMBLE_LIMITS, rowsOfPathLength } from './core/formats/onnx-read-ensemble.js';
import { readOnnxGraph } from './core/formats/onnx-read-graph.js';
import { readOnnxMessage, type ReadModel } from './core/formats/onnx-read-message.js';
import { onnxRefused } from './core/formats/onnx-read-wire.js';

export const MAX_ONNX_BYTES = 100 * 1024 * 1024;

/** A model read from a stranger's file: enough to write it again as ours. */
export interface DecodedOnnx {
  readonly forest: Forest;
  /** As `encodeOnnxModel` takes it; without names when the file does not tell them. */
  readonly meta: Omit<OnnxModelMeta, 'featureNames'> & { readonly featureNames: readonly string[] | null };
}

/**
 * The forest, scaler, threshold and column names of an ONNX file. A file that `encodeOnnxModel` wrote gives the same
 * bytes again.
 *
 * Everything is checked, and nothing beside these bytes is read: no external data, no functions, no subgraphs. Memory
 * is bounded by the file's size. A forest of one row per tree comes back as one of two rows, which scores the same.
 *
 * @throws AppError `payload_too_large`, or `validation_failed` naming the operator, node or list that is wrong
 */
export function decodeOnnxModel(bytes: Uint8Array): DecodedOnnx {
  if (bytes.byteLength > MAX_ONNX_BYTES) {
    throw new AppError(
      'payload_too_large',
      `The ONNX model has ${bytes.byteLength} bytes, at most ${MAX_ONNX_BYTES} are read.`,
    );
  }
  const model = readOnnxMessage(bytes, { listEntries: ENSEMBLE_LIMITS.nodes, decodeUtf8 });
  const { trees, mean, scale, divisor, offset } = readOnnxGraph(model);
  const { average, ...nodes } = trees;
  const { treeCount, treeStart, featureCount, nodeSamples } = nodes;
  const maxSamples = rowsOfPathLength(average ? divisor : divisor / treeCount) ?? 0;
  if (maxSamples < 2)
    throw onnxRefused(`its divisor ${divisor} is no c(n) of a whole number of rows per tree`);
  for (let tree = 0; tree < treeCount; tree++) {
    const rows = nodeSamples[treeStart[tree]];
    if (rows > maxSamples)
      throw onnxRefused(`tree ${tree} holds ${rows} rows, its divisor says ${maxSamples}`);
  }
  const forest: Forest = { ...nodes, maxSamples, maxFeatures: featureCount, treeFeatures: allColumns(nodes) };
  const damage = findForestDamage(forest);
  if (damage !== undefined) throw onnxRefused(damage);
  assertSameOffset(model, offset);
  const featureNames = namesOf(model, featureCount);
  return { forest, meta: { mean, scale, offset, featureNames, producerVersion: model.producerVersion } };
}

/** The operator names columns of the input, so every tree has all of them. */
function allColumns({ treeCount, featureCount }: Pick<Forest, 'treeCount' | 'featureCount'>): Int32Array {
  return Int32Array.from({ length: treeCount * featureCount }, (_, i) => i % featureCount);
}

function assertSameOffset({ metadata }: ReadModel, offset: number): void {
  const told = metadata.get('offset');
  if (told === undefined || Number(told) === offset) return;
  throw onnxRefused(`its metadata says the offset ${told.slice(0, 40)}, its graph ${offset}`);
}

function namesOf({ metadata }: ReadModel, featureCount: number): readonly string[] | null {
  const json = metadata.get('feature_names');
  if (json === undefined) return null;
  let names: unknown;
  try {
    names = JSON.parse(json);
  } catch {
    throw onnxRefused('its feature_names are not JSON');
  }
  const isName = (name: unknown): name is string =>
    typeof name === 'string' && name !== '' && name.length <= 256;
  if (!Array.isArray(names) || !names.every(isName))
    throw onnxRefused('its feature_names are no list of names');
  if (names.length === featureCount && new Set(names).size === names.length) return names;
  throw onnxRefused(`it names ${new Set(names).size} different features and takes ${featureCount}`);
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw onnxRefused('its metadata is not UTF-8');
  }
}
