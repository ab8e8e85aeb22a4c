import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { HttpModule } from './http.module.js';
import { configureHttp, type HttpOptions } from './platform/http/configure-http.js';
import { LimitedExpressAdapter } from './platform/http/limited-express-adapter.js';
import { unknownAddress } from './platform/http/request-guards.js';
import type { AppLogger } from './platform/logging/app-logger.js';

/** The service with its routes and everything in front of them, not yet listening. */
export async function createHttpApplication(
  logger: AppLogger,
  options: HttpOptions,
): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(HttpModule, new LimitedExpressAdapter(), {
    logger,
    abortOnError: false,
    // Nest's own would read forms too; configureHttp adds the one that is needed.
    bodyParser: false,
  });
  configureHttp(app, logger, options);
  return app;
}

/** Registers the routes. Afterwards: Nest answers for unknown addresses below the prefix only. */
export async function initHttpApplication(app: NestExpressApplication): Promise<void> {
  await app.init();
  app.use(unknownAddress());
}
