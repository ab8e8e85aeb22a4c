import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The directory of package.json: found upwards from this file, from `src` as from `dist/src`. */
export const PACKAGE_ROOT = findPackageRoot(dirname(fileURLToPath(import.meta.url)));

export const APP_VERSION = readVersion();

/** The commit this program was built from, as the build wrote it down; null when it was not built from a checkout. */
export const BUILD_COMMIT = readCommit();

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

function readCommit(): string | null {
  // Sources that run without a build (tests) have a build beside them that need not be theirs.
  if (!fileURLToPath(import.meta.url).startsWith(join(PACKAGE_ROOT, 'dist'))) return null;
  try {
    return readFileSync(join(PACKAGE_ROOT, 'dist', 'commit'), 'utf8').trim();
  } catch {
    return null;
  }
}
