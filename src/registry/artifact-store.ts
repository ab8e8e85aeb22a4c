import { createHash, randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { failPoint } from '../platform/config/fail-point.js';
import {
  renameDurably,
  renameInBackground,
  syncDirectoryInBackground,
  writeFailure,
  writeFileInBackground,
} from '../platform/durable-files.js';
import { hostIdentity, isProcessAlive } from '../platform/process-identity.js';
import { AppError } from '../shared/errors.js';
import { STAGING_PREFIX } from './core/version-files.js';
import { assertVersionName, isVersionName, versionCandidate } from './core/version-name.js';

const OWNER_FILE = '.owner.json';
const CLAIM_PREFIX = `${STAGING_PREFIX}claim-`;
/** Files of a version that was deleted and can be taken back; the registry decides when they go. */
const HIDDEN_PREFIX = `${STAGING_PREFIX}deleted-`;
/** A staging directory of another host is given up after this long without a change. */
const STAGING_GRACE_MS = 24 * 60 * 60 * 1000;

interface StagingOwner {
  readonly host: string;
  readonly pid: number;
}

/**
 * Immutable version directories on disk: complete or absent. A version is written under a temporary name in the same
 * directory, every file and the directory are forced to the disk, then one rename makes it appear.
 */
export class ArtifactStore {
  constructor(readonly directory: string) {}

  /** Reserves the first free name among `name`, `name_2`, ...; `isTaken` tells what the registry already knows. */
  async stage(name: string, isTaken: (version: string) => Promise<boolean>): Promise<StagedVersion> {
    this.ensureDirectory();
    for (let n = 1; ; n++) {
      const version = versionCandidate(name, n);
      const staging = join(this.directory, STAGING_PREFIX + version);
      // The rename is the lock: whoever puts the staging directory there owns the name; only an owner may rename onto it.
      if (!(await this.claim(staging))) continue;
      try {
        if (existsSync(join(this.directory, version)) || (await isTaken(version))) {
          rmSync(staging, { recursive: true, force: true });
          continue;
        }
      } catch (error) {
        rmSync(staging, { recursive: true, force: true });
        throw error;
      }
      return new StagedVersion(version, staging, join(this.directory, version));
    }
  }

  /**
   * Makes a whole version appear from what `fill` writes, in place of what is there under its name. Nothing appears when
   * `fill` throws or answers false, and another process that places the same version at the same moment is no failure.
   */
  async place(
    version: string,
    fill: (write: (file: string, data: Uint8Array) => Promise<void>) => Promise<boolean>,
  ): Promise<void> {
    this.ensureDirectory();
    const staging = join(this.directory, `${STAGING_PREFIX}fetch-${randomUUID()}`);
    await this.claim(staging);
    try {
      const isWanted = await fill((file, data) => writeFileInBackground(join(staging, file), data));
      if (!isWanted) return;
      this.remove(version);
      rmSync(join(staging, OWNER_FILE));
      await renameInBackground(staging, this.path(version));
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : '';
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    } finally {
      rmSync(staging, { recursive: true, force: true });
    }
  }

  path(version: string, file = ''): string {
    assertVersionName(version);
    return join(this.directory, version, file);
  }

  has(version: string): boolean {
    return isVersionName(version) && existsSync(join(this.directory, version));
  }

  /** Its directory has its name and, as far as that directory knows, no row yet. */
  isUnregistered(version: string): boolean {
    return existsSync(this.path(version, OWNER_FILE));
  }

  /** Takes away the note of a version whose process ended between its row and {@link StagedVersion.release}. */
  noteRegistered(version: string): void {
    rmSync(this.path(version, OWNER_FILE), { force: true });
  }

  /** The models directory is there; without it nothing can be said about the versions in it. */
  isPresent(): boolean {
    return existsSync(this.directory);
  }

  /** Versions on disk, whether or not the registry knows them. */
  list(): string[] {
    if (!existsSync(this.directory)) return [];
    return readdirSync(this.directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && isVersionName(entry.name))
      .map((entry) => entry.name)
      .sort();
  }

  read(version: string, file: string): Buffer {
    const path = this.path(version, file);
    try {
      return readFileSync(path);
    } catch (error) {
      throw new AppError('artifact_integrity', `${file} of model ${version} cannot be read.`, {
        cause: error,
        hint: 'Restore the version directory from a backup, or train again.',
      });
    }
  }

  readJson(version: string, file: string): unknown {
    try {
      return JSON.parse(this.read(version, file).toString('utf8'));
    } catch (error) {
      if (error instanceof AppError) throw error;
      throw new AppError('artifact_integrity', `${file} of model ${version} is not valid JSON.`, {
        cause: error,
      });
    }
  }

  /** SHA-256 of one file, read in pieces. null = the file is missing or cannot be read. */
  hash(version: string, file: string): string | null {
    let fd: number;
    try {
      // A link is no file of a version, whatever bytes it leads to.
      fd = openSync(this.path(version, file), constants.O_RDONLY | constants.O_NOFOLLOW);
    } catch {
      return null;
    }
    try {
      const hash = createHash('sha256');
      const buffer = Buffer.allocUnsafe(1 << 20);
      for (let n = readSync(fd, buffer); n > 0; n = readSync(fd, buffer)) hash.update(buffer.subarray(0, n));
      return hash.digest('hex');
    } catch {
      return null;
    } finally {
      closeSync(fd);
    }
  }

  /** Moves a version out of sight first (one rename), then deletes it: a reader never sees half of it. */
  remove(version: string): void {
    const trash = join(this.directory, `${STAGING_PREFIX}trash-${randomUUID()}`);
    try {
      renameDurably(this.path(version), trash);
    } catch (error) {
      // Somebody else has removed it at the same moment.
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
      throw error;
    }
    rmSync(trash, { recursive: true, force: true });
  }

  /** Puts a deleted version where nobody finds it; {@link unhide} brings it back. Already hidden or gone: nothing. */
  hide(version: string): void {
    this.rename(this.path(version), this.hiddenPath(version));
  }

  /** true = they are back where they were by this call. */
  unhide(version: string): boolean {
    return this.rename(this.hiddenPath(version), this.path(version));
  }

  /** Removes the files of a deleted version for good. */
  purge(version: string): void {
    rmSync(this.hiddenPath(version), { recursive: true, force: true });
    if (this.has(version)) this.remove(version);
  }

  /** Deleted versions whose files are still there. */
  listHidden(): string[] {
    if (!existsSync(this.directory)) return [];
    return readdirSync(this.directory)
      .filter((name) => name.startsWith(HIDDEN_PREFIX))
      .map((name) => name.slice(HIDDEN_PREFIX.length))
      .filter(isVersionName)
      .sort();
  }

  private hiddenPath(version: string): string {
    assertVersionName(version);
    return join(this.directory, HIDDEN_PREFIX + version);
  }

  private rename(from: string, to: string): boolean {
    if (!existsSync(from)) return false;
    try {
      renameDurably(from, to);
      return true;
    } catch (error) {
      // Somebody else has moved it at the same moment.
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
      throw writeFailure(to, error);
    }
  }

  /** Deletes staging directories whose owner is gone. Returns their names. */
  removeAbandonedStaging(nowMs: number): string[] {
    if (!existsSync(this.directory)) return [];
    const abandoned = readdirSync(this.directory).filter(
      (name) =>
        name.startsWith(STAGING_PREFIX) &&
        !name.startsWith(HIDDEN_PREFIX) &&
        this.isAbandoned(join(this.directory, name), nowMs),
    );
    for (const name of abandoned) rmSync(join(this.directory, name), { recursive: true, force: true });
    return abandoned;
  }

  private isAbandoned(path: string, nowMs: number): boolean {
    const age = nowMs - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? nowMs);
    try {
      const owner = JSON.parse(readFileSync(join(path, OWNER_FILE), 'utf8')) as StagingOwner;
      if (owner.host === hostIdentity()) return !isProcessAlive(owner.pid);
    } catch {
      // A claim whose maker died before it wrote its name, or a version that was about to appear.
      const maker = Number(new RegExp(`${CLAIM_PREFIX}(\\d+)-`).exec(path)?.[1] ?? 0);
      return age > 60_000 || (maker > 0 && age > 1_000 && !isProcessAlive(maker));
    }
    return age > STAGING_GRACE_MS;
  }

  private ensureDirectory(): void {
    try {
      mkdirSync(this.directory, { recursive: true });
    } catch (error) {
      throw writeFailure(this.directory, error);
    }
  }

  /**
   * Makes `staging` appear with its owner written in it, or not at all: a kill at any moment leaves a directory that
   * says whose it was. false = somebody has it.
   */
  private async claim(staging: string): Promise<boolean> {
    const made = join(this.directory, `${CLAIM_PREFIX}${process.pid}-${randomUUID()}`);
    const owner: StagingOwner = { host: hostIdentity(), pid: process.pid };
    try {
      mkdirSync(made);
      await writeFileInBackground(join(made, OWNER_FILE), JSON.stringify(owner));
      // rename(2) replaces an empty directory only, and a staging directory always holds its owner.
      renameSync(made, staging);
      return true;
    } catch (error) {
      rmSync(made, { recursive: true, force: true });
      const code = error instanceof Error && 'code' in error ? error.code : '';
      if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
      throw error instanceof AppError ? error : writeFailure(staging, error);
    }
  }
}

/** A version that is being written. Exactly one of `commit` and `discard` ends it. */
export class StagedVersion {
  private readonly hashes: Record<string, string> = {};

  constructor(
    readonly version: string,
    private readonly staging: string,
    private readonly target: string,
  ) {}

  async write(file: string, data: Uint8Array | string): Promise<void> {
    await writeFileInBackground(join(this.staging, file), data);
    this.hashes[file] = createHash('sha256').update(data).digest('hex');
  }

  /** File -> SHA-256 of what was written so far. */
  get written(): Readonly<Record<string, string>> {
    return { ...this.hashes };
  }

  /**
   * The directory gets its name. The owner's note stays in it until {@link release}: a directory with a note and without a
   * row is what a crash left, one without either was registered in a database that has been put back since.
   */
  async commit(): Promise<void> {
    failPoint('fsync', 'before');
    await syncDirectoryInBackground(this.staging);
    failPoint('fsync', 'after');
    failPoint('rename', 'before');
    await renameInBackground(this.staging, this.target);
    failPoint('rename', 'after');
  }

  /** Takes the note away: the version has its row. */
  async release(): Promise<void> {
    await rm(join(this.target, OWNER_FILE), { force: true });
    await syncDirectoryInBackground(this.target);
  }

  discard(): void {
    rmSync(this.staging, { recursive: true, force: true });
  }
}
