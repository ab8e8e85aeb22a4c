import { parseFeatureSpec } from '../../features/core/feature-spec.js';
import { parseFeatureState, stateFile, type FeatureState } from '../../features/core/feature-state.js';
import type { FeatureSpec } from '../../features/core/feature-spec-json.js';
import type { GoldenSample } from '../../registry/core/golden-sample.js';
import { sha256Hex } from '../../shared/digest.js';
import { AppError } from '../../shared/errors.js';
import { archiveRefused } from './archive-entry.js';
import { parseGoldenSample } from './foreign-golden.js';
import { readArchive } from './read-archive.js';

const MIB = 1024 * 1024;
const MANIFEST = 'deployment_manifest.json';

/** Entries that are read; every other one is looked at in the directory of the archive only. */
const WANTED: ReadonlyMap<string, number> = new Map([
  ['model.onnx', 100 * MIB],
  ['feature_spec.json', 2 * MIB],
  ['feature_state.json', 64 * MIB],
  ['metadata.json', 4 * MIB],
  [MANIFEST, MIB],
  ['golden.json', 8 * MIB],
]);

/** What a package says about itself; short texts that are shown and recorded, never acted upon. */
export interface PackageFacts {
  readonly model_version: string | null;
  readonly model_name: string | null;
  readonly created_at: string | null;
  readonly sklearn_version: string | null;
  readonly training_samples: number | null;
}

export interface ForeignPackage {
  readonly onnx: Uint8Array;
  readonly spec: FeatureSpec;
  /** What the values of its features depend on; null = on the records alone. */
  readonly state: FeatureState | null;
  readonly golden: GoldenSample | null;
  readonly facts: PackageFacts;
  /** scikit-learn's parameters as the package claims them. */
  readonly modelParameters: unknown;
}

/**
 * A package of another service, as data: the ONNX graph, the feature spec, the golden answers. The pickles in it are
 * not even inflated.
 *
 * @throws AppError `validation_failed` for an archive that is refused, `artifact_integrity` for a file that is not the
 * one of the manifest
 */
export async function readForeignPackage(bytes: Buffer): Promise<ForeignPackage> {
  const { names, files } = await readArchive(bytes, WANTED);
  const onnx = files.get('model.onnx');
  if (onnx === undefined) throw noOnnx(names);
  assertHashes(files);
  const metadata = object(json(files, 'metadata.json'));
  const golden = files.has('golden.json') ? json(files, 'golden.json') : null;
  const spec = readSpec(json(files, 'feature_spec.json'));
  return {
    onnx,
    spec,
    state: stateOf(spec, files),
    golden: golden === null ? null : parseGoldenSample(golden, spec.features.length),
    facts: factsOf(metadata, object(json(files, MANIFEST))),
    modelParameters: object(metadata.training_info).model_parameters,
  };
}

/** The state is written again as it was, so that the hash in the spec stays true: in our form, or not at all. */
function stateOf(
  { state_sha256: expected }: FeatureSpec,
  files: ReadonlyMap<string, Buffer>,
): FeatureState | null {
  if (expected === undefined) return null;
  const state = files.has('feature_state.json') ? parseFeatureState(json(files, 'feature_state.json')) : null;
  if (state !== null && sha256Hex(stateFile(state)) === expected) return state;
  throw new AppError(
    'artifact_integrity',
    'The package has no feature_state.json with the SHA-256 that feature_spec.json names.',
    { hint: 'Export the package again from the service that trained the model.' },
  );
}

function noOnnx(names: readonly string[]): AppError {
  const pickle = names.find((name) => /\.(joblib|pkl|pickle)$/i.test(name));
  return archiveRefused(
    pickle === undefined
      ? 'it holds no model.onnx'
      : `it holds no model.onnx, only ${pickle}; a pickle is never read, because loading one runs the program in it`,
  );
}

/** A hash in the archive proves that the archive is whole. Whoever changes a file can change its hash too. */
function assertHashes(files: ReadonlyMap<string, Buffer>): void {
  const manifest = object(json(files, MANIFEST));
  const hashes = object(manifest.file_hashes ?? manifest.file_integrity);
  for (const [name, data] of files) {
    if (name === MANIFEST) continue;
    const expected = Object.hasOwn(hashes, name) ? hashes[name] : undefined;
    if (typeof expected === 'string' && expected.toLowerCase() === sha256Hex(data)) continue;
    throw new AppError(
      'artifact_integrity',
      `${name} is not the file of the package's manifest: its SHA-256 is ${sha256Hex(data)}, the manifest says ${shortText(expected) ?? 'nothing'}.`,
      { hint: 'Get the package again. Its hashes prove that it is whole, not where it comes from.' },
    );
  }
}

function readSpec(value: unknown): FeatureSpec {
  try {
    return parseFeatureSpec(value);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new AppError(error.code, error.message, {
      cause: error,
      hint: 'The package was changed or damaged after it was made; get it again.',
    });
  }
}

function json(files: ReadonlyMap<string, Buffer>, name: string): unknown {
  const data = files.get(name);
  if (data === undefined) throw archiveRefused(`it holds no ${name}`);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(data));
  } catch (error) {
    throw archiveRefused(`${name} is not JSON`, error);
  }
}

/** Anything but an object counts as an empty one: facts are optional. */
function object(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function factsOf(
  metadata: Readonly<Record<string, unknown>>,
  manifest: Readonly<Record<string, unknown>>,
): PackageFacts {
  const info = object(metadata.model_info);
  const samples = object(metadata.training_info).training_samples;
  return {
    model_version: shortText(info.version ?? manifest.model_version),
    model_name: shortText(info.model_name),
    created_at: shortText(info.created_at),
    sklearn_version: shortText(info.sklearn_version),
    training_samples: typeof samples === 'number' && Number.isSafeInteger(samples) ? samples : null,
  };
}

function shortText(value: unknown): string | null {
  return typeof value === 'string' ? value.slice(0, 100).replace(/[^\x20-\x7e]/g, '?') : null;
}
