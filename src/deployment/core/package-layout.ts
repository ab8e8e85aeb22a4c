import { AppError } from '../../shared/errors.js';

/** The largest upload the consumer takes. */
export const MAX_PACKAGE_BYTES = 100 * 1024 * 1024;

/** Files of a version that go into its package under their own name, in the order they are written. */
export const COPIED_FILES = [
  'model.joblib',
  'scaler.joblib',
  'model.onnx',
  'metadata.json',
  'feature_spec.json',
  'feature_state.json',
  'golden.json',
] as const;

/** Not every version has them; without one of the others there is no package. */
export const OPTIONAL_FILES: ReadonlySet<string> = new Set(['model.onnx', 'feature_state.json']);

/** Python programs of every package. */
export const SCRIPTS = ['validate_model.py', 'inference_example.py'] as const;

/** Python program of the packages whose `model.onnx` is a detector that the pickle cannot express. */
export const DETECTOR_SCRIPT = 'score_with_onnx.py';

/** Python programs that compute the features of the sets in `EXTRACTED_SETS`. */
export const EXTRACTOR_SCRIPTS = ['wifi_features.py', 'wifi_context.py', 'wifi_events.py'] as const;

export const MANIFEST_FILE = 'deployment_manifest.json';
export const REQUIREMENTS_FILE = 'requirements.txt';
export const README_FILE = 'README.md';
export const RULES_FILE = 'wifi_rules.json';

/**
 * The consumer registers a package under the version in its file name but lists it under the one in metadata.json, so
 * the two must be the same (interop page, 7.2).
 */
export function packageFileName(version: string): string {
  return `model_${version}_deployment.zip`;
}

/**
 * requirements.txt. The consumer's report reads the framework version from the line of scikit-learn with a regular
 * expression, so that line has one plain number behind `>=`.
 *
 * @param sklearnVersion version the pickles were written for; the tree nodes changed in 1.3
 */
export function requirements(sklearnVersion: string): string {
  return dependencies(sklearnVersion)
    .map((line) => `${line}\n`)
    .join('');
}

export function dependencies(sklearnVersion: string): string[] {
  const [major, minor] = sklearnVersion.split('.').map(Number);
  const sklearn =
    major > 1 || minor >= 3 ? 'scikit-learn>=1.3.0' : `scikit-learn>=${major}.${minor}.0,<1.3.0`;
  return [sklearn, 'numpy>=1.21.0', 'joblib>=1.2.0'];
}

/** @throws AppError `payload_too_large` for a package the consumer would refuse */
export function assertPackageSize(version: string, bytes: number): void {
  if (bytes <= MAX_PACKAGE_BYTES) return;
  throw new AppError(
    'payload_too_large',
    `The package of model ${version} has ${bytes} bytes, the consumer takes at most ${MAX_PACKAGE_BYTES}.`,
    { hint: 'Train with fewer trees (model.n_estimators) or smaller samples (model.max_samples).' },
  );
}
