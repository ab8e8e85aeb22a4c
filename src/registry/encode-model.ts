import { setImmediate as nextTurn } from 'node:timers/promises';
import { encodeForest } from '../training/core/forest/codec.js';
import { parseForestParams } from '../training/core/forest/forest-params.js';
import { buildBaseline } from './core/baseline.js';
import { encodeIsolationForest } from './core/formats/joblib-model.js';
import { encodeStandardScaler } from './core/formats/joblib-scaler.js';
import { buildGoldenSample } from './core/golden-sample.js';
import { jsonFile, VERSION_FILES } from './core/version-files.js';
import { encodeOnnxModel } from './onnx-codec.js';
import type { FittedModel } from './trained-model.js';

export interface EncodedFile {
  readonly name: string;
  readonly data: Uint8Array | string;
}

/** In the order they are written. */
const ENCODERS: readonly (readonly [name: string, encode: (model: FittedModel) => EncodedFile['data']])[] = [
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
  [
    VERSION_FILES.onnx,
    (model) =>
      encodeOnnxModel(model.forest, {
        mean: model.preprocessing.mean,
        scale: model.preprocessing.scale,
        offset: model.offset,
        featureNames: featureNames(model),
      }),
  ],
  [VERSION_FILES.forest, (model) => encodeForest(model.forest)],
  [VERSION_FILES.featureSpec, (model) => jsonFile(model.spec)],
  [
    VERSION_FILES.baseline,
    (model) => jsonFile(buildBaseline(model.trainValues, model.trainRows, featureNames(model))),
  ],
  [
    VERSION_FILES.golden,
    (model) =>
      jsonFile(
        buildGoldenSample({
          featureNames: featureNames(model),
          rows: model.goldenRows,
          scores: model.goldenScores,
          offset: model.offset,
        }),
      ),
  ],
];

const featureNames = ({ spec }: FittedModel): string[] => spec.features.map(({ name }) => name);

/**
 * The files of a version that do not depend on its evaluation, so that they can be made while a thread judges the
 * model. Timers and the lease get their turn after each.
 *
 * @param signal an abort ends it after the file it works on
 */
export async function encodeModel(model: FittedModel, signal?: AbortSignal): Promise<EncodedFile[]> {
  const files: EncodedFile[] = [];
  for (const [name, encode] of ENCODERS) {
    await nextTurn();
    signal?.throwIfAborted();
    files.push({ name, data: encode(model) });
  }
  return files;
}
