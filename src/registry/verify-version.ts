import { AppError } from '../shared/errors.js';
import type { ArtifactStore } from './artifact-store.js';
import type { GoldenSample } from './core/golden-sample.js';
import { VERSION_FILES } from './core/version-files.js';
import { loadModel, type LoadedModel } from './loaded-model.js';

export interface VerifyCheck {
  readonly name: 'hashes' | 'load' | 'golden';
  readonly passed: boolean;
  readonly message: string;
}

export interface VerifyResult {
  readonly version: string;
  readonly passed: boolean;
  readonly checks: readonly VerifyCheck[];
}

/** Largest difference to a golden score that another machine's log and pow may cause. */
const SCORE_TOLERANCE = 1e-12;

/** Files as registered, model loads, golden rows get the golden answers. Never throws: the result says what failed. */
export function verifyVersion(
  store: ArtifactStore,
  version: string,
  artifacts: Readonly<Record<string, string>>,
): VerifyResult {
  const checks = [
    check('hashes', () => checkHashes(store, version, artifacts)),
    check('load', () => {
      loadModel(store, version);
      return 'The model loads.';
    }),
    check('golden', () => checkGolden(store, version)),
  ];
  return { version, passed: checks.every(({ passed }) => passed), checks };
}

function check(name: VerifyCheck['name'], body: () => string): VerifyCheck {
  try {
    return { name, passed: true, message: body() };
  } catch (error) {
    return { name, passed: false, message: error instanceof Error ? error.message : String(error) };
  }
}

function checkHashes(
  store: ArtifactStore,
  version: string,
  artifacts: Readonly<Record<string, string>>,
): string {
  const entries = Object.entries(artifacts);
  for (const [file, expected] of entries) {
    const actual = store.hash(version, file);
    if (actual === null) throw new AppError('artifact_integrity', `${file} of model ${version} is missing.`);
    if (actual !== expected) {
      throw new AppError(
        'artifact_integrity',
        `${file} of model ${version} was changed: SHA-256 ${actual}, registered ${expected}.`,
      );
    }
  }
  return `All ${entries.length} files have the registered SHA-256.`;
}

function checkGolden(store: ArtifactStore, version: string): string {
  const model = loadModel(store, version);
  const golden = store.readJson(version, VERSION_FILES.golden) as GoldenSample;
  const rows = golden.X.length;
  if (golden.feature_names.join() !== model.featureNames.join()) {
    throw new AppError(
      'artifact_integrity',
      `${VERSION_FILES.golden} of model ${version} lists other features than its feature spec.`,
    );
  }
  const { X, labels } = golden;
  compare(version, 'Golden row', {
    scores: model.scoreForest(Float64Array.from(X.flat()), rows),
    expected: golden.score_samples,
    offset: model.forestOffset,
    labels,
  });
  return (
    checkDetector(version, model, golden) ?? `All ${rows} golden rows get their recorded scores and labels.`
  );
}

/** undefined: the model is the forest. */
function checkDetector(version: string, model: LoadedModel, golden: GoldenSample): string | undefined {
  if (model.detector === null) return undefined;
  const own = golden.detector;
  if (own === undefined) {
    throw new AppError(
      'artifact_integrity',
      `${VERSION_FILES.golden} of model ${version} has no rows of its detector.`,
    );
  }
  const { X, devices, scores: expected, labels } = own;
  compare(version, `Golden row of the detector`, {
    scores: model.scoreRaw(Float64Array.from(X.flat()), X.length, Int32Array.from(devices)),
    expected: expected.map((score) => -score),
    offset: model.offset,
    labels,
  });
  return `All ${golden.X.length} golden rows of the forest and ${X.length} of the detector get their recorded scores and labels.`;
}

interface Comparison {
  readonly scores: Float64Array;
  readonly expected: readonly number[];
  readonly offset: number;
  readonly labels: readonly number[];
}

function compare(version: string, what: string, { scores, expected, offset, labels }: Comparison): void {
  for (let row = 0; row < scores.length; row++) {
    const label = scores[row] - offset < 0 ? -1 : 1;
    if (Math.abs(scores[row] - expected[row]) <= SCORE_TOLERANCE && label === labels[row]) continue;
    throw new AppError(
      'artifact_integrity',
      `${what} ${row} of model ${version} scores ${scores[row]} (label ${label}), expected ${expected[row]} (label ${labels[row]}).`,
    );
  }
}
