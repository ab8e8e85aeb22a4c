import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '../shared/errors.js';
import { assertVersionName } from './core/version-name.js';
import { ModelDeletionRepository } from './model-deletion.repository.js';
import { ModelVersionRepository } from './model-version.repository.js';
import type { Actor, ModelVersion } from './model-version.js';
import { VERSION_STORAGE, type VersionStorage } from './version-storage.js';

/** Deletes versions: out of sight at once, gone after the grace time. */
@Injectable()
export class ModelDeletionService {
  constructor(
    private readonly deletions: ModelDeletionRepository,
    private readonly versions: ModelVersionRepository,
    @Inject(VERSION_STORAGE) private readonly storage: VersionStorage,
  ) {}

  /** First the row, then the files: a crash between leaves files that the reconciler hides. */
  async delete(version: string, actor: Actor): Promise<void> {
    assertVersionName(version);
    await this.deletions.mark(version, actor);
    this.storage.hide(version);
  }

  /**
   * A deleted version whose deletion can be taken back.
   * @throws AppError `not_found`
   */
  async deleted(version: string): Promise<ModelVersion> {
    assertVersionName(version);
    const model = await this.versions.find(version, 'deleted');
    if (model !== null) return model;
    throw notDeleted(version);
  }

  /** First the files, then the row: a version that is seen has its files. */
  async undelete(version: string, actor: Actor): Promise<void> {
    assertVersionName(version);
    const moved = this.storage.unhide(version);
    if (await this.deletions.unmark(version, actor)) return;
    if (moved) this.storage.hide(version);
    throw notDeleted(version);
  }

  /** true = retention was not begun for so many seconds, by anybody, and is the caller's now. */
  claimRetention(everySeconds: number, actor: Actor): Promise<boolean> {
    return this.deletions.claimRetention(everySeconds, actor);
  }

  /** Removes what was deleted longer ago than the grace time. Returns the versions. */
  async purge(graceSeconds: number, actor: Actor): Promise<string[]> {
    const purged: string[] = [];
    for (const version of await this.deletions.purgeable(graceSeconds)) {
      const done = await this.deletions.purge(version, actor, (storageKey) =>
        this.storage.purge(version, storageKey),
      );
      if (done) purged.push(version);
    }
    return purged;
  }
}

function notDeleted(version: string): AppError {
  return new AppError('not_found', `There is no deleted version ${version}.`, {
    hint: 'A deletion can be taken back until storage.delete_grace_seconds are over.',
  });
}
