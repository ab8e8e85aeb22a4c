import { basename } from 'node:path';
import { TABLE_SET } from '../features/core/table-set.js';
import type { DetectorType } from '../training/core/detectors/detector.js';
import { membersOf } from '../training/core/detectors/ensemble.js';
import type { FittedDetector } from '../training/core/detectors/fitted-detector.js';
import type { LofModel } from '../training/core/detectors/local-outlier-factor.js';
import type { StagedVersion } from './artifact-store.js';
import { cardFile } from './card-file.js';
import {
  buildManifest,
  buildMetadata,
  type DetectorMetadata,
  type ModelMetadataInput,
} from './core/model-metadata.js';
import { jsonFile, VERSION_FILES } from './core/version-files.js';
import type { EncodedFile } from './encode-model.js';
import type { TrainedModel } from './trained-model.js';

export interface WrittenVersion {
  readonly artifacts: Readonly<Record<string, string>>;
  readonly modelSha256: string;
}

/** Writes every file of a version into its staging directory. The manifest comes last: it holds the others' hashes. */
export async function writeVersionFiles(
  staged: StagedVersion,
  model: TrainedModel,
  files: readonly EncodedFile[],
  createdAt: string,
): Promise<WrittenVersion> {
  for (const { name, data } of files) await staged.write(name, data);
  await staged.write(
    VERSION_FILES.report,
    jsonFile({ validation: model.validation, evaluation: model.evaluation, gate: model.evaluation.gate }),
  );
  const modelSha256 = staged.written[VERSION_FILES.model];
  const onnx = files.some(({ name }) => name === VERSION_FILES.onnx);
  const metadata = metadataInput(staged.version, model, createdAt, modelSha256, onnx);
  await staged.write(VERSION_FILES.card, cardFile(metadata, model, staged.written));
  await staged.write(VERSION_FILES.metadata, jsonFile(buildMetadata(metadata)));
  for (const [file, read] of Object.entries(model.carriedFiles ?? {})) {
    if (file !== VERSION_FILES.manifest && !Object.hasOwn(staged.written, file))
      await staged.write(file, read());
  }
  await staged.write(VERSION_FILES.manifest, jsonFile(buildManifest({ metadata, hashes: staged.written })));
  return { artifacts: staged.written, modelSha256 };
}

function detectorMetadata({ detector }: TrainedModel, onnx: boolean): DetectorMetadata | null {
  if (detector === null) return null;
  const { type, devices, groupOfDevice, groupCount } = detector.fitted;
  return {
    type,
    members: membersOf(detector.fitted).map((member) => member.type),
    training_rows_kept: rowsKept(detector.fitted),
    calibration: groupCount > 1 ? 'device' : 'shared',
    devices,
    calibrated_devices: devices.filter((_, device) => groupOfDevice[device] > 0),
    threshold: -detector.offset,
    onnx,
  };
}

/** Training rows that the detector carries as they are: what a window's neighbours are looked for in. */
function rowsKept(fitted: FittedDetector): number {
  const parts = fitted.type === 'ensemble' ? membersOf(fitted) : [fitted];
  const lofs = parts.filter(({ type }) => type === 'local_outlier_factor');
  return lofs.reduce((sum, { model }) => sum + (model as unknown as LofModel).reach.length, 0);
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
