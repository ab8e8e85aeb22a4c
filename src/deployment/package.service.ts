import { readFileSync } from 'node:fs';
import { Injectable } from '@nestjs/common';
import { parseFeatureSpec, preprocessingFromSpec } from '../features/core/feature-spec.js';
import type { GoldenSample } from '../registry/core/golden-sample.js';
import { jsonFile } from '../registry/core/version-files.js';
import { sha256Hex } from '../shared/digest.js';
import { AppError } from '../shared/errors.js';
import { decodeForest } from '../training/core/forest/codec.js';
import {
  assertPackageSize,
  COPIED_FILES,
  DETECTOR_SCRIPT,
  EXTRACTOR_SCRIPTS,
  MANIFEST_FILE,
  OPTIONAL_FILES,
  packageFileName,
  README_FILE,
  REQUIREMENTS_FILE,
  requirements,
  RULES_FILE,
  SCRIPTS,
} from './core/package-layout.js';
import { packageManifest } from './core/package-manifest.js';
import { assessQuality } from './core/package-quality.js';
import { packageReadme, type PackagedMetadata } from './core/package-readme.js';
import { EXTRACTED_SETS, extractorRules } from './core/package-rules.js';
import { zipFiles } from './package-zip.js';

/** A version that may leave the house: the caller has checked that its gate passed. */
export interface PackageSource {
  readonly version: string;
  readonly modelName: string;
  /** Registered files: name -> lower-case hex SHA-256. What `read` gives is checked against it. */
  readonly artifacts: Readonly<Record<string, string>>;
  readonly read: (file: string) => Uint8Array;
}

export interface BuiltPackage {
  /** `model_<version>_deployment.zip`. */
  readonly fileName: string;
  readonly bytes: Buffer;
  readonly sha256: string;
  /** In the order of the archive. */
  readonly files: readonly string[];
}

/** What report.json must hold for a package. */
interface StoredReport {
  readonly validation?: {
    readonly stats?: {
      readonly log_count?: number;
      readonly valid_logs?: number;
      /** Of a feature table, in which every row is valid or the training fails. */
      readonly row_count?: number;
    };
  };
}

/**
 * Builds `model_<version>_deployment.zip`: the version's files, a manifest of their hashes, and Python programs that
 * check and use the model without this service. Deterministic: one version, one archive.
 */
@Injectable()
export class PackageService {
  /**
   * @throws AppError `artifact_integrity` when a file is missing or is not the registered one, `payload_too_large` when
   * the consumer would refuse the archive
   */
  async build(source: PackageSource): Promise<BuiltPackage> {
    const json = (file: string): unknown => JSON.parse(new TextDecoder().decode(verified(source, file)));
    const metadata = json('metadata.json') as PackagedMetadata;
    assertSameVersion(source, metadata);
    const files = this.contents(source, metadata);
    const hashes = Object.fromEntries(files.map(([name, data]) => [name, sha256Hex(data)]));
    const report = json('report.json') as StoredReport;
    const spec = parseFeatureSpec(json('feature_spec.json'));
    const quality = assessQuality({
      evaluation: metadata.evaluation_info,
      golden: json('golden.json') as GoldenSample,
      preprocessing: preprocessingFromSpec(spec),
      // A copy of its own: views into the file's bytes need alignment.
      forest: decodeForest(new Uint8Array(verified(source, 'forest.bin')).buffer),
      lines: inputOf(report),
    });
    const manifest = packageManifest({
      stored: json(MANIFEST_FILE) as Record<string, unknown>,
      hashes,
      quality,
      sklearnVersion: metadata.model_info.sklearn_version,
    });
    files.push([MANIFEST_FILE, utf8(jsonFile(manifest))]);
    const bytes = await zipFiles(files);
    assertPackageSize(source.version, bytes.byteLength);
    return {
      fileName: packageFileName(source.version),
      bytes,
      sha256: sha256Hex(bytes),
      files: files.map(([name]) => name),
    };
  }

  /** Everything but the manifest, in the order of the archive. */
  private contents(source: PackageSource, metadata: PackagedMetadata): [string, Uint8Array][] {
    const files: [string, Uint8Array][] = [];
    for (const file of COPIED_FILES) {
      if (OPTIONAL_FILES.has(file) && !Object.hasOwn(source.artifacts, file)) continue;
      files.push([file, verified(source, file)]);
    }
    for (const script of SCRIPTS) files.push([script, asset(script)]);
    if (metadata.training_info.detector?.onnx === true) files.push([DETECTOR_SCRIPT, asset(DETECTOR_SCRIPT)]);
    if (EXTRACTED_SETS.includes(metadata.training_info.feature_set)) {
      for (const script of EXTRACTOR_SCRIPTS) files.push([script, asset(script)]);
      files.push([RULES_FILE, utf8(jsonFile(extractorRules()))]);
    }
    files.push([REQUIREMENTS_FILE, utf8(requirements(metadata.model_info.sklearn_version))]);
    const names = [...files.map(([name]) => name), README_FILE, MANIFEST_FILE];
    files.push([README_FILE, utf8(packageReadme(metadata, names))]);
    return files;
  }
}

function inputOf({ validation }: StoredReport): Parameters<typeof assessQuality>[0]['lines'] {
  const { log_count: total = 0, valid_logs: valid = 0, row_count: rows } = validation?.stats ?? {};
  return rows === undefined ? { total, valid } : { total: rows, valid: rows, unit: 'rows' };
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A Python file that ships with this service. */
function asset(name: string): Uint8Array {
  return readFileSync(new URL(`./package-assets/${name}`, import.meta.url));
}

/** The file exactly as it was registered: it may have changed since the caller's verification. */
function verified({ version, artifacts, read }: PackageSource, file: string): Uint8Array {
  if (!Object.hasOwn(artifacts, file)) {
    throw new AppError('artifact_integrity', `Model ${version} has no ${file}, so it cannot be packaged.`, {
      hint: 'It was written by an older release; train again.',
    });
  }
  const data = read(file);
  const actual = sha256Hex(data);
  if (actual === artifacts[file]) return data;
  throw new AppError(
    'artifact_integrity',
    `${file} of model ${version} was changed: SHA-256 ${actual}, registered ${artifacts[file]}.`,
    { hint: 'Restore the version directory from a backup, or train again.' },
  );
}

function assertSameVersion({ version }: PackageSource, { model_info: info }: PackagedMetadata): void {
  if (info.version === version) return;
  throw new AppError(
    'artifact_integrity',
    `metadata.json of model ${version} says version ${info.version}; the consumer needs one name for both.`,
  );
}
