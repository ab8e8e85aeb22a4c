import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../../shared/errors.js';
import { isAlive, startMark } from './process-info.js';

const POLL_MS = 50;
/** A lock file younger than this may still be waiting for its content. */
const UNWRITTEN_MS = 5_000;
/** The owner's process is invisible from another container, so there only age can tell. */
const OTHER_HOST_MS = 180_000;

interface LockOwner {
  readonly pid: number;
  readonly start: string;
  readonly host: string;
}

/**
 * Runs `work` while holding `<dataDir>/postgres.lock`: starting, adopting and stopping the shared server never overlap.
 *
 * Node has no file locks, so the lock is a file created with O_EXCL that names its owner. A lock whose owner is dead
 * (or whose process id now belongs to another process) is taken over; a second such file makes sure that only one
 * process takes it over.
 */
export async function withStartLock<T>(
  dataDir: string,
  timeoutMs: number,
  work: () => Promise<T>,
): Promise<T> {
  const file = join(dataDir, 'postgres.lock');
  await acquire(file, timeoutMs);
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function acquire(file: string, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await create(file))) {
    if (await isStale(file)) await removeStale(file);
    else if (performance.now() > deadline) {
      const owner = await readOwner(file);
      throw new AppError('unavailable', `Process ${owner?.pid ?? 'unknown'} holds ${file} for too long.`, {
        hint: 'Wait for that process, or end it if it hangs; the lock of a dead process is taken over by itself.',
      });
    } else await sleep(POLL_MS);
  }
}

async function create(file: string): Promise<boolean> {
  const owner: LockOwner = { pid: process.pid, start: startMark(process.pid), host: hostname() };
  try {
    await writeFile(file, JSON.stringify(owner), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function readOwner(file: string): Promise<LockOwner | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as LockOwner;
  } catch {
    return undefined;
  }
}

async function isStale(file: string): Promise<boolean> {
  const ageMs = await stat(file).then(
    (entry) => Date.now() - entry.mtimeMs,
    () => 0,
  );
  const owner = await readOwner(file);
  if (owner === undefined) return ageMs > UNWRITTEN_MS;
  if (owner.host !== hostname()) return ageMs > OTHER_HOST_MS;
  return !isAlive(owner.pid) || startMark(owner.pid) !== owner.start;
}

/** Looks again under a second lock: between our look and our removal another process may have taken the lock. */
async function removeStale(file: string): Promise<void> {
  const guard = `${file}.takeover`;
  if (await create(guard)) {
    try {
      if (await isStale(file)) await rm(file, { force: true });
    } finally {
      await rm(guard, { force: true });
    }
  } else {
    if (await isStale(guard)) await rm(guard, { force: true });
    await sleep(POLL_MS);
  }
}
