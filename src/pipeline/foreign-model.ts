import type { ForeignPackage, PackageFacts } from '../deployment/import/foreign-package.js';
import type { FeatureSetDefinition } from '../features/core/feature-set.js';
import { featureSet, featureSetNames } from '../features/core/feature-sets.js';
import { buildFeatureSpec, preprocessingFromSpec } from '../features/core/feature-spec.js';
import type { FeatureSpec } from '../features/core/feature-spec-json.js';
import type { Preprocessing } from '../features/core/preprocessing.js';
import { checkWindows } from '../features/core/window-grid.js';
import type { WindowConfig } from '../features/core/window-table.js';
import type { GoldenSample } from '../registry/core/golden-sample.js';
import { LoadedModel } from '../registry/loaded-model.js';
import { decodeOnnxModel, type DecodedOnnx } from '../registry/onnx-decoder.js';
import type { Hyperparameters } from '../registry/trained-model.js';
import { AppError } from '../shared/errors.js';
import { parseForestParams } from '../training/core/forest/forest-params.js';
import type { Forest } from '../training/core/forest/forest.js';

/** A model from elsewhere, as data of ours: checked, complete, not yet judged. */
export interface ForeignModel {
  readonly set: FeatureSetDefinition;
  /** The model's own; the gate compares it with what the set would be here. */
  readonly spec: FeatureSpec;
  readonly forest: Forest;
  readonly preprocessing: Preprocessing;
  readonly offset: number;
  readonly hyperparameters: Hyperparameters;
  readonly golden: GoldenSample | null;
  readonly facts: PackageFacts | null;
}

/** Largest difference between a golden score and ours: other machines, other logarithms, float32 weights. */
const GOLDEN_TOLERANCE = 1e-6;
/** Values of a table of training rows; a claimed size must not make one of gigabytes. */
export const MAX_TABLE_VALUES = 4_000_000;

/**
 * @throws AppError `validation_failed` when spec, graph and feature set contradict each other, `artifact_integrity` when
 * the golden rows get other answers than the package tells
 */
export function foreignFromPackage({
  onnx,
  spec,
  golden,
  facts,
  modelParameters,
}: ForeignPackage): ForeignModel {
  const decoded = decodeOnnxModel(onnx);
  const set = knownSet(spec);
  assertSameColumns(spec, decoded);
  assertUsableSpec(spec);
  const { forest, meta } = decoded;
  const model: ForeignModel = {
    set,
    spec,
    forest,
    preprocessing: preprocessingFromSpec(spec),
    offset: meta.offset,
    hyperparameters: claimedParameters(modelParameters, forest) ?? parametersOf(forest),
    golden,
    facts,
  };
  assertTableFits(forest);
  if (golden !== null) assertGolden(model, golden);
  return model;
}

/**
 * A bare ONNX file tells neither how missing values are replaced nor where values are clipped. A set whose rows have no
 * missing values and go in as they are needs neither; every other model has to come as a package.
 */
export function foreignFromOnnx(
  bytes: Uint8Array,
  setName: string | null,
  window: WindowConfig,
): ForeignModel {
  const { forest, meta } = decodeOnnxModel(bytes);
  if (setName === null) {
    throw mismatch(
      'A bare ONNX model does not tell its feature set',
      'Name it with --feature-set (feature_set).',
    );
  }
  const set = featureSet(setName);
  assertSameNames(set, meta.featureNames);
  const plain = meta.mean.every((mean) => mean === 0) && meta.scale.every((scale) => scale === 1);
  if (set.preprocessing !== 'identity' || !plain) {
    const why =
      set.preprocessing === 'identity'
        ? `it scales its input, but the set "${set.name}" takes raw numbers`
        : `the set "${set.name}" replaces missing values and clips, and an ONNX graph does not tell how`;
    throw mismatch(
      `The ONNX model cannot be used without its package: ${why}`,
      'Import the package of the model.',
    );
  }
  assertTableFits(forest);
  const columns = forest.featureCount;
  const preprocessing: Preprocessing = {
    imputeValue: new Float64Array(columns),
    clipLow: new Float64Array(columns).fill(-Infinity),
    clipHigh: new Float64Array(columns).fill(Infinity),
    mean: meta.mean,
    variance: new Float64Array(columns).fill(1),
    scale: meta.scale,
    samplesSeen: forest.maxSamples,
  };
  const spec = buildFeatureSpec({ set, window, preprocessing, options: { impute: 'none', clip: 'none' } });
  const hyperparameters = parametersOf(forest);
  return {
    set,
    spec,
    forest,
    preprocessing,
    offset: meta.offset,
    hyperparameters,
    golden: null,
    facts: null,
  };
}

/** The serving path of the model, as any registered version has it. */
export function servingModel({ spec, forest, preprocessing, offset }: ForeignModel): LoadedModel {
  return new LoadedModel('(import)', spec, forest, preprocessing, offset);
}

function mismatch(message: string, hint: string): AppError {
  return new AppError('validation_failed', `${message}.`, {
    hint,
    problems: [{ pointer: '/file', code: 'features_differ', message }],
  });
}

function knownSet(spec: FeatureSpec): FeatureSetDefinition {
  const name = spec.feature_set;
  if (!featureSetNames().includes(name)) {
    throw mismatch(
      `The model's feature set ${JSON.stringify(name.slice(0, 80))} is not known here, so nothing could compute its columns`,
      `Known sets: ${featureSetNames().join(', ')}.`,
    );
  }
  const set = featureSet(name);
  if (set.features.length === spec.features.length) return set;
  throw mismatch(
    `The model takes ${spec.features.length} features, the set "${name}" has ${set.features.length}`,
    'It was made with another catalogue of features; train here instead.',
  );
}

/** Two files of a package that describe one model must describe the same one. */
function assertSameColumns(spec: FeatureSpec, { forest, meta }: DecodedOnnx): void {
  const hint = 'The files of the package do not belong together; get it again.';
  if (forest.featureCount !== spec.features.length) {
    throw mismatch(
      `model.onnx takes ${forest.featureCount} features, feature_spec.json lists ${spec.features.length}`,
      hint,
    );
  }
  const { scaler } = spec.preprocessing;
  spec.features.forEach(({ name }, i) => {
    if (meta.featureNames !== null && meta.featureNames[i] !== name) {
      throw mismatch(
        `Column ${i + 1} is ${JSON.stringify(meta.featureNames[i].slice(0, 80))} in model.onnx and ${JSON.stringify(name.slice(0, 80))} in feature_spec.json`,
        hint,
      );
    }
    if (meta.mean[i] !== scaler.mean[i] || meta.scale[i] !== scaler.scale[i]) {
      throw mismatch(`The scaler of column ${i + 1} differs between model.onnx and feature_spec.json`, hint);
    }
  });
}

function assertSameNames(set: FeatureSetDefinition, names: readonly string[] | null): void {
  if (names === null) {
    throw mismatch(
      'The ONNX model does not tell the names of its columns (metadata_props.feature_names)',
      'Import the package of the model.',
    );
  }
  const expected = set.features.map(({ name }) => name);
  const at = Array.from({ length: Math.max(names.length, expected.length) }).findIndex(
    (_, i) => names[i] !== expected[i],
  );
  if (at < 0) return;
  const shown = (list: readonly string[]): string =>
    at < list.length ? JSON.stringify(list[at].slice(0, 80)) : 'missing';
  throw mismatch(
    `Column ${at + 1} is ${shown(names)} in the model and ${shown(expected)} in the set "${set.name}"`,
    'Choose the feature set the model was trained on.',
  );
}

/** What the format of the spec allows, but no extractor or scaler can work with. */
function assertUsableSpec({
  window,
  preprocessing: { scaler, clip_low: low, clip_high: high },
}: FeatureSpec): void {
  const hint = 'The package was not made by this service, or changed afterwards.';
  checkWindows({
    lengthSeconds: window.length_seconds,
    strideSeconds: window.stride_seconds,
    contextSeconds: window.context_seconds,
    groupBy: window.group_by,
    timezone: window.timezone,
    maxWindows: 1,
  });
  if (!isTimeZone(window.timezone))
    throw mismatch('feature_spec.json names a time zone that does not exist', hint);
  if (scaler.samples_seen < 1) throw mismatch('feature_spec.json: the scaler was fitted on no row', hint);
  if (!scaler.variance.every((variance) => variance >= 0)) {
    throw mismatch('feature_spec.json: a variance is negative', hint);
  }
  if (low.some((bound, i) => (bound ?? -Infinity) > (high[i] ?? Infinity))) {
    throw mismatch('feature_spec.json: a lower bound is above its upper bound', hint);
  }
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function assertTableFits({ maxSamples, featureCount }: Forest): void {
  if (maxSamples * featureCount <= MAX_TABLE_VALUES) return;
  throw new AppError(
    'validation_failed',
    `The model's trees hold ${maxSamples} rows of ${featureCount} columns; at most ${MAX_TABLE_VALUES} values are taken.`,
  );
}

/** The answers of a model prove that it was read as it was meant. */
function assertGolden(model: ForeignModel, golden: GoldenSample): void {
  const hint = 'The package is damaged, or was changed after it was made. Nothing was imported.';
  const names = model.spec.features.map(({ name }) => name);
  if (golden.feature_names.some((name, i) => name !== names[i])) {
    throw new AppError('artifact_integrity', 'golden.json lists other features than feature_spec.json.', {
      hint,
    });
  }
  const scores = servingModel(model).scoreForest(Float64Array.from(golden.X.flat()), golden.X.length);
  scores.forEach((score, row) => {
    const label = score - model.offset < 0 ? -1 : 1;
    const expected = golden.score_samples[row];
    if (Math.abs(score - expected) <= GOLDEN_TOLERANCE && label === golden.labels[row]) return;
    throw new AppError(
      'artifact_integrity',
      `Golden row ${row} of the package scores ${score} (label ${label}) here, the package says ${expected} (label ${golden.labels[row]}).`,
      { hint },
    );
  });
}

/** scikit-learn's parameters as far as trees tell them. */
function parametersOf({ treeCount, maxSamples }: Forest): Hyperparameters {
  return {
    n_estimators: treeCount,
    max_samples: maxSamples,
    contamination: 'auto',
    max_features: 1,
    bootstrap: false,
    random_state: 0,
  };
}

/** The package's own parameters, when they can have made this forest. */
function claimedParameters(claimed: unknown, forest: Forest): Hyperparameters | null {
  const known = (typeof claimed === 'object' && claimed !== null ? claimed : {}) as Record<string, unknown>;
  const parameters = Object.fromEntries(
    Object.keys(parametersOf(forest)).map((key) => [key, known[key]]),
  ) as unknown as Hyperparameters;
  const { n_estimators: trees, max_samples: rows, contamination, bootstrap } = parameters;
  if (trees !== forest.treeCount || typeof bootstrap !== 'boolean') return null;
  if (rows === 'auto' ? forest.maxSamples > 256 : rows > 1 && rows < forest.maxSamples) return null;
  if (contamination !== 'auto' && typeof contamination !== 'number') return null;
  if (parameters.max_features > forest.featureCount) return null;
  try {
    parseForestParams(parameters);
    return parameters;
  } catch {
    return null;
  }
}
