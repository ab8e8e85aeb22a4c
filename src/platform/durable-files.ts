import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '../shared/errors.js';

function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}

/** Names the path and the reason of a failed write; a full disk has its own code. */
export function writeFailure(path: string, error: unknown): AppError {
  if (isDiskFull(error)) {
    return new AppError('disk_full', `There is no space left to write ${path}.`, {
      cause: error,
      hint: 'Free some space on that disk and run the command again; nothing was registered.',
    });
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new AppError('unavailable', `${path} cannot be written: ${reason}.`, { cause: error });
}

/** Writes a file and forces it to the disk before returning. */
export function writeFileDurably(path: string, data: Uint8Array | string): void {
  const bytes = typeof data === 'string' ? Buffer.from(data, 'utf8') : data;
  try {
    const fd = openSync(path, 'w', 0o644);
    try {
      let written = 0;
      while (written < bytes.byteLength) written += writeSync(fd, bytes, written);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw writeFailure(path, error);
  }
}

/** Makes names created, renamed or removed in a directory survive a power loss. */
export function syncDirectory(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** rename(2) and its directory entry, durably. Both paths are in the same file system. */
export function renameDurably(from: string, to: string): void {
  renameSync(from, to);
  syncDirectory(dirname(to));
}

/**
 * {@link writeFileDurably} for a process that answers requests meanwhile: a disk that is written to by many takes a
 * good part of a second to force a file out.
 */
export async function writeFileInBackground(path: string, data: Uint8Array | string): Promise<void> {
  try {
    const file = await open(path, 'w', 0o644);
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw writeFailure(path, error);
  }
}

/** {@link syncDirectory} beside other work. */
export async function syncDirectoryInBackground(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** {@link renameDurably} beside other work. */
export async function renameInBackground(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncDirectoryInBackground(dirname(to));
}
