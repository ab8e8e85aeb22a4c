import { setImmediate as nextTurn } from 'node:timers/promises';
import { stateFile } from '../features/core/feature-state.js';
import { encodeDetector } from '../training/core/detectors/codec.js';
import { encodeForest } from '../training/core/forest/codec.js';
import { parseForestParams } from '../training/core/forest/forest-params.js';
import { buildBaseline } from './core/baseline.js';
import { encodeIsolationForest } from './core/formats/joblib-model.js';
import { encodeStandardScaler } from './core/formats/joblib-scaler.js';
import { buildGoldenDetectorRows, buildGoldenSample, type GoldenSample } from './core/golden-sample.js';
import { jsonFile, VERSION_FILES } from './core/version-files.js';
import { encodeOnnxInTurns } from './onnx-codec.js';
import type { ModelContent } from './trained-model.js';

export interface EncodedFile {
  readonly name: string;
  readonly data: Uint8Array | string;
}

/** In the order they are written. */
const ENCODERS: readonly (readonly [
  name: string,
  encode: (model: ModelContent) => EncodedFile['data'] | null | Promise<EncodedFile['data']>,
])[] = [
  [
    VERSION_FILES.model,
    (model) =>
      encodeIsolationForest(model.forest, {
        params: parseForestParams(model.hyperparameters),
        offset: model.offset,
        nSamples: model.trainRows,
        sklearnVersion: model.sklearnVersion,
      }),
  ],
  [VERSION_FILES.scaler, (model) => encodeStandardScaler(model.preprocessing, model.sklearnVersion)],
  [VERSION_FILES.onnx, encodeOnnx],
  [VERSION_FILES.forest, (model) => encodeForest(model.forest)],
  [VERSION_FILES.detector, ({ detector }) => detector && encodeDetector(detector.fitted)],
  [VERSION_FILES.featureSpec, (model) => jsonFile(model.spec)],
  [VERSION_FILES.featureState, ({ featureState }) => featureState && stateFile(featureState)],
  [
    VERSION_FILES.baseline,
    (model) =>
      jsonFile(model.baseline ?? buildBaseline(model.trainValues, model.trainRows, featureNames(model))),
  ],
  [VERSION_FILES.golden, (model) => jsonFile(goldenFile(model))],
];

function featureNames({ spec }: ModelContent): string[] {
  return spec.features.map(({ name }) => name);
}

function encodeOnnx(model: ModelContent): Promise<Uint8Array> {
  const { forest, detector } = model;
  const { mean, scale } = model.preprocessing;
  const meta = { mean, scale, offset: (detector ?? model).offset, featureNames: featureNames(model) };
  return encodeOnnxInTurns(detector?.fitted ?? null, forest, meta, nextTurn);
}

function goldenFile(model: ModelContent): GoldenSample {
  const { goldenRows: rows, detector } = model;
  const names = featureNames(model);
  const golden = buildGoldenSample({
    featureNames: names,
    rows,
    scores: model.goldenScores,
    offset: model.offset,
  });
  if (detector === null) return golden;
  const { fitted, goldenScores: scores, offset, goldenDevices } = detector;
  const own = buildGoldenDetectorRows(
    fitted.type,
    { featureNames: names, rows, scores, offset },
    goldenDevices,
  );
  return { ...golden, detector: own };
}

/**
 * The files of a version that do not depend on its evaluation, so that they can be made while a thread judges the
 * model. Timers and the lease get their turn after each.
 *
 * @param signal an abort ends it after the file it works on
 */
export async function encodeModel(model: ModelContent, signal?: AbortSignal): Promise<EncodedFile[]> {
  const files: EncodedFile[] = [];
  for (const [name, encode] of ENCODERS) {
    await nextTurn();
    signal?.throwIfAborted();
    const data = await encode(model);
    if (data !== null) files.push({ name, data });
  }
  return files;
}
