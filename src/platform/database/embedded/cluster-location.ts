import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { chmod, chown, cp, lstat, mkdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { AppError } from '../../../shared/errors.js';
import { UNPRIVILEGED, canTraverse, runsAsRoot, serverAccount, type Account } from './account.js';
import { readConnectionFile } from './connection-file.js';
import { chownTree } from './native-binaries.js';

export interface ClusterLocation {
  /** Absolute path of the cluster, which may not exist yet. */
  readonly dir: string;
  /** Who runs the server; undefined means the user of this process. */
  readonly account: Account | undefined;
}

const isCluster = (dir: string): boolean => existsSync(join(dir, 'PG_VERSION'));

/**
 * Decides where the cluster of a data directory is, or will be. An existing cluster always wins: the one inside the
 * data directory, else the one `postgres.json` points to. A new one is made inside, unless the server's account cannot
 * get there.
 * @param dataDir absolute path without symbolic links
 */
export async function locateCluster(dataDir: string): Promise<ClusterLocation> {
  const inside = join(dataDir, 'postgres');
  const pointed = readConnectionFile(dataDir)?.dir;
  if (!isCluster(inside) && pointed !== undefined && isCluster(pointed)) return claim(pointed);
  if (!runsAsRoot() || canTraverse(dataDir, accountOf(inside))) return claim(inside);
  const outside = join(
    await outsideParent(),
    createHash('sha256').update(dataDir).digest('hex').slice(0, 16),
  );
  // The cluster was made when its path was still open to the account: it moves, its rows are not left behind.
  if (isCluster(inside) && !isCluster(outside)) await move(inside, outside);
  return claim(outside);
}

function accountOf(dir: string): Account {
  return serverAccount(isCluster(dir) ? statSync(dir) : undefined) ?? UNPRIVILEGED;
}

/** What an existing cluster needs before a start: an owner other than root, and the mode PostgreSQL insists on. */
async function claim(dir: string): Promise<ClusterLocation> {
  if (!isCluster(dir)) return { dir, account: serverAccount(undefined) };
  const entry = statSync(dir);
  const account = serverAccount(entry);
  // A copy or a restore made by root belongs to root.
  if (account !== undefined && entry.uid !== account.uid) await chownTree(dir, account);
  if ((entry.mode & 0o077) !== 0 && (account !== undefined || entry.uid === process.getuid?.()))
    await chmod(dir, 0o700);
  return { dir, account };
}

async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    await cp(from, to, { recursive: true, preserveTimestamps: true });
    await chownTree(to, UNPRIVILEGED);
    await rm(from, { recursive: true });
  }
}

/** `/var/lib/mcp-training`, or the same below the temporary directory where that cannot be written. */
async function outsideParent(): Promise<string> {
  let cause: unknown;
  for (const base of ['/var/lib', tmpdir()]) {
    const parent = join(base, 'mcp-training');
    try {
      await mkdir(parent, { recursive: true, mode: 0o755 });
      // In a directory everybody may write to, somebody else may have been there first.
      const entry = await lstat(parent);
      if (!entry.isDirectory() || entry.uid !== 0 || (entry.mode & 0o022) !== 0) {
        throw new Error(`${parent} is not a directory that only root can write to`);
      }
      await chmod(parent, 0o755);
      if (canTraverse(parent, UNPRIVILEGED)) return parent;
      cause = new Error(`uid ${UNPRIVILEGED.uid} cannot enter ${parent}`);
    } catch (error) {
      cause = error;
    }
  }
  throw new AppError('unavailable', `There is no place for the embedded database: ${String(cause)}`, {
    cause,
    hint: 'Choose a TRAINING_DATA_DIR that uid 65534 can reach, or set DATABASE_URL.',
  });
}

/** Makes an empty directory owned by the account, and its parents. */
export async function makeOwned(dir: string, account: Account | undefined): Promise<void> {
  await mkdir(dirname(dir), { recursive: true });
  await mkdir(dir, { mode: 0o700 });
  if (account !== undefined) await chown(dir, account.uid, account.gid);
}
