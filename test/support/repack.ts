import { canonicalJson, sha256Hex } from '../../src/shared/digest.js';
import { readArchive } from '../../src/deployment/import/read-archive.js';
import { zipFiles } from '../../src/deployment/package-zip.js';

const ALL = [
  'model.joblib',
  'scaler.joblib',
  'model.onnx',
  'metadata.json',
  'feature_spec.json',
  'feature_state.json',
  'golden.json',
  'deployment_manifest.json',
] as const;

/** The files of a package, to be changed. */
export type PackageFiles = Map<string, Buffer>;

/** What the tests change of a spec. */
export interface ChangeableSpec {
  feature_set: string;
  features: unknown[];
  window: { length_seconds: number; timezone: string };
  preprocessing: { scaler: { mean: number[] } };
  hash?: string;
}

// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller names what it expects
export const jsonOf = <T>(files: PackageFiles, name: string): T =>
  JSON.parse(files.get(name)!.toString()) as T;

export function setJson(files: PackageFiles, name: string, value: unknown): void {
  files.set(name, Buffer.from(JSON.stringify(value)));
}

/** Changes feature_spec.json and its own hash, as somebody would who knows how it is made. */
export function changeSpec(files: PackageFiles, change: (spec: ChangeableSpec) => void): void {
  const spec = jsonOf<ChangeableSpec>(files, 'feature_spec.json');
  delete spec.hash;
  change(spec);
  setJson(files, 'feature_spec.json', { ...spec, hash: sha256Hex(canonicalJson(spec)) });
}

/**
 * A package with changed files.
 *
 * @param honest false: the manifest keeps the old hashes; true: they are computed again, which anybody can
 */
export async function repack(
  archive: Buffer,
  change: (files: PackageFiles) => void,
  honest = true,
): Promise<Buffer> {
  const { files } = await readArchive(archive, new Map(ALL.map((name) => [name, 100 * 1024 * 1024])));
  const changed: PackageFiles = new Map(files);
  change(changed);
  if (honest) {
    const manifest = jsonOf<Record<string, unknown>>(changed, 'deployment_manifest.json');
    const others = [...changed].filter(([name]) => name !== 'deployment_manifest.json');
    manifest.file_hashes = Object.fromEntries(others.map(([name, data]) => [name, sha256Hex(data)]));
    setJson(changed, 'deployment_manifest.json', manifest);
  }
  return zipFiles([...changed]);
}
