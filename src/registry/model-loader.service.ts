import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { AppLogger } from '../platform/logging/app-logger.js';
import { APP_LOGGER } from '../platform/logging/logging.module.js';
import { AppError } from '../shared/errors.js';
import type { LoadedModel } from './loaded-model.js';
import { ModelRegistryService } from './model-registry.service.js';

/** Pauses before the second and third try: a file system that hiccups is given a moment. */
const RETRY_DELAYS_MS = [50, 200];

/**
 * Loads models for scoring. A load that fails is tried again; when the deployed version is really damaged, the version
 * that was deployed before it serves instead, and the log says so loudly. A version that was asked for by name is
 * never replaced by another.
 */
@Injectable()
export class ModelLoaderService {
  constructor(
    private readonly registry: ModelRegistryService,
    @Inject(APP_LOGGER) private readonly logger: AppLogger,
  ) {}

  async loadVersion(version: string): Promise<LoadedModel> {
    const damage = await this.firstDamage(version);
    if (damage !== null) return this.registry.refuseDamaged(version, damage);
    return this.registry.load(version);
  }

  /**
   * The deployed version, or the newest one before it whose files are intact.
   * @param load what else than {@link loadVersion} gives a version: a caller that holds some ready
   */
  async loadDeployed(
    modelName: string,
    load = (version: string): Promise<LoadedModel> => this.loadVersion(version),
  ): Promise<LoadedModel> {
    for (const version of await this.registry.servingOrder(modelName)) {
      try {
        return await load(version);
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'artifact_integrity') throw error;
        this.logger.error(
          `Model ${version} cannot be used: ${error.message} Falling back to the version that was deployed before it.`,
          'model-loader',
        );
      }
    }
    throw new AppError('not_found', `No version of model "${modelName}" is deployed.`, {
      hint: 'Deploy one with "mcp-training deploy <version>", or name one with --version.',
    });
  }

  /** null = every file is as registered, at the latest on the third look. */
  private async firstDamage(version: string): Promise<string | null> {
    let damage = await this.registry.damagedFile(version);
    for (const delay of RETRY_DELAYS_MS) {
      if (damage === null) break;
      await sleep(delay);
      damage = await this.registry.damagedFile(version);
    }
    return damage;
  }
}
