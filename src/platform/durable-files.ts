import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
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
