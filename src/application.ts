import 'reflect-metadata';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { provideAppConfig } from './platform/config/app-config.js';
import type { ResolvedConfig } from './platform/config/load-config.js';
import { provideDatabaseUrl } from './platform/database/database.module.js';
import { openDatabaseServer } from './platform/database/database-server.js';
import type { AppLogger } from './platform/logging/app-logger.js';
import { provideAppLogger } from './platform/logging/logging.module.js';

export interface Application {
  readonly context: INestApplicationContext;
  close(): Promise<void>;
}

/**
 * The service without HTTP: configuration, database (embedded or external, migrated) and every stage. The command
 * line works with this; `close` leaves nothing of this process behind.
 */
export async function openApplication(config: ResolvedConfig, logger: AppLogger): Promise<Application> {
  provideAppConfig(config);
  provideAppLogger(logger);
  const server = await openDatabaseServer(config, (line) => {
    logger.debug(line, 'postgres');
  });
  try {
    provideDatabaseUrl(server.url);
    const context = await NestFactory.createApplicationContext(AppModule, { logger, abortOnError: false });
    return {
      context,
      close: async () => {
        await context.close();
        await server.release();
      },
    };
  } catch (error) {
    await server.release();
    throw error;
  }
}
