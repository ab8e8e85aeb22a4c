import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { APP_CONFIG } from '../platform/config/app-config.js';
import type { ResolvedConfig } from '../platform/config/load-config.js';
import { targetDirectory } from '../platform/config/config-paths.js';
import { AppError } from '../shared/errors.js';
import { DeploymentRepository } from './deployment.repository.js';
import { SymlinkTarget, type DeployFiles } from './symlink-target.js';

export const DEFAULT_TARGET = 'default';

export interface DeployTargetInfo {
  readonly name: string;
  readonly directory: string;
  readonly layout: 'symlink';
}

export interface DeployRequest {
  readonly files: DeployFiles;
  readonly target: string;
  readonly previousVersion: string | null;
  readonly actor: string;
  /** Moves the registry's champion and calls `activate` inside its transaction. */
  readonly promote: (activate: () => void) => Promise<void>;
}

/** Puts a version where the consumer reads it: copy, prove, then one switch together with the registry's champion. */
@Injectable()
export class DeploymentService {
  constructor(
    @Inject(APP_CONFIG) private readonly config: ResolvedConfig,
    private readonly deployments: DeploymentRepository,
  ) {}

  targetInfo(name: string): DeployTargetInfo {
    const { values, paths } = this.config;
    if (!Object.hasOwn(values.deployment.targets, name)) {
      throw new AppError('usage', `There is no deployment target "${name}".`, {
        hint: `Known targets: ${Object.keys(values.deployment.targets).join(', ')}. Add one under deployment.targets in the configuration.`,
      });
    }
    const { type, layout } = values.deployment.targets[name];
    const directory = targetDirectory(values, name, paths.dataDir);
    if (directory === undefined || layout !== 'symlink') {
      throw new AppError(
        'usage',
        `Target "${name}" is of type ${type} with layout ${layout}; only directories with layout symlink can be deployed to.`,
        {
          hint: 'Use a target of type directory with layout symlink.',
        },
      );
    }
    return { name, directory, layout };
  }

  activeVersion(target: string, modelName: string): string | null {
    return new SymlinkTarget(this.targetInfo(target).directory).activeVersion(modelName);
  }

  async deploy(request: DeployRequest): Promise<DeployTargetInfo> {
    const info = this.targetInfo(request.target);
    const { modelName, version } = request.files;
    const target = new SymlinkTarget(info.directory);
    const id = randomUUID();
    await this.deployments.start({
      id,
      modelName,
      version,
      target: info.name,
      layout: info.layout,
      action: 'deploy',
      previousVersion: request.previousVersion,
      actor: request.actor,
    });
    const before = target.activeVersion(modelName);
    try {
      target.prepare(request.files);
      await request.promote(() => {
        target.activate(modelName, version);
      });
    } catch (error) {
      // The registry may have refused after the switch (its commit failed): readers go back to what it says.
      if (before !== null && target.activeVersion(modelName) !== before) target.activate(modelName, before);
      await this.deployments.finish(id, error instanceof Error ? error.message : String(error));
      throw error;
    }
    await this.deployments.finish(id, null);
    return info;
  }

  /** After a crash: what readers get follows the registry's champion. Returns a sentence if something was changed. */
  async settle(modelName: string, champion: string | null): Promise<string[]> {
    const settled = (await this.deployments.failUnfinished(600)).map(
      ({ version, target: name }) =>
        `The deployment of ${version} to ${name} was interrupted; it is recorded as failed.`,
    );
    const { directory } = this.targetInfo(DEFAULT_TARGET);
    const target = new SymlinkTarget(directory);
    const active = target.activeVersion(modelName);
    if (champion !== null && active !== null && active !== champion) {
      target.activate(modelName, champion);
      settled.push(`${directory} pointed to ${active}; it points to the deployed version ${champion} again.`);
    }
    return settled;
  }
}
