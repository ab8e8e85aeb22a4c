import type { QualityAssessment } from './package-quality.js';
import { dependencies } from './package-layout.js';

export interface PackageManifestInput {
  /** The manifest of the version directory; what it says about the model stays as it is. */
  readonly stored: Readonly<Record<string, unknown>>;
  /** File -> lower-case hex SHA-256 of its bytes in the package; every file but the manifest itself. */
  readonly hashes: Readonly<Record<string, string>>;
  readonly quality: {
    readonly quality_assessment: QualityAssessment;
    readonly quality_assessment_note: string;
  };
  readonly sklearnVersion: string;
}

/**
 * deployment_manifest.json of a package (interop page, 7.5). `file_hashes` is what the consumer's loader verifies,
 * `file_integrity` what its scripts read: same content. metadata.json is among them, although the importer extends that
 * file: the packaged validate_model.py knows.
 */
export function packageManifest(input: PackageManifestInput): Record<string, unknown> {
  return {
    ...input.stored,
    dependencies: dependencies(input.sklearnVersion),
    ...input.quality,
    file_hashes: input.hashes,
    file_integrity: input.hashes,
    deployment_ready: true,
  };
}
