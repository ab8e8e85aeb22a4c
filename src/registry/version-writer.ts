import { basename } from 'node:path';
import { TABLE_SET } from '../features/core/table-set.js';
import { sha256Hex } from '../shared/digest.js';
import type { DetectorType } from '../training/core/detectors/detector.js';
import { encodeDetector } from '../training/core/detectors/codec.js';
import { parseForestParams } from '../training/core/forest/forest-params.js';
import { encodeForest } from '../training/core/forest/codec.js';
import type { StagedVersion } from './artifact-store.js';
import { buildBaseline } from './core/baseline.js';
import { encodeIsolationForest } from './core/formats/joblib-model.js';
import { encodeStandardScaler } from './core/formats/joblib-scaler.js';
import { buildGoldenDetectorRows, buildGoldenSample, type GoldenSample } from './core/golden-sample.js';
import {
  buildManifest,
  buildMetadata,
  type DetectorMetadata,
  type ModelMetadataInput,
} from './core/model-metadata.js';
import { jsonFile, VERSION_FILES } from './core/version-files.js';
import { encodeDetectorOnnx, encodeOnnxModel } from './onnx-codec.js';
import type { TrainedModel } from './trained-model.js';

export interface WrittenVersion {
  readonly artifacts: Readonly<Record<string, string>>;
  readonly modelSha256: string;
}

/** Writes every file of a version into its staging directory. The manifest comes last: it holds the others' hashes. */
export function writeVersionFiles(
  staged: StagedVersion,
  model: TrainedModel,
  createdAt: string,
): WrittenVersion {
  const featureNames = model.spec.features.map(({ name }) => name);
  const joblib = encodeModelPickle(model);
  const modelSha256 = sha256Hex(joblib);
  staged.write(VERSION_FILES.model, joblib);
  staged.write(VERSION_FILES.scaler, encodeStandardScaler(model.preprocessing, model.sklearnVersion));
  const onnx = encodeOnnx(model, featureNames);
  if (onnx !== null) staged.write(VERSION_FILES.onnx, onnx);
  staged.write(VERSION_FILES.forest, encodeForest(model.forest));
  if (model.detector !== null) staged.write(VERSION_FILES.detector, encodeDetector(model.detector.fitted));
  staged.write(VERSION_FILES.featureSpec, jsonFile(model.spec));
  staged.write(
    VERSION_FILES.baseline,
    jsonFile(buildBaseline(model.trainValues, model.trainRows, featureNames)),
  );
  staged.write(VERSION_FILES.golden, jsonFile(goldenFile(model, featureNames)));
  staged.write(
    VERSION_FILES.report,
    jsonFile({ validation: model.validation, evaluation: model.evaluation, gate: model.evaluation.gate }),
  );
  const metadata = metadataInput(staged.version, model, createdAt, modelSha256, onnx !== null);
  staged.write(VERSION_FILES.metadata, jsonFile(buildMetadata(metadata)));
  staged.write(VERSION_FILES.manifest, jsonFile(buildManifest({ metadata, hashes: staged.written })));
  return { artifacts: staged.written, modelSha256 };
}

/** null: no ONNX graph says what the detector does. */
function encodeOnnx(
  { forest, detector, preprocessing, offset }: TrainedModel,
  featureNames: string[],
): Uint8Array | null {
  const { mean, scale } = preprocessing;
  if (detector === null) return encodeOnnxModel(forest, { mean, scale, offset, featureNames });
  return encodeDetectorOnnx(detector.fitted, { offset: detector.offset, featureNames });
}

function goldenFile(model: TrainedModel, featureNames: string[]): GoldenSample {
  const { goldenRows: rows, detector } = model;
  const golden = buildGoldenSample({ featureNames, rows, scores: model.goldenScores, offset: model.offset });
  if (detector === null) return golden;
  const { fitted, goldenScores: scores, offset, goldenDevices } = detector;
  const own = buildGoldenDetectorRows(fitted.type, { featureNames, rows, scores, offset }, goldenDevices);
  return { ...golden, detector: own };
}

function detectorMetadata({ detector }: TrainedModel, onnx: boolean): DetectorMetadata | null {
  if (detector === null) return null;
  const { type, devices, groupOfDevice, groupCount } = detector.fitted;
  return {
    type,
    calibration: groupCount > 1 ? 'device' : 'shared',
    devices,
    calibrated_devices: devices.filter((_, device) => groupOfDevice[device] > 0),
    threshold: -detector.offset,
    onnx,
  };
}

/** As people read it. */
const DETECTOR_NAMES: Readonly<Record<DetectorType, string>> = {
  isolation_forest: 'Isolation Forest',
  tail_probability: 'Tail probabilities',
  robust_covariance: 'Robust covariance',
  local_outlier_factor: 'Local outlier factor',
  ensemble: 'Ensemble of detectors',
};

function description({ featureSet, spec, detector }: TrainedModel): string {
  const name = DETECTOR_NAMES[detector?.fitted.type ?? 'isolation_forest'];
  return featureSet === TABLE_SET
    ? `${name} on the ${spec.features.length} columns of a feature table`
    : `${name} on ${featureSet} features of ${spec.window.length_seconds / 60}-minute windows`;
}

function encodeModelPickle(model: TrainedModel): Uint8Array {
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
  onnx: boolean,
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
    detector: detectorMetadata(model, onnx),
    driftDetection: model.drift,
  };
}
