import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { databaseUrl } from '../database/database.module.js';
import { APP_LOGGER } from '../logging/logging.module.js';
import type { AppLogger } from '../logging/app-logger.js';
import { BullmqEngine } from './bullmq-engine.js';
import type { JobQueueEngine } from './job-queue.js';

export const JOB_QUEUE_ENGINE = Symbol('JOB_QUEUE_ENGINE');

/** The queue engine of the process; it connects with its first use, so a command without a queue pays nothing. */
@Global()
@Module({
  providers: [
    {
      provide: JOB_QUEUE_ENGINE,
      useFactory: (logger: AppLogger) =>
        new BullmqEngine({
          connectionString: databaseUrl(),
          logger: {
            warn: (message, error) => {
              logger.warn(message, error, 'queue');
            },
            error: (message, error) => {
              logger.error(message, error, 'queue');
            },
          },
        }),
      inject: [APP_LOGGER],
    },
  ],
  exports: [JOB_QUEUE_ENGINE],
})
export class QueueModule implements OnApplicationShutdown {
  constructor(@Inject(JOB_QUEUE_ENGINE) private readonly engine: JobQueueEngine) {}

  async onApplicationShutdown(): Promise<void> {
    await this.engine.close();
  }
}
