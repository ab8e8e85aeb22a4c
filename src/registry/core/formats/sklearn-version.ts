import { AppError } from '../../../shared/errors.js';

/** What differs between scikit-learn versions in a pickled Isolation Forest. */
export interface SklearnLayout {
  /** Written as `_sklearn_version`; a reader of another version warns, nothing more. */
  readonly version: string;
  /** Bytes of a tree node: 64 since 1.3 (which added `missing_go_to_left`), 56 before. */
  readonly nodeBytes: 56 | 64;
  /** Name under which the ensemble keeps its template tree. */
  readonly templateAttribute: 'base_estimator_' | '_estimator' | 'estimator_';
}

/**
 * The layout that scikit-learn `version` reads. A file in the 64-byte layout loads in 1.3 and every later version, one in
 * the 56-byte layout in 1.0 to 1.2.
 *
 * @param version as in `sklearn.__version__`, for example `1.3.0`, `1.5.dev0`.
 * @throws AppError `config_invalid` for something else, and for versions before 1.0.
 */
export function sklearnLayout(version: string): SklearnLayout {
  const match = /^(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?(?:\.?[a-z][a-z0-9.+]{0,40})?$/.exec(version);
  const major = Number(match?.[1]);
  const minor = Number(match?.[2]);
  const patch = Number(match?.[3] ?? 0);
  if (match === null || major < 1) {
    throw new AppError('config_invalid', `sklearn_version is '${version}', expected a version from 1.0 on.`, {
      hint: "Use the version the consumer has installed, for example '1.3.0' (also right for every later one).",
    });
  }
  const since = (wantedMinor: number, wantedPatch: number): boolean =>
    major > 1 || minor > wantedMinor || (minor === wantedMinor && patch >= wantedPatch);
  return {
    version,
    nodeBytes: since(3, 0) ? 64 : 56,
    templateAttribute: since(2, 2) ? 'estimator_' : since(2, 0) ? '_estimator' : 'base_estimator_',
  };
}
