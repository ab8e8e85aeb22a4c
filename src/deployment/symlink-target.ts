import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { renameDurably, syncDirectory, writeFailure, writeFileDurably } from '../platform/durable-files.js';
import { AppError } from '../shared/errors.js';
import { symlinkNames, type SymlinkFile, type SymlinkNames } from './core/symlink-layout.js';

export interface DeployFiles {
  readonly modelName: string;
  readonly version: string;
  readonly contents: Readonly<Record<SymlinkFile['role'], Uint8Array>>;
}

/**
 * A directory target with the layout `symlink`. `prepare` copies and proves, `activate` switches; whatever happens
 * before the one rename in `activate` leaves the version that was active untouched.
 */
export class SymlinkTarget {
  constructor(readonly directory: string) {}

  /** The version that readers get now; null = none was activated yet. */
  activeVersion(modelName: string): string | null {
    const { active } = symlinkNames(modelName, '');
    try {
      return basename(readlinkSync(join(this.directory, active)));
    } catch {
      return null;
    }
  }

  /** Copies the files and the release links, then reads them back and compares. Idempotent. */
  prepare(files: DeployFiles): void {
    const names = symlinkNames(files.modelName, files.version);
    try {
      mkdirSync(join(this.directory, names.release), { recursive: true });
    } catch (error) {
      throw writeFailure(this.directory, error);
    }
    for (const file of names.files) {
      this.putFile(file.versioned, files.contents[file.role]);
      this.putLink(join(names.release, file.inRelease), file.versioned);
    }
    syncDirectory(join(this.directory, names.release));
    syncDirectory(this.directory);
    this.proveWritten(names, files);
  }

  /** Makes the prepared version the one readers get. */
  activate(modelName: string, version: string): void {
    const names = symlinkNames(modelName, version);
    for (const file of names.files) this.putLink(file.activeLink, join(names.active, file.inRelease));
    this.putLink(names.active, names.release);
    syncDirectory(this.directory);
  }

  private putFile(name: string, data: Uint8Array): void {
    const path = join(this.directory, name);
    if (existsSync(path) && digest(readFileSync(path)) === digest(data)) return;
    const temporary = join(this.directory, `.tmp-${randomUUID()}`);
    try {
      writeFileDurably(temporary, data);
      renameDurably(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error instanceof AppError ? error : writeFailure(path, error);
    }
  }

  /** Creates or atomically replaces the link `name`, whose target is given relative to the target directory. */
  private putLink(name: string, target: string): void {
    const path = join(this.directory, name);
    const value = relative(dirname(path), join(this.directory, target));
    if (currentLink(path) === value) return;
    const temporary = join(this.directory, `.tmp-${randomUUID()}`);
    try {
      // The temporary link has its final text already: it is relative to where it will be after the rename.
      symlinkSync(value, temporary);
      renameSync(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw writeFailure(path, error);
    }
  }

  private proveWritten(names: SymlinkNames, files: DeployFiles): void {
    for (const file of names.files) {
      const path = join(this.directory, names.release, file.inRelease);
      const actual = existsSync(path) ? digest(readFileSync(path)) : 'missing';
      if (actual === digest(files.contents[file.role])) continue;
      throw new AppError(
        'artifact_integrity',
        `${path} does not hold what was written to it; nothing was activated.`,
        {
          hint: 'Check the disk of the deployment target and deploy again.',
        },
      );
    }
  }
}

function currentLink(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

function digest(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
