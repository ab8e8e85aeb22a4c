import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  renameDurably,
  syncDirectory,
  writeFailure,
  writeFileDurably,
} from '../../platform/durable-files.js';
import { AppError } from '../../shared/errors.js';
import type { DeploymentStore } from './deployment-store.js';
import { linkTarget, linkText } from './relative-link.js';

/** A directory of this machine (or of a mounted volume). */
export class DirectoryStore implements DeploymentStore {
  private readonly touched = new Set<string>();

  constructor(readonly location: string) {}

  putFile(path: string, data: Uint8Array): Promise<void> {
    return this.change(path, (target, temporary) => {
      if (sameBytes(target, data)) return;
      writeFileDurably(temporary, data);
      renameDurably(temporary, target);
    });
  }

  putLink(path: string, target: string): Promise<void> {
    const text = linkText(path, target);
    return this.change(path, (link, temporary) => {
      if (currentLink(link) === text) return;
      symlinkSync(text, temporary);
      renameSync(temporary, link);
    });
  }

  readFile(path: string): Promise<Uint8Array | null> {
    return Promise.resolve(readOrNull(join(this.location, path)));
  }

  readLink(path: string): Promise<string | null> {
    const text = currentLink(join(this.location, path));
    return Promise.resolve(text === null ? null : linkTarget(path, text));
  }

  flush(): Promise<void> {
    for (const directory of this.touched) syncDirectory(directory);
    this.touched.clear();
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** The temporary name is in the directory of the final one: a rename within it is atomic, a link's text stays right. */
  private change(path: string, body: (target: string, temporary: string) => void): Promise<void> {
    const target = join(this.location, path);
    const temporary = join(dirname(target), `.tmp-${randomUUID()}`);
    try {
      mkdirSync(dirname(target), { recursive: true });
      body(target, temporary);
      this.touched.add(dirname(target));
      return Promise.resolve();
    } catch (error) {
      discard(temporary);
      return Promise.reject(error instanceof AppError ? error : writeFailure(target, error));
    }
  }
}

/** After a failed write; what goes wrong here (`force` does not cover ENOTDIR) must not hide the failure itself. */
function discard(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // there was nothing to remove
  }
}

function readOrNull(path: string): Uint8Array | null {
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
}

function sameBytes(path: string, data: Uint8Array): boolean {
  const present = readOrNull(path);
  return present !== null && Buffer.compare(present, data) === 0;
}

function currentLink(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}
