import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import type { ObjectStore } from '../platform/object-store/object-store.js';
import { sha256Hex } from '../shared/digest.js';
import { AppError } from '../shared/errors.js';
import { inParallel } from '../shared/in-parallel.js';
import type { ArtifactStore } from './artifact-store.js';
import { REGISTERED, surveyBucket } from './bucket-survey.js';
import { VERSION_FILES } from './core/version-files.js';
import type { StorageSurvey, StoredVersion, VersionRow, VersionStorage } from './version-storage.js';

const WIDTH = 4;
const FILE_NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/;

/**
 * Versions in a bucket; the local directory is this machine's copy of those it has used. A key is never written twice:
 * every attempt to register gets one of its own, so a late writer damages nobody's version.
 */
export class BucketVersionStorage implements VersionStorage {
  /** Storage key -> what the local files looked like when they were last compared with their hashes. */
  private readonly compared = new Map<string, string>();
  private readonly fetching = new Map<string, Promise<string | null>>();

  constructor(
    private readonly local: ArtifactStore,
    private readonly objects: ObjectStore,
  ) {}

  async publish(version: string, artifacts: Readonly<Record<string, string>>): Promise<string> {
    const storageKey = `${version}/${randomBytes(8).toString('hex')}`;
    const stored = { version, storageKey, artifacts };
    try {
      await this.upload(stored, Object.keys(artifacts));
    } catch (error) {
      await this.remove(version, storageKey).catch(() => undefined);
      throw error;
    }
    this.compared.set(storageKey, this.appearance(stored) ?? '');
    return storageKey;
  }

  noteRegistered(storageKey: string): Promise<void> {
    return this.objects.put(`${storageKey}/${REGISTERED}`, new Uint8Array());
  }

  async fetch(stored: StoredVersion): Promise<string | null> {
    const { storageKey } = stored;
    const seen = this.appearance(stored);
    if (seen !== null && seen === this.compared.get(storageKey)) return null;
    const known = this.fetching.get(storageKey);
    if (known !== undefined) return known;
    const work = this.bring(stored).finally(() => this.fetching.delete(storageKey));
    this.fetching.set(storageKey, work);
    return work;
  }

  async check({ storageKey, artifacts }: StoredVersion): Promise<string | null> {
    let damaged: string | null = null;
    await inParallel(Object.entries(artifacts), WIDTH, async ([file, expected]) => {
      const bytes = await this.objects.get(`${storageKey}/${file}`);
      if (bytes === null || sha256Hex(bytes) !== expected) damaged ??= file;
    });
    return damaged;
  }

  async renew(stored: StoredVersion): Promise<boolean> {
    this.compared.delete(stored.storageKey);
    this.local.remove(stored.version);
    return (await this.fetch(stored)) === null;
  }

  async remove(version: string, storageKey: string | null): Promise<void> {
    this.forget(version);
    // Without a key, or with one that begins another's, a prefix would be too many objects.
    if (storageKey !== null && storageKey !== '') {
      const objects = await this.objects.list(`${storageKey}/`);
      const own = objects.filter(({ key }) => key.lastIndexOf('/') === storageKey.length);
      await this.objects.remove(own.map(({ key }) => key));
    }
  }

  /** The row says that it is deleted; the objects stay where they are until it is purged. */
  hide(version: string): void {
    this.forget(version);
  }

  unhide(): boolean {
    return false;
  }

  purge(version: string, storageKey: string): Promise<void> {
    return this.remove(version, storageKey);
  }

  survey(rows: readonly VersionRow[], nowMs: number): Promise<StorageSurvey> {
    const putBack = async (row: VersionRow, files: readonly string[]): Promise<boolean> => {
      if (!this.isIntact(row)) return false;
      await this.upload(row, files);
      return true;
    };
    return surveyBucket({ rows, nowMs, local: this.local, objects: this.objects, putBack });
  }

  private forget(version: string): void {
    if (this.local.has(version)) this.local.remove(version);
  }

  /** The metadata go first: they tell whose an interrupted upload was. The manifest goes last: with it, it is complete. */
  private async upload(
    { version, storageKey, artifacts }: StoredVersion,
    files: readonly string[],
  ): Promise<void> {
    const put = async (file: string): Promise<void> => {
      const bytes = this.local.read(version, file);
      if (sha256Hex(bytes) !== artifacts[file])
        throw new AppError(
          'artifact_integrity',
          `${file} of model ${version} was changed while it was stored.`,
        );
      await this.objects.put(`${storageKey}/${file}`, bytes);
    };
    const [first, last] = [VERSION_FILES.metadata, VERSION_FILES.manifest] as const;
    await inParallel(
      files.filter((file) => file === first),
      1,
      put,
    );
    await inParallel(
      files.filter((file) => file !== first && file !== last),
      WIDTH,
      put,
    );
    await inParallel(
      files.filter((file) => file === last),
      1,
      put,
    );
  }

  private async bring(stored: StoredVersion): Promise<string | null> {
    if (!this.isIntact(stored)) {
      const damaged = await this.download(stored);
      if (damaged !== null) return damaged;
    }
    this.compared.set(stored.storageKey, this.appearance(stored) ?? '');
    return null;
  }

  private async download(stored: StoredVersion): Promise<string | null> {
    const { version, storageKey, artifacts } = stored;
    const names = Object.keys(artifacts);
    if (names.length === 0 || !names.every((name) => FILE_NAME.test(name)))
      throw new AppError('artifact_integrity', `The list of files of model ${version} is not usable.`);
    const damaged: string[] = [];
    await this.local.place(version, async (write) => {
      await inParallel(names, WIDTH, async (file) => {
        const bytes = await this.objects.get(`${storageKey}/${file}`);
        if (bytes === null) throw this.absent(stored, file);
        if (sha256Hex(bytes) === artifacts[file]) await write(file, bytes);
        else damaged.push(file);
      });
      return damaged.length === 0;
    });
    return damaged.at(0) ?? null;
  }

  private absent({ version, storageKey }: StoredVersion, file: string): AppError {
    return new AppError(
      'artifact_integrity',
      `${file} of model ${version} is missing in the artifact store (${this.objects.label}, key ${storageKey}/${file}).`,
      { hint: 'Check storage.artifacts.bucket and prefix, or restore the objects from a backup.' },
    );
  }

  private isIntact({ version, artifacts }: StoredVersion): boolean {
    return (
      this.local.has(version) &&
      Object.entries(artifacts).every(([file, expected]) => this.local.hash(version, file) === expected)
    );
  }

  /** Size and times of every file; null = one is missing. */
  private appearance({ version, artifacts }: StoredVersion): string | null {
    const stats = Object.keys(artifacts).map((file) =>
      statSync(this.local.path(version, file), { throwIfNoEntry: false }),
    );
    if (!stats.every((stat) => stat !== undefined)) return null;
    return stats.map(({ ino, size, mtimeMs, ctimeMs }) => `${ino}:${size}:${mtimeMs}:${ctimeMs}`).join();
  }
}
