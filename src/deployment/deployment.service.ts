import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DeploymentTargets, type TargetInfo } from './deployment-targets.js';
import type { DeploymentRecord } from './deployment-record.js';
import { DeploymentRepository, type UnfinishedDeployment } from './deployment.repository.js';
import type { Delivery } from './layouts/deployment-layout.js';

export interface DeployRequest {
  readonly delivery: Delivery;
  readonly target: string;
  readonly action: 'deploy' | 'rollback';
  readonly actor: string;
  /**
   * Makes the version champion and calls `activate` inside that transaction, while no other promotion of the model can
   * happen. Resolves with the version that was champion before.
   */
  readonly promote: (activate: () => Promise<void>) => Promise<string | null>;
  /** Calls back with the champion while no promotion of the model can happen. */
  readonly withChampion: (body: (champion: string | null) => Promise<void>) => Promise<void>;
}

export interface Delivered {
  readonly info: TargetInfo;
  readonly previousVersion: string | null;
}

/** After so long nobody is still at a deployment that was started and never finished. */
const UNFINISHED_AFTER_SECONDS = 600;

/** Puts a version where the consumer reads it: copy, prove, then one switch together with the registry's champion. */
@Injectable()
export class DeploymentService {
  constructor(
    readonly targets: DeploymentTargets,
    private readonly deployments: DeploymentRepository,
  ) {}

  async deploy(request: DeployRequest): Promise<Delivered> {
    const { delivery, action, actor } = request;
    const { modelName, version } = delivery;
    const { name, layout: layoutName } = this.targets.info(request.target);
    const id = randomUUID();
    await this.deployments.start({ id, modelName, version, target: name, layout: layoutName, action, actor });
    try {
      const previousVersion = await this.deliver(request);
      await this.deployments.finish(id, { error: null, previousVersion });
      return { info: this.targets.info(name), previousVersion };
    } catch (error) {
      await this.deployments.finish(id, {
        error: error instanceof Error ? error.message : String(error),
        previousVersion: null,
      });
      throw error;
    }
  }

  /** Attempts to deploy one version, newest first. */
  ofVersion(version: string): Promise<DeploymentRecord[]> {
    return this.deployments.ofVersion(version, 100);
  }

  /** Versions that some target was given last, whether or not they are still the champion. */
  activeVersions(modelName: string): Promise<string[]> {
    return this.deployments.activeVersions(modelName);
  }

  private async deliver(request: DeployRequest): Promise<string | null> {
    const { store, layout } = await this.targets.open(request.target);
    const { modelName, version } = request.delivery;
    try {
      await layout.prepare(store, request.delivery);
      const readers = { switched: false };
      try {
        return await request.promote(async () => {
          readers.switched = true;
          await layout.activate(store, modelName, version);
        });
      } catch (error) {
        // The switch may have happened although the registry's commit failed: readers go back to what it says.
        if (readers.switched) await this.followChampion(request);
        throw error;
      }
    } finally {
      await store.close();
    }
  }

  private async followChampion({ target, delivery, withChampion }: DeployRequest): Promise<void> {
    await withChampion(async (champion) => {
      await this.activateIfOther(target, delivery.modelName, champion);
    }).catch(() => undefined);
  }

  /** true = readers of the target got another version than the champion and were led back to it. */
  private async activateIfOther(
    target: string,
    modelName: string,
    champion: string | null,
  ): Promise<boolean> {
    const { store, layout } = await this.targets.open(target);
    try {
      const active = await layout.activeVersion(store, modelName);
      if (champion === null || active === null || active === champion) return false;
      // A champion that was deployed to other targets only: this one keeps what it has.
      if (!(await layout.holds(store, modelName, champion))) return false;
      await layout.activate(store, modelName, champion);
      return true;
    } finally {
      await store.close();
    }
  }

  /**
   * After a crash: deployments that were started and never finished are closed, and the directories they went to
   * lead to the champion again. Servers behind SFTP are left alone: a start of ours must not wait for them.
   */
  async settle(modelName: string, withChampion: DeployRequest['withChampion']): Promise<string[]> {
    const settled: string[] = [];
    for (const deployment of await this.deployments.unfinished(modelName, UNFINISHED_AFTER_SECONDS)) {
      await withChampion(async (champion) => {
        settled.push(await this.close(deployment, modelName, champion));
      });
    }
    for (const name of this.targets
      .names()
      .filter((target) => this.targets.info(target).type === 'directory')) {
      if (!(await this.deployments.wasUsed(modelName, name))) continue;
      await withChampion(async (champion) => {
        if (await this.activateIfOther(name, modelName, champion)) {
          settled.push(
            `Target ${name} led to another version; it leads to the deployed version ${String(champion)} again.`,
          );
        }
      });
    }
    return settled;
  }

  /** The switch and the registry's commit decide: with both done, only the last note was missing. */
  private async close(
    { id, version, target }: UnfinishedDeployment,
    modelName: string,
    champion: string | null,
  ): Promise<string> {
    const done = champion === version && (await this.readersOf(target, modelName)) === version;
    await this.deployments.finish(id, { error: done ? null : 'interrupted', previousVersion: null });
    return done
      ? `The deployment of ${version} to ${target} was interrupted after its switch; it is recorded as active.`
      : `The deployment of ${version} to ${target} was interrupted; it is recorded as failed.`;
  }

  /** What readers of a directory get; null also for a server that is not asked, and for a target that is gone. */
  private async readersOf(name: string, modelName: string): Promise<string | null> {
    if (!this.targets.names().includes(name) || this.targets.info(name).type !== 'directory') return null;
    const { store, layout } = await this.targets.open(name);
    try {
      return await layout.activeVersion(store, modelName);
    } finally {
      await store.close();
    }
  }
}
