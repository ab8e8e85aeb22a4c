import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { TrainingServiceConfig } from './schema/training-service-config.js';

/** Absolute directories; relative settings start at the package root, whatever the working directory is. */
export interface ConfigPaths {
  readonly packageRoot: string;
  readonly dataDir: string;
  readonly modelsDir: string;
  readonly exportsDir: string;
  readonly logsDir: string;
  /** Directory of the target `default` (`<dataDir>/deployed` unless set). */
  readonly deployedDir: string;
  /** null = standard output only. */
  readonly logFile: string | null;
}

export function resolvePaths(values: TrainingServiceConfig, packageRoot: string): ConfigPaths {
  const root = resolve(packageRoot);
  const { storage, logging } = values;
  const dataDir = resolve(root, storage.data_dir);
  const logsDir = resolve(root, storage.logs_dir);
  return {
    packageRoot: root,
    dataDir,
    modelsDir: resolve(root, storage.directory),
    exportsDir: resolve(root, storage.exports_dir),
    logsDir,
    deployedDir: targetDirectory(values, 'default', dataDir) ?? resolve(dataDir, 'deployed'),
    logFile: logging.file === null ? null : resolve(logsDir, logging.file.replace(/^logs\//, '')),
  };
}

/** Absolute directory of a target of the type `directory`; undefined for an unknown name or another type. */
export function targetDirectory(
  values: TrainingServiceConfig,
  name: string,
  dataDir: string,
): string | undefined {
  if (!Object.hasOwn(values.deployment.targets, name)) return undefined;
  const target = values.deployment.targets[name];
  return target.type === 'directory' ? resolve(dataDir, target.directory) : undefined;
}

/** `path` is `directory` or below it. */
export function isWithin(path: string, directory: string): boolean {
  const way = relative(directory, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/** A file as messages name it: relative to the package root or the working directory where it lies below one. */
export function displayPath(path: string, packageRoot: string, cwd: string): string {
  for (const base of [packageRoot, cwd]) {
    if (path !== base && isWithin(path, base)) return relative(base, path);
  }
  return path;
}
