import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { buildOnnxModel, type OnnxModelMeta } from '../../../src/registry/core/formats/onnx-graph.js';
import { encodeOnnxModel, onnxModelType } from '../../../src/registry/onnx-codec.js';
import { goldenForest, readGolden } from '../../support/sklearn-golden.js';

const golden = readGolden('subsampled-features');
const forest = goldenForest(golden);
const meta: OnnxModelMeta = {
  mean: Float64Array.from(golden.scaler.mean),
  scale: Float64Array.from(golden.scaler.scale),
  offset: golden.offset,
  featureNames: golden.scaler.mean.map((_, i) => `f${i}`),
  producerVersion: '0.1.0',
};

describe('encodeOnnxModel', () => {
  it('writes the file that the onnx checker and onnxruntime have accepted, byte for byte', () => {
    const accepted = readFileSync(new URL('subsampled-features.onnx', import.meta.url));
    const bytes = encodeOnnxModel(forest, meta);
    expect(bytes.length).toBe(accepted.length);
    expect(Buffer.compare(bytes, accepted)).toBe(0);
  });

  it('loses nothing: the file read back is the graph', () => {
    const model = buildOnnxModel(forest, meta);
    const decoded = onnxModelType.toObject(onnxModelType.decode(encodeOnnxModel(forest, meta)), {
      longs: Number,
      arrays: true,
    });
    expect(plain(decoded)).toEqual(plain(model));
  });

  it('writes the same bytes for the same model, and others for another threshold', () => {
    const first = encodeOnnxModel(forest, meta);
    expect(Buffer.compare(encodeOnnxModel(goldenForest(golden), { ...meta }), first)).toBe(0);
    expect(Buffer.compare(encodeOnnxModel(forest, { ...meta, offset: -0.51 }), first)).not.toBe(0);
  });

  it('needs no program version', () => {
    const decoded = onnxModelType.toObject(
      onnxModelType.decode(encodeOnnxModel(forest, { ...meta, producerVersion: undefined })),
    );
    expect(decoded.producerName).toBe('mcp-training');
    expect(decoded).not.toHaveProperty('producerVersion');
  });
});

/** Empty lists and typed arrays look different before and after; their content must not. */
function plain(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return Array.from(value as Uint8Array);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, entry]) => [key, plain(entry)] as const);
  return Object.fromEntries(entries.filter(([, entry]) => !Array.isArray(entry) || entry.length > 0));
}
