import { basename } from 'node:path';
import { TABLE_SET } from '../features/core/table-set.js';
import { sha256Hex } from '../shared/digest.js';
import { parseForestParams } from '../training/core/forest/forest-params.js';
import { encodeForest } from '../training/core/forest/codec.js';
import type { StagedVersion } from './artifact-store.js';
import { cardFile } from './card-file.js';
import { buildBaseline } from './core/baseline.js';
import { encodeIsolationForest } from './core/formats/joblib-model.js';
import { encodeStandardScaler } from './core/formats/joblib-scaler.js';
import { buildGoldenSample } from './core/golden-sample.js';
import { buildManifest, buildMetadata, type ModelMetadataInput } from './core/model-metadata.js';
import { jsonFile, VERSION_FILES } from './core/version-files.js';
import { encodeOnnxModel } from './onnx-codec.js';
import type { ModelContent, TrainedModel } from './trained-model.js';

export interface WrittenVersion {
  readonly artifacts: Readonly<Record<string, string>>;
  readonly modelSha256: string;
}

/** Where files go: a staged directory, or something that only looks at them. */
export interface FileSink {
  write(file: string, data: Uint8Array | string): void;
}

/**
 * Writes the files whose bytes the input and the configuration decide. The others hold times, paths and the version's
 * name.
 *
 * @returns SHA-256 of model.joblib
 */
export function writeModelFiles(sink: FileSink, model: ModelContent): string {
  const featureNames = model.spec.features.map(({ name }) => name);
  const joblib = encodeModelPickle(model);
  sink.write(VERSION_FILES.model, joblib);
  sink.write(VERSION_FILES.scaler, encodeStandardScaler(model.preprocessing, model.sklearnVersion));
  sink.write(
    VERSION_FILES.onnx,
    encodeOnnxModel(model.forest, {
      mean: model.preprocessing.mean,
      scale: model.preprocessing.scale,
      offset: model.offset,
      featureNames,
    }),
  );
  sink.write(VERSION_FILES.forest, encodeForest(model.forest));
  sink.write(VERSION_FILES.featureSpec, jsonFile(model.spec));
  sink.write(
    VERSION_FILES.baseline,
    jsonFile(model.baseline ?? buildBaseline(model.trainValues, model.trainRows, featureNames)),
  );
  const golden = buildGoldenSample({
    featureNames,
    rows: model.goldenRows,
    scores: model.goldenScores,
    offset: model.offset,
  });
  sink.write(VERSION_FILES.golden, jsonFile(golden));
  return sha256Hex(joblib);
}

/** Writes every file of a version into its staging directory. The manifest comes last: it holds the others' hashes. */
export function writeVersionFiles(
  staged: StagedVersion,
  model: TrainedModel,
  createdAt: string,
): WrittenVersion {
  const modelSha256 = writeModelFiles(staged, model);
  staged.write(
    VERSION_FILES.report,
    jsonFile({ validation: model.validation, evaluation: model.evaluation, gate: model.evaluation.gate }),
  );
  const metadata = metadataInput(staged.version, model, createdAt, modelSha256);
  staged.write(VERSION_FILES.card, cardFile(metadata, model, staged.written));
  staged.write(VERSION_FILES.metadata, jsonFile(buildMetadata(metadata)));
  for (const [file, read] of Object.entries(model.carriedFiles ?? {})) {
    if (file !== VERSION_FILES.manifest && !Object.hasOwn(staged.written, file)) staged.write(file, read());
  }
  staged.write(VERSION_FILES.manifest, jsonFile(buildManifest({ metadata, hashes: staged.written })));
  return { artifacts: staged.written, modelSha256 };
}

function description({ featureSet, spec }: TrainedModel): string {
  return featureSet === TABLE_SET
    ? `Isolation Forest on the ${spec.features.length} columns of a feature table`
    : `Isolation Forest on ${featureSet} features of ${spec.window.length_seconds / 60}-minute windows`;
}

function encodeModelPickle(model: ModelContent): Uint8Array {
  return encodeIsolationForest(model.forest, {
    params: parseForestParams(model.hyperparameters),
    offset: model.offset,
    nSamples: model.trainRows,
    sklearnVersion: model.sklearnVersion,
  });
}

function metadataInput(
  version: string,
  model: TrainedModel,
  createdAt: string,
  modelSha256: string,
): ModelMetadataInput {
  return {
    version,
    modelName: model.modelName,
    createdAt,
    trainingId: model.trainingId,
    description: description(model),
    featureSet: model.featureSet,
    featureNames: model.spec.features.map(({ name }) => name),
    featureSpecHash: model.spec.hash,
    // Metadata leaves this machine: it names the files, not where they were. The lineage keeps what was typed.
    exportFiles: model.inputFiles.map((file) => ({ ...file, name: basename(file.name) })),
    logCount: model.logCount,
    trainingSamples: model.trainRows,
    validationSamples: model.validationRows,
    testSamples: model.testRows,
    hyperparameters: { ...model.hyperparameters },
    trainingConfig: model.config,
    configHash: model.configHash,
    codeVersion: model.codeVersion,
    modelSha256,
    sklearnVersion: model.sklearnVersion,
    trainingDurationSeconds: model.durationSeconds,
    peakMemoryBytes: model.peakMemoryBytes,
    offset: model.offset,
    thresholdPolicy: model.thresholdPolicy,
    requiresScaler: model.spec.preprocessing.kind === 'standard',
    evaluation: model.evaluation,
    gate: model.evaluation.gate,
    driftDetection: model.drift,
  };
}
