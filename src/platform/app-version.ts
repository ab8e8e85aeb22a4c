import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The directory of package.json: found upwards from this file, from `src` as from `dist/src`. */
export const PACKAGE_ROOT = findPackageRoot(dirname(fileURLToPath(import.meta.url)));

export const APP_VERSION = readVersion();

function findPackageRoot(from: string): string {
  for (let directory = from; ; directory = dirname(directory)) {
    try {
      readFileSync(join(directory, 'package.json'));
      return directory;
    } catch {
      if (dirname(directory) === directory) return from;
    }
  }
}

function readVersion(): string {
  const { version } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}
