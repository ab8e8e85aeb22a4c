import { Inject, Injectable } from '@nestjs/common';
import { BUILD_COMMIT } from '../platform/app-version.js';
import { retryOnLoss } from '../platform/database/retry-on-loss.js';
import { AppError } from '../shared/errors.js';
import { ArtifactStore } from './artifact-store.js';
import type { Annotations } from './core/annotations.js';
import { assertDeployable } from './core/lifecycle.js';
import { assertVersionName, formatVersion } from './core/version-name.js';
import { DiskVersionStorage } from './disk-version-storage.js';
import { encodeModel, type EncodedFile } from './encode-model.js';
import { loadModel, type LoadedModel } from './loaded-model.js';
import {
  ModelVersionRepository,
  type Promotion,
  type WithinRegistration,
} from './model-version.repository.js';
import type {
  Actor,
  ModelStanding,
  ModelVersion,
  NewModelVersion,
  VersionListQuery,
} from './model-version.js';
import type { TrainedModel } from './trained-model.js';
import { verifyVersion, type VerifyResult } from './verify-version.js';
import { VERSION_STORAGE, type Orphan, type VersionStorage } from './version-storage.js';
import { writeVersionFiles } from './version-writer.js';

export interface RegisteredModel {
  readonly model: ModelVersion;
  readonly modelSha256: string;
}

/** Versions: written complete or not at all, registered after their files are durable, never changed afterwards. */
@Injectable()
export class ModelRegistryService {
  constructor(
    private readonly versions: ModelVersionRepository,
    /** The files on this machine; those of a version are there after {@link fetch}. */
    readonly store: ArtifactStore,
    @Inject(VERSION_STORAGE) private readonly storage: VersionStorage = new DiskVersionStorage(store),
  ) {}

  /**
   * @param encoded files of {@link encodeModel}, where they were made before
   * @param within part of the transaction that registers the version; when it throws, there is no such version
   */
  async register(
    model: TrainedModel,
    versionFormat: string,
    nowMs: number,
    actor: Actor,
    encoded?: readonly EncodedFile[],
    within?: WithinRegistration,
  ): Promise<RegisteredModel> {
    const files = encoded ?? (await encodeModel(model));
    const now = new Date(nowMs);
    const name = formatVersion(versionFormat, {
      year: now.getUTCFullYear(),
      month: now.getUTCMonth() + 1,
      day: now.getUTCDate(),
      hour: now.getUTCHours(),
      minute: now.getUTCMinutes(),
      second: now.getUTCSeconds(),
    });
    for (;;) {
      const staged = await this.store.stage(name, (version) => this.versions.exists(version));
      try {
        const { artifacts, modelSha256 } = await writeVersionFiles(staged, model, files, now.toISOString());
        await staged.commit();
        const storageKey = await this.storage.publish(staged.version, artifacts);
        const row = newVersion(staged.version, storageKey, model, artifacts, modelSha256);
        // Another machine may have taken the name meanwhile: the next one, then.
        if (!(await this.insertRow(row, actor, within))) continue;
        // The row is there: what cannot be noted now is noted by the reconciler.
        await staged.release().catch(() => undefined);
        await this.storage.noteRegistered(storageKey).catch(() => undefined);
        return { model: await this.get(staged.version), modelSha256 };
      } catch (error) {
        staged.discard();
        throw error;
      }
    }
  }

  /** false = the name belongs to a version of somebody else. */
  private async insertRow(row: NewModelVersion, actor: Actor, within?: WithinRegistration): Promise<boolean> {
    const { version, storageKey } = row;
    try {
      await retryOnLoss(async (attempt) => {
        // A row with our key is that of an attempt whose answer was lost.
        if (attempt > 1 && (await this.versions.storageKeyOf(version)) === storageKey) return;
        await this.versions.insert(row, actor, within);
      });
      return true;
    } catch (error) {
      // Files without a row are an orphan: take them away again, so that the version is absent as a whole. A lost
      // connection does not tell whether the row was written; then the reconciler decides later.
      const owner = await this.versions.storageKeyOf(version).catch(() => storageKey);
      // What could not be taken away is an orphan for the reconciler; the failure to tell is the one above.
      if (owner !== storageKey) await this.storage.remove(version, storageKey).catch(() => undefined);
      if (owner !== storageKey && owner !== null) return false;
      throw error;
    }
  }

  async get(version: string): Promise<ModelVersion> {
    assertVersionName(version);
    const model = await this.versions.find(version);
    if (model !== null) return model;
    throw new AppError('not_found', `There is no model version ${version}.`, {
      hint: '"mcp-training list-models" shows the versions that exist.',
    });
  }

  /**
   * A version with its files on this machine, as they were registered.
   * @throws AppError `artifact_integrity` when what is kept is damaged, `unavailable` when it cannot be fetched now
   */
  async fetch(version: string): Promise<ModelVersion> {
    const model = await this.get(version);
    const damaged = await this.storage.fetch(model);
    return damaged === null ? model : this.refuseDamaged(version, damaged);
  }

  /** Versions made from this one. */
  children(version: string): Promise<string[]> {
    return this.versions.children(version);
  }

  /** null = it has none, or is not there any more. */
  async parentOf(version: string): Promise<string | null> {
    return (await this.versions.find(version))?.parentVersion ?? null;
  }

  list(query: VersionListQuery): Promise<ModelVersion[]> {
    return this.versions.list(query);
  }

  deployed(modelName: string): Promise<ModelVersion | null> {
    return this.versions.deployed(modelName);
  }

  /** The deployed version of every model. */
  champions(): Promise<ModelVersion[]> {
    return this.versions.list({ limit: 1000, statuses: ['deployed'] });
  }

  /** Writes notes and tags; `change` may refuse. Everything else about a version is what it was registered with. */
  annotate(
    version: string,
    change: (current: ModelVersion) => Annotations,
    actor: Actor,
  ): Promise<ModelVersion> {
    assertVersionName(version);
    return this.versions.annotate(version, change, actor);
  }

  countByStatus(): Promise<Record<string, number>> {
    return this.versions.countByStatus();
  }

  byName(): Promise<ModelStanding[]> {
    return this.versions.byName();
  }

  async latest(modelName: string): Promise<ModelVersion | null> {
    const models = await this.versions.list({ limit: 1, modelName });
    return models.at(0) ?? null;
  }

  /** Loads a version for scoring. Its files are taken as they are: see `damagedFile`. */
  async load(version: string): Promise<LoadedModel> {
    const { status } = await this.get(version);
    if (status === 'corrupt') assertDeployable(version, status);
    await this.fetch(version);
    return loadModel(this.store, version);
  }

  /** The first file that is missing or differs from its registered SHA-256; null = all are intact. */
  async damagedFile(version: string): Promise<string | null> {
    const { artifacts } = await this.fetch(version);
    const damaged = Object.entries(artifacts).find(([file, hash]) => this.store.hash(version, file) !== hash);
    return damaged === undefined ? null : damaged[0];
  }

  /** Marks a version corrupt and refuses it, unless only the copy on this machine was damaged. */
  async refuseDamaged(version: string, file: string): Promise<never> {
    if (await this.storage.renew(await this.get(version))) {
      throw new AppError(
        'unavailable',
        `The copy of model ${version} on this machine was damaged (${file}); it was fetched again.`,
        { hint: 'Try again.' },
      );
    }
    await this.versions.markCorrupt(version, {
      name: 'system',
      reason: `${file} differs from its registered SHA-256`,
    });
    throw new AppError(
      'artifact_integrity',
      `${file} of model ${version} is missing or was changed; the version is now marked corrupt.`,
      { hint: 'Score with another version (--version), and train again.' },
    );
  }

  /** Versions that may serve: the deployed one, then those deployed before it, latest first. */
  servingOrder(modelName: string): Promise<string[]> {
    return this.versions.servingOrder(modelName);
  }

  /** Looks at what is kept, wherever that is, and at the copy on this machine. */
  async verify(version: string): Promise<VerifyResult> {
    const model = await this.get(version);
    const damaged = (await this.storage.check(model)) ?? (await this.storage.fetch(model));
    if (damaged !== null) {
      const message = `${damaged} of model ${version} is missing or was changed in the artifact store.`;
      return { version, passed: false, checks: [{ name: 'hashes', passed: false, message }] };
    }
    return verifyVersion(this.store, version, model.artifacts);
  }

  /** Says why a version cannot be deployed, or returns it verified. A failed verification marks it corrupt. */
  async assertDeployable(version: string): Promise<ModelVersion> {
    assertDeployable(version, (await this.get(version)).status);
    const model = await this.fetch(version);
    const result = verifyVersion(this.store, version, model.artifacts);
    if (result.passed) return model;
    const failed = result.checks.find(({ passed }) => !passed)!;
    await this.versions.markCorrupt(version, { name: 'system', reason: failed.message });
    throw new AppError(
      'artifact_integrity',
      `Model ${version} failed its verification and is now marked corrupt: ${failed.message}`,
      {
        hint: 'Restore its files from a backup or train again; the deployed model was not touched.',
      },
    );
  }

  promote(version: string, promotion: Promotion): Promise<string | null> {
    return this.versions.promote(version, promotion);
  }

  withChampion(modelName: string, body: (champion: string | null) => Promise<void>): Promise<void> {
    return this.versions.withChampion(modelName, body);
  }

  /** Where a rollback leads when nobody names a version. */
  async rollbackCandidate(modelName: string): Promise<string> {
    const version = await this.versions.rollbackCandidate(modelName);
    if (version !== null) return version;
    throw new AppError('not_found', `Model "${modelName}" has no older version that was deployed before.`, {
      hint: 'Name a version with --to; "mcp-training list-models" shows those that exist.',
    });
  }

  /**
   * Compares what is kept with the table. Leftovers of dead processes are removed, rows without files are marked
   * corrupt; files without a row are only listed, because the caller knows which runs are still at work.
   */
  async reconcile(nowMs: number): Promise<StoreReconciliation> {
    const { settled, problems, missing, orphans } = await this.storage.survey(
      await this.versions.all(),
      nowMs,
    );
    for (const version of missing) {
      if (!(await this.markMissing(version))) continue;
      problems.push(`The files of model ${version} are missing; it is marked corrupt.`);
    }
    return { settled, problems, orphans };
  }

  /** false = it was deleted a moment ago, and that is why its directory is gone. */
  private async markMissing(version: string): Promise<boolean> {
    try {
      await this.versions.markCorrupt(version, { name: 'system', reason: 'its directory is missing' });
      return true;
    } catch (error) {
      if (error instanceof AppError && error.code === 'not_found') return false;
      throw error;
    }
  }

  /** Asked of the table, at this moment. */
  isRegistered(version: string): Promise<boolean> {
    return this.versions.exists(version);
  }

  /** Removes files without a row. false = they have got their row after all, and stay. */
  async removeOrphan({ version, storageKey }: Orphan): Promise<boolean> {
    const owner = await this.versions.storageKeyOf(version);
    if (owner !== null && (storageKey === null || owner === storageKey)) return false;
    await this.storage.remove(version, storageKey);
    return true;
  }
}

function newVersion(
  version: string,
  storageKey: string,
  model: TrainedModel,
  artifacts: Readonly<Record<string, string>>,
  modelSha256: string,
): NewModelVersion {
  return {
    version,
    modelName: model.modelName,
    status: model.evaluation.gate.passed ? 'available' : 'rejected',
    storageKey,
    modelType: model.detector?.fitted.type ?? 'IsolationForest',
    featureSet: model.featureSet,
    trainingId: model.trainingId,
    parentVersion: model.parentVersion,
    trainingSamples: model.trainRows,
    metrics: { ...model.evaluation.basic_metrics },
    gate: model.evaluation.gate,
    lineage: {
      exports: model.inputFiles.map(({ name, bytes, sha256 }) => ({ name, bytes, sha256 })),
      selection: model.selection,
      config_hash: model.configHash,
      code_version: model.codeVersion,
      code_commit: BUILD_COMMIT,
      feature_spec_hash: model.spec.hash,
      model_sha256: modelSha256,
      parent: model.parentVersion,
    },
    artifacts,
  };
}

export interface StoreReconciliation {
  readonly settled: string[];
  readonly problems: string[];
  readonly orphans: readonly Orphan[];
}
