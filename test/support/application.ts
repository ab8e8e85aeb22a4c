import 'reflect-metadata';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { HttpModule } from '../../src/http.module.js';
import { provideAppConfig } from '../../src/platform/config/app-config.js';
import { loadConfig, type ResolvedConfig } from '../../src/platform/config/load-config.js';
import { endConnections } from '../../src/platform/http/end-connections.js';
import { provideDatabaseUrl } from '../../src/platform/database/database.module.js';
import { AppLogger } from '../../src/platform/logging/app-logger.js';
import { provideAppLogger } from '../../src/platform/logging/logging.module.js';
import { configureHttp } from '../../src/serve.js';
import { createTestDatabase } from './postgres.js';

export interface TestApplication {
  readonly app: NestExpressApplication;
  readonly config: ResolvedConfig;
  /** Everything that was logged, as JSON lines. */
  readonly log: string[];
  close(): Promise<void>;
}

export interface TestApplicationOptions {
  readonly apiKey?: string | null;
  readonly hosts?: readonly string[];
  readonly overrides?: unknown;
}

/** The whole service on a database and directories of its own, not yet listening. One at a time in a process. */
export async function startApplication(
  name: string,
  directory: string,
  { apiKey = null, hosts = ['127.0.0.1'], overrides }: TestApplicationOptions = {},
): Promise<TestApplication> {
  const database = await createTestDatabase(name);
  const exportsDir = join(directory, 'exports');
  mkdirSync(exportsDir, { recursive: true });
  const config = loadConfig({
    packageRoot: join(import.meta.dirname, '../..'),
    cwd: directory,
    env: {
      TRAINING_DATA_DIR: join(directory, 'data'),
      TRAINING_MODELS_DIR: join(directory, 'models'),
      TRAINING_EXPORTS_DIR: exportsDir,
      DATABASE_URL: database.url,
    },
    overrides,
  });
  const log: string[] = [];
  const destination = { write: (line: string) => void log.push(line) };
  const logger = new AppLogger({ level: 'debug', format: 'json', destination });
  provideAppConfig(config);
  provideAppLogger(logger);
  provideDatabaseUrl(database.url);
  const app = await NestFactory.create<NestExpressApplication>(HttpModule, { logger, abortOnError: false });
  configureHttp(app, logger, { key: apiKey, hosts, maxBodyBytes: config.values.api.max_body_bytes });
  await app.init();
  return {
    app,
    config,
    log,
    close: async () => {
      // As in serve: a connection that a test left open must not keep the hook.
      endConnections(app.getHttpServer(), 200);
      await app.close();
      await database.drop();
    },
  };
}
