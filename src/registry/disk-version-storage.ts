import type { ArtifactStore } from './artifact-store.js';
import { VERSION_FILES } from './core/version-files.js';
import { trainingIdOf, type StorageSurvey, type VersionRow, type VersionStorage } from './version-storage.js';

/** The local directory is where versions are kept: every process sees the same one. */
export class DiskVersionStorage implements VersionStorage {
  constructor(private readonly local: ArtifactStore) {}

  publish(version: string): Promise<string> {
    return Promise.resolve(version);
  }

  /** The directory says it itself, see {@link StagedVersion.release}. */
  noteRegistered(): Promise<void> {
    return Promise.resolve();
  }

  fetch(): Promise<null> {
    return Promise.resolve(null);
  }

  check(): Promise<null> {
    return Promise.resolve(null);
  }

  renew(): Promise<boolean> {
    return Promise.resolve(false);
  }

  remove(version: string): Promise<void> {
    this.local.remove(version);
    return Promise.resolve();
  }

  hide(version: string): void {
    this.local.hide(version);
  }

  unhide(version: string): boolean {
    return this.local.unhide(version);
  }

  purge(version: string): Promise<void> {
    this.local.purge(version);
    return Promise.resolve();
  }

  survey(rows: readonly VersionRow[], nowMs: number): Promise<StorageSurvey> {
    const settled = this.local
      .removeAbandonedStaging(nowMs)
      .map((name) => `Removed the unfinished directory ${name}.`);
    if (rows.length > 0 && !this.local.isPresent()) {
      // A volume that is not mounted must not condemn every version for good.
      const problem = `The models directory ${this.local.directory} is missing; ${rows.length} versions are registered.`;
      return Promise.resolve({ settled, problems: [problem], missing: [], orphans: [] });
    }
    settled.push(...this.settleHidden(rows));
    const missing = rows
      .filter(({ version, status, deletedAt }) => {
        return status !== 'corrupt' && deletedAt === null && !this.local.has(version);
      })
      .map(({ version }) => version);
    for (const { version } of rows) {
      if (this.local.isUnregistered(version)) this.local.noteRegistered(version);
    }
    const known = new Set(rows.map(({ version }) => version));
    const orphans = this.local
      .list()
      .filter((version) => !known.has(version))
      .map((version) => ({
        version,
        storageKey: null,
        label: `The directory ${version} in the models directory`,
        // Registered in a database that has been put back since: then the files may be all there is of it.
        trainingId: this.local.isUnregistered(version) ? this.trainingIdOf(version) : null,
        otherwise: 'report' as const,
      }));
    return Promise.resolve({ settled, problems: [], missing, orphans });
  }

  /**
   * Files of deleted versions are hidden, those of others are not. Hidden files without a row are left alone: after the
   * restore of an older database they may be all there is of a later version.
   */
  private settleHidden(rows: readonly VersionRow[]): string[] {
    const settled: string[] = [];
    const known = new Map(rows.map(({ version, deletedAt }) => [version, deletedAt]));
    for (const version of this.local.listHidden()) {
      const deletedAt = known.get(version);
      if (deletedAt === null) {
        this.local.unhide(version);
        settled.push(`The files of ${version} were hidden although it is not deleted; they are back.`);
      }
    }
    for (const { version, deletedAt } of rows) {
      if (deletedAt === null || !this.local.has(version)) continue;
      this.local.hide(version);
      settled.push(`The deletion of ${version} was interrupted; its files are hidden now.`);
    }
    return settled;
  }

  private trainingIdOf(version: string): string | null {
    try {
      return trainingIdOf(this.local.readJson(version, VERSION_FILES.metadata));
    } catch {
      return null;
    }
  }
}
