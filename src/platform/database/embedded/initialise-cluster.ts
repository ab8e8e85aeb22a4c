import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { chown, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../../shared/errors.js';
import { SERVER_ENVIRONMENT } from './account.js';
import { makeOwned, type ClusterLocation } from './cluster-location.js';
import { ROLE } from './connection-file.js';
import type { NativeBinaries } from './native-binaries.js';

/** The password's second home: with it, a lost `postgres.json` can be written again. PostgreSQL ignores the file. */
const PASSWORD_FILE = 'mcp-training.password';
const INITDB_TIMEOUT_MS = 120_000;

export const clusterExists = (dir: string): boolean => existsSync(join(dir, 'PG_VERSION'));

/** @throws AppError `unavailable` when the cluster has no readable password */
export function readPassword(dir: string): string {
  try {
    return readFileSync(join(dir, PASSWORD_FILE), 'utf8').trim();
  } catch (error) {
    throw new AppError('unavailable', `The password of the embedded database in ${dir} cannot be read.`, {
      cause: error,
      hint: 'Run as the user who created it, or restore the data directory from a backup.',
    });
  }
}

/**
 * Makes an empty cluster with a random password. It appears complete or not at all: initdb works under a temporary
 * name, which a kill may leave behind and the next start removes.
 */
export async function initialiseCluster(location: ClusterLocation, binaries: NativeBinaries): Promise<void> {
  const { dir, account } = location;
  await refuseForeign(dir);
  await removeLeftovers(dir);
  const temporary = `${dir}.tmp-${process.pid}`;
  const passwordFile = `${temporary}.password`;
  await makeOwned(temporary, account);
  try {
    await writeFile(passwordFile, `${randomBytes(24).toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
    if (account !== undefined) await chown(passwordFile, account.uid, account.gid);
    await runInitdb(binaries.initdb, temporary, passwordFile, location);
    await rename(passwordFile, join(temporary, PASSWORD_FILE));
    await rename(temporary, dir);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/** Whatever is in there, it is not ours to delete. An empty directory is fine: a rename replaces it. */
async function refuseForeign(dir: string): Promise<void> {
  if (!existsSync(dir) || (await readdir(dir)).length === 0) return;
  throw new AppError('unavailable', `${dir} is not empty and is not a PostgreSQL cluster.`, {
    hint: 'Move it away, or restore the data directory from a backup.',
  });
}

async function removeLeftovers(dir: string): Promise<void> {
  const siblings = await readdir(dirname(dir)).catch(() => []);
  for (const name of siblings) {
    if (name.startsWith(`${basename(dir)}.tmp-`))
      await rm(join(dirname(dir), name), { recursive: true, force: true });
  }
}

/**
 * Files are synced to disk (initdb's default): without it, a power cut in the first half minute would leave a cluster
 * that never starts again. The builtin locale makes the cluster independent of what the host has installed.
 */
async function runInitdb(
  initdb: string,
  dir: string,
  passwordFile: string,
  { account }: ClusterLocation,
): Promise<void> {
  const options = [
    ...['-D', dir, '-U', ROLE, '--auth=scram-sha-256', `--pwfile=${passwordFile}`, '--encoding=UTF8'],
    ...['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-instructions'],
  ];
  const child = spawn(initdb, options, {
    ...account,
    cwd: '/',
    env: SERVER_ENVIRONMENT,
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: INITDB_TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (status === 0) return;
  throw new AppError(
    'unavailable',
    `The embedded database could not be created in ${dir}: ${output.trim()}`,
    {
      hint: 'Check the space and the permissions of TRAINING_DATA_DIR, or set DATABASE_URL.',
    },
  );
}
