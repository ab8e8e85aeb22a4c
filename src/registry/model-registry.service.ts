import { Injectable } from '@nestjs/common';
import { BUILD_COMMIT } from '../platform/app-version.js';
import { retryOnLoss } from '../platform/database/retry-on-loss.js';
import { AppError } from '../shared/errors.js';
import { ArtifactStore } from './artifact-store.js';
import type { Annotations } from './core/annotations.js';
import { assertDeployable } from './core/lifecycle.js';
import { VERSION_FILES } from './core/version-files.js';
import { assertVersionName, formatVersion } from './core/version-name.js';
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
import { writeVersionFiles } from './version-writer.js';

const RUN_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export interface RegisteredModel {
  readonly model: ModelVersion;
  readonly modelSha256: string;
}

/** Versions: written complete or not at all, registered after their files are durable, never changed afterwards. */
@Injectable()
export class ModelRegistryService {
  constructor(
    private readonly versions: ModelVersionRepository,
    readonly store: ArtifactStore,
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
    const staged = await this.store.stage(name, (version) => this.versions.exists(version));
    try {
      const { artifacts, modelSha256 } = await writeVersionFiles(staged, model, files, now.toISOString());
      await staged.commit();
      const row = newVersion(staged.version, model, artifacts, modelSha256);
      await this.insertRow(row, actor, within);
      // The row is there: what cannot be tidied now is tidied by the reconciler.
      await staged.release().catch(() => undefined);
      return { model: await this.get(staged.version), modelSha256 };
    } catch (error) {
      staged.discard();
      throw error;
    }
  }

  private async insertRow(row: NewModelVersion, actor: Actor, within?: WithinRegistration): Promise<void> {
    const { version } = row;
    try {
      await retryOnLoss(async (attempt) => {
        // The name is ours: a row of it is that of an attempt whose answer was lost.
        if (attempt > 1 && (await this.versions.exists(version))) return;
        await this.versions.insert(row, actor, within);
      });
    } catch (error) {
      // Files without a row are an orphan: take them away again, so that the version is absent as a whole. A lost
      // connection does not tell whether the row was written; then the reconciler decides later.
      const registered = await this.versions.exists(version).catch(() => true);
      if (!registered) this.store.remove(version);
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
    const model = await this.get(version);
    if (model.status === 'corrupt') assertDeployable(version, model.status);
    return loadModel(this.store, version);
  }

  /** The first file that is missing or differs from its registered SHA-256; null = all are intact. */
  async damagedFile(version: string): Promise<string | null> {
    const { artifacts } = await this.get(version);
    const damaged = Object.entries(artifacts).find(([file, hash]) => this.store.hash(version, file) !== hash);
    return damaged === undefined ? null : damaged[0];
  }

  /** Marks a version corrupt and refuses it. */
  async refuseDamaged(version: string, file: string): Promise<never> {
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

  async verify(version: string): Promise<VerifyResult> {
    const model = await this.get(version);
    return verifyVersion(this.store, version, model.artifacts);
  }

  /** Says why a version cannot be deployed, or returns it verified. A failed verification marks it corrupt. */
  async assertDeployable(version: string): Promise<ModelVersion> {
    const model = await this.get(version);
    assertDeployable(version, model.status);
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
   * Compares disk and table. Unfinished directories of dead processes are removed, rows without files are marked
   * corrupt; directories without a row are only listed, because the caller knows which runs are still at work.
   */
  async reconcile(nowMs: number): Promise<StoreReconciliation> {
    const settled = this.store
      .removeAbandonedStaging(nowMs)
      .map((name) => `Removed the unfinished directory ${name}.`);
    const problems: string[] = [];
    const rows = await this.versions.all();
    if (rows.length > 0 && !this.store.isPresent()) {
      // A volume that is not mounted must not condemn every version for good.
      problems.push(
        `The models directory ${this.store.directory} is missing; ${rows.length} versions are registered.`,
      );
      return { settled, problems, orphans: [] };
    }
    settled.push(...this.settleHidden(rows));
    for (const { version, status, deletedAt } of rows) {
      if (status === 'corrupt' || deletedAt !== null || this.store.has(version)) continue;
      if (!(await this.markMissing(version))) continue;
      problems.push(`The files of model ${version} are missing; it is marked corrupt.`);
    }
    for (const { version } of rows) {
      if (this.store.isUnregistered(version)) this.store.noteRegistered(version);
    }
    const known = new Set(rows.map(({ version }) => version));
    const orphans = this.store
      .list()
      .filter((version) => !known.has(version))
      .map((version) => ({
        version,
        trainingId: this.trainingIdOf(version),
        wasRegistered: !this.store.isUnregistered(version),
      }));
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

  /**
   * Files of deleted versions are hidden, those of others are not. Hidden files without a row are left alone: after the
   * restore of an older database they may be all there is of a later version.
   */
  private settleHidden(rows: readonly { version: string; deletedAt: Date | null }[]): string[] {
    const settled: string[] = [];
    const known = new Map(rows.map(({ version, deletedAt }) => [version, deletedAt]));
    for (const version of this.store.listHidden()) {
      const deletedAt = known.get(version);
      if (deletedAt === null) {
        this.store.unhide(version);
        settled.push(`The files of ${version} were hidden although it is not deleted; they are back.`);
      }
    }
    for (const { version, deletedAt } of rows) {
      if (deletedAt === null || !this.store.has(version)) continue;
      this.store.hide(version);
      settled.push(`The deletion of ${version} was interrupted; its files are hidden now.`);
    }
    return settled;
  }

  /** Asked of the table, at this moment. */
  isRegistered(version: string): Promise<boolean> {
    return this.versions.exists(version);
  }

  /** Removes a directory without a row. false = it has got its row after all, and stays. */
  async removeOrphan(version: string): Promise<boolean> {
    if (await this.versions.exists(version)) return false;
    this.store.remove(version);
    return true;
  }

  private trainingIdOf(version: string): string | null {
    try {
      const metadata = this.store.readJson(version, VERSION_FILES.metadata) as {
        model_info?: { training_id?: unknown };
      };
      const id = metadata.model_info?.training_id;
      // Directories of other programs carry ids of their own kind.
      return typeof id === 'string' && RUN_ID.test(id) ? id : null;
    } catch {
      return null;
    }
  }
}

function newVersion(
  version: string,
  model: TrainedModel,
  artifacts: Readonly<Record<string, string>>,
  modelSha256: string,
): NewModelVersion {
  return {
    version,
    modelName: model.modelName,
    status: model.evaluation.gate.passed ? 'available' : 'rejected',
    storageKey: version,
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

/** A version directory that no row owns. */
export interface Orphan {
  readonly version: string;
  /** The run that wrote it; null = unknown. */
  readonly trainingId: string | null;
  /** It had a row once. */
  readonly wasRegistered: boolean;
}
