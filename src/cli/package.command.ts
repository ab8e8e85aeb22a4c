import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { PackageService, type BuiltPackage } from '../deployment/package.service.js';
import { renameDurably, writeFailure, writeFileDurably } from '../platform/durable-files.js';
import { ModelRegistryService } from '../registry/model-registry.service.js';
import { AppError } from '../shared/errors.js';
import type { GlobalOptions } from './command.js';
import { configuration } from './configuration.js';
import type { Output } from './output.js';
import { withApplication } from './with-application.js';

interface PackageOptions extends GlobalOptions {
  readonly output?: string;
}

/** Packages a version that passed its gate and its verification; a rejected one ends with 4, a changed one with 6. */
export async function run(
  [version]: readonly string[],
  options: PackageOptions,
  output: Output,
): Promise<void> {
  const config = configuration(options, output);
  if (options.output === '-') {
    throw new AppError('usage', 'The archive cannot be written to stdout.', {
      hint: 'Give a file or a directory with -o; the name of the file is part of what the consumer reads.',
    });
  }
  const built = await withApplication(config, options, async ({ context }) => {
    const registry = context.get(ModelRegistryService);
    const model = await registry.assertDeployable(version);
    return context.get(PackageService).build({
      version: model.version,
      modelName: model.modelName,
      artifacts: model.artifacts,
      read: (file) => registry.store.read(model.version, file),
    });
  });
  const path = targetPath(options.output, join(config.paths.dataDir, 'packages'), built.fileName);
  writeCompletely(path, built);
  if (basename(path) !== built.fileName) {
    output.warn(
      `The consumer takes the version from the name of the archive: rename it to ${built.fileName} before the import.`,
    );
  }
  const result = {
    version,
    path,
    bytes: built.bytes.byteLength,
    sha256: built.sha256,
    files: built.files,
  };
  output.result(result, () =>
    [
      `Package of model ${version}: ${path}`,
      `${result.bytes} bytes, ${built.files.length} files, SHA-256 ${result.sha256}`,
    ].join('\n'),
  );
}

/** The given file, or the default name in the given or the default directory. */
function targetPath(given: string | undefined, defaultDirectory: string, fileName: string): string {
  if (given === undefined) {
    try {
      mkdirSync(defaultDirectory, { recursive: true });
    } catch (error) {
      throw writeFailure(defaultDirectory, error);
    }
    return join(defaultDirectory, fileName);
  }
  const path = resolve(given);
  if (isDirectory(path)) return join(path, fileName);
  if (isDirectory(dirname(path))) return path;
  throw new AppError('usage', `${path} cannot be written: ${dirname(path)} is not a directory.`, {
    hint: 'Create it first, or give another file with -o.',
  });
}

const isDirectory = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** The archive appears complete or not at all, and replaces an older one in one step. */
function writeCompletely(path: string, { bytes }: BuiltPackage): void {
  const staging = join(dirname(path), `.tmp-${randomUUID()}`);
  try {
    writeFileDurably(staging, bytes);
    renameDurably(staging, path);
  } catch (error) {
    rmSync(staging, { force: true });
    throw error instanceof AppError ? error : writeFailure(path, error);
  }
}
