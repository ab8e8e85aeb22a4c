import { Inject, Injectable } from '@nestjs/common';
import { DeploymentService } from '../deployment/deployment.service.js';
import { CLOCK, type Clock } from '../platform/clock.js';
import { APP_CONFIG } from '../platform/config/app-config.js';
import type { ResolvedConfig } from '../platform/config/load-config.js';
import { databaseUrl } from '../platform/database/database.module.js';
import { planRetention, type RetentionDecision } from '../registry/core/retention.js';
import { ModelDeletionService } from '../registry/model-deletion.service.js';
import { ModelRegistryService } from '../registry/model-registry.service.js';
import type { Actor } from '../registry/model-version.js';
import { AppError } from '../shared/errors.js';

export interface RetentionReport {
  readonly dry_run: boolean;
  readonly keep_last_n_versions: number;
  /** Marked as deleted by this run (or would be); they can be taken back for the grace time. */
  readonly deleted: readonly string[];
  /** Deleted earlier, longer ago than the grace time: their files are gone now. */
  readonly purged: readonly string[];
  readonly kept: readonly RetentionDecision[];
}

const MANY = 100_000;

/** Lets old versions go, as `storage.keep_last_n_versions` says, and single ones on request. */
@Injectable()
export class RetentionService {
  constructor(
    private readonly registry: ModelRegistryService,
    private readonly deletions: ModelDeletionService,
    private readonly deployments: DeploymentService,
    @Inject(APP_CONFIG) private readonly config: ResolvedConfig,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async apply(actor: Actor, dryRun: boolean): Promise<RetentionReport> {
    const { keep_last_n_versions: keep, delete_grace_seconds: grace } = this.config.values.storage;
    const versions = await this.registry.list({ limit: MANY });
    const models = [...new Set(versions.map(({ modelName }) => modelName))].sort();
    const decisions: RetentionDecision[] = [];
    for (const modelName of models) {
      const atTargets = new Set(await this.deployments.activeVersions(modelName));
      const own = versions.filter((version) => version.modelName === modelName);
      decisions.push(...planRetention(own, keep, atTargets));
    }
    const candidates = decisions.filter((decision) => decision.kept_because === null);
    const kept = decisions.filter((decision) => decision.kept_because !== null);
    const report = { dry_run: dryRun, keep_last_n_versions: keep, kept };
    if (dryRun) return { ...report, deleted: candidates.map(({ version }) => version), purged: [] };
    if (candidates.length > 0) {
      // What writes archives is loaded when there is something to save.
      const { automaticBackup } = await import('../platform/backup/automatic-backup.js');
      await automaticBackup('before-retention', this.config, databaseUrl(), this.clock.nowMs());
    }
    const deleted: string[] = [];
    for (const { version } of candidates) {
      if (await this.tryDelete(version, actor)) deleted.push(version);
    }
    return { ...report, deleted, purged: await this.deletions.purge(grace, actor) };
  }

  /** One version, for a person who asks for it. A version that only a rollback would need may go. */
  async delete(version: string, actor: Actor, dryRun: boolean): Promise<void> {
    const model = await this.registry.get(version);
    const atTargets = await this.deployments.activeVersions(model.modelName);
    if (model.status !== 'deployed' && atTargets.includes(version)) {
      throw new AppError('conflict', `Version ${version} is what a deployment target was given last.`, {
        hint: 'Deploy another version to that target first.',
      });
    }
    if (dryRun) {
      const [decision] = planRetention([model], 0, new Set());
      if (decision.kept_because === 'deployed' || decision.kept_because === 'alias') {
        throw new AppError(
          'conflict',
          `Version ${version} is deployed or has an alias and cannot be deleted.`,
        );
      }
      return;
    }
    await this.deletions.delete(version, actor);
  }

  /** What was deployed or named since the plan was made stays; what is gone is gone. */
  private async tryDelete(version: string, actor: Actor): Promise<boolean> {
    try {
      await this.deletions.delete(version, actor);
      return true;
    } catch (error) {
      if (error instanceof AppError && (error.code === 'conflict' || error.code === 'not_found'))
        return false;
      throw error;
    }
  }
}
