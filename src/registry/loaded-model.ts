import { assertNothingMissing } from '../features/core/feature-policy.js';
import { imputeAndClip, scaleToFloat32 } from '../features/core/preprocess.js';
import { parseFeatureSpec, preprocessingFromSpec } from '../features/core/feature-spec.js';
import { parseFeatureState, type FeatureState } from '../features/core/feature-state.js';
import type { FeatureSpec } from '../features/core/feature-spec-json.js';
import type { FeatureValues, Preprocessing } from '../features/core/preprocessing.js';
import { loadKernel } from '../platform/compute/kernel-files.js';
import { sha256Hex } from '../shared/digest.js';
import { AppError } from '../shared/errors.js';
import { decodeDetector } from '../training/core/detectors/codec.js';
import { deviceNumbers } from '../training/core/detectors/device-groups.js';
import {
  confidenceOf,
  scoreWithDetector,
  type FittedDetector,
} from '../training/core/detectors/fitted-detector.js';
import { decodeForest } from '../training/core/forest/codec.js';
import type { Forest } from '../training/core/forest/forest.js';
import {
  createForestEngine,
  type ForestEngine,
  type ForestKernelExports,
} from '../training/core/forest/forest-engine.js';
import type { ArtifactStore } from './artifact-store.js';
import { VERSION_FILES } from './core/version-files.js';

const MISSING = { code: 'export_invalid', windows: 'windows' } as const;

/** Rows scored at a time: what is made of them stays small. */
const BLOCK_ROWS = 4096;

/** A version ready to score: model, preprocessing and threshold, exactly as they were trained. */
export class LoadedModel {
  readonly featureNames: readonly string[];
  private engine: ForestEngine | null = null;

  constructor(
    readonly version: string,
    readonly spec: FeatureSpec,
    readonly forest: Forest,
    readonly preprocessing: Preprocessing,
    /** Scores below it are anomalies: of the detector when there is one, else of the forest. */
    readonly offset: number,
    /** What the rows of the model are computed with; null = the records alone. */
    readonly state: FeatureState | null = null,
    /** null: the forest is the model. */
    readonly detector: FittedDetector | null = null,
    /** Of the forest; differs from `offset` when there is a detector. */
    readonly forestOffset: number = offset,
  ) {
    this.featureNames = spec.features.map(({ name }) => name);
  }

  /**
   * Scores of extracted rows (n x d, NaN = missing), scikit-learn's sign: imputes, clips, scales, scores.
   * @param devices row -> device of the model ({@link deviceNumbers}); null = none is known
   * @throws AppError `export_invalid` when a value is missing where the model was trained with `impute: none`
   */
  scoreValues(values: FeatureValues, rows: number, devices: Int32Array | null): Float64Array {
    assertNothingMissing(values, rows, this.featureNames, this.preprocessing, MISSING);
    return this.scoreBlocks(values, rows, true, this.detector, devices);
  }

  /** Scores of rows that are imputed and clipped already (golden.json's X). */
  scoreRaw(raw: FeatureValues, rows: number, devices: Int32Array | null): Float64Array {
    return this.scoreBlocks(raw, rows, false, this.detector, devices);
  }

  /** score_samples of the forest, whatever the model is: what the pickle answers. */
  scoreForest(raw: FeatureValues, rows: number): Float64Array {
    return this.scoreBlocks(raw, rows, false, null, null);
  }

  /** Rows of an input -> devices of the model; null: the model knows no devices. */
  deviceNumbers(devices: readonly string[], deviceIndex: Int32Array): Int32Array | null {
    return this.detector && deviceNumbers(this.detector.devices, devices, deviceIndex);
  }

  /**
   * Calibrated confidence of a score (0..1, higher = more anomalous) for a device of the model, see
   * {@link confidenceOf}; null: a forest has none.
   */
  confidence(score: number, device: number): number | null {
    return this.detector && confidenceOf(this.detector, score, device);
  }

  private scoreBlocks(
    values: FeatureValues,
    rows: number,
    impute: boolean,
    detector: FittedDetector | null,
    devices: Int32Array | null,
  ): Float64Array {
    const columns = this.featureNames.length;
    const scores = new Float64Array(rows);
    const scaled = new Float32Array(Math.min(rows, BLOCK_ROWS) * columns);
    this.engine ??= createForestEngine(() => loadKernel<ForestKernelExports>('training', 'forest'));
    for (let from = 0; from < rows; from += BLOCK_ROWS) {
      const count = Math.min(BLOCK_ROWS, rows - from);
      const raw = values.slice(from * columns, (from + count) * columns);
      if (impute) imputeAndClip(raw, count, columns, this.preprocessing, raw);
      scaleToFloat32(raw, count, columns, this.preprocessing, scaled);
      if (detector === null) {
        this.engine.scoreSamples(this.forest, scaled, count, scores.subarray(from, from + count));
        continue;
      }
      const tools = { forest: this.forest, engine: this.engine };
      const part = devices && devices.subarray(from, from + count);
      const block = { x: scaled, raw: Float32Array.from(raw) };
      scores.set(scoreWithDetector(detector, block, count, part, tools), from);
    }
    return scores;
  }
}

interface TrainingSection {
  readonly training_info?: {
    readonly offset?: unknown;
    readonly detector?: { readonly threshold?: unknown };
  };
}

export function loadModel(store: ArtifactStore, version: string): LoadedModel {
  const bytes = store.read(version, VERSION_FILES.forest);
  // A copy of its own: the file's bytes may sit at an odd offset of a pooled buffer, views need alignment.
  const aligned = new Uint8Array(bytes).buffer;
  const forest = decodeForest(aligned);
  const spec = parseFeatureSpec(store.readJson(version, VERSION_FILES.featureSpec));
  const metadata = store.readJson(version, VERSION_FILES.metadata) as TrainingSection;
  const { offset: written, detector: stored } = metadata.training_info ?? {};
  const forestOffset = numberIn(written, version, 'training_info.offset');
  if (forest.featureCount !== spec.features.length) {
    throw new AppError(
      'artifact_integrity',
      `Model ${version} is inconsistent: its forest takes ${forest.featureCount} features, its ${VERSION_FILES.featureSpec} lists ${spec.features.length}.`,
    );
  }
  const preprocessing = preprocessingFromSpec(spec);
  const state = readState(store, version, spec);
  if (stored === undefined) {
    return new LoadedModel(version, spec, forest, preprocessing, forestOffset, state);
  }
  const detector = decodeDetector(store.read(version, VERSION_FILES.detector));
  if (detector.columns !== spec.features.length) {
    throw new AppError(
      'artifact_integrity',
      `Model ${version} is inconsistent: its detector takes ${detector.columns} features, its ${VERSION_FILES.featureSpec} lists ${spec.features.length}.`,
    );
  }
  const offset = -numberIn(stored.threshold, version, 'training_info.detector.threshold');
  return new LoadedModel(version, spec, forest, preprocessing, offset, state, detector, forestOffset);
}

function numberIn(value: unknown, version: string, key: string): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new AppError('artifact_integrity', `${VERSION_FILES.metadata} of model ${version} has no ${key}.`);
}

/** @throws AppError `artifact_integrity` unless the file is the one that the spec was made with */
function readState(
  store: ArtifactStore,
  version: string,
  { state_sha256: expected }: FeatureSpec,
): FeatureState | null {
  if (expected === undefined) return null;
  const bytes = store.read(version, VERSION_FILES.featureState);
  const actual = sha256Hex(bytes);
  if (actual !== expected) {
    throw new AppError(
      'artifact_integrity',
      `${VERSION_FILES.featureState} of model ${version} was changed: SHA-256 ${actual}, ${VERSION_FILES.featureSpec} says ${expected}.`,
      { hint: 'Restore the version from a backup or train again.' },
    );
  }
  // The hash says that these are the bytes that were written.
  return parseFeatureState(JSON.parse(bytes.toString('utf8')));
}
