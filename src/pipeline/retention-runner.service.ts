import { Inject, Injectable } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { APP_CONFIG } from '../platform/config/app-config.js';
import type { ResolvedConfig } from '../platform/config/load-config.js';
import type { AppLogger } from '../platform/logging/app-logger.js';
import { APP_LOGGER } from '../platform/logging/logging.module.js';
import { ModelDeletionService } from '../registry/model-deletion.service.js';
import { RetentionService } from './retention.service.js';

/** How often a process asks whether retention is due. */
const LOOK_EVERY_MS = 600_000;
const NAME = 'retention';
const ACTOR = { name: 'system:retention', reason: 'storage.retention_every_hours' };

/** Applies retention by itself. Several replicas ask; the audit log says when the last one began, so that one does. */
@Injectable()
export class RetentionRunnerService {
  private looking: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly registry: SchedulerRegistry,
    private readonly deletions: ModelDeletionService,
    private readonly retention: RetentionService,
    @Inject(APP_CONFIG) private readonly config: ResolvedConfig,
    @Inject(APP_LOGGER) private readonly logger: AppLogger,
  ) {}

  start(): void {
    if (this.everyHours === 0) return;
    const look = (): void => {
      this.looking = this.looking.then(() => this.look());
    };
    this.registry.addInterval(NAME, setInterval(look, LOOK_EVERY_MS));
    look();
  }

  /** Waits for the version that is being deleted, and those that follow it. */
  async stop(): Promise<void> {
    if (this.registry.doesExist('interval', NAME)) this.registry.deleteInterval(NAME);
    await this.looking;
  }

  /** true = it was due, and this process has applied it. */
  async look(): Promise<boolean> {
    if (this.everyHours === 0) return false;
    try {
      if (!(await this.deletions.claimRetention(this.everyHours * 3600, ACTOR))) return false;
      const { deleted, purged } = await this.retention.apply(ACTOR, false);
      this.logger.log(`Retention: ${deleted.length} versions deleted, ${purged.length} purged`, NAME);
      return true;
    } catch (error) {
      this.logger.error('Retention could not be applied; it is due again after its interval.', error, NAME);
      return false;
    }
  }

  private get everyHours(): number {
    return this.config.values.storage.retention_every_hours;
  }
}
