import 'reflect-metadata';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DataSource } from 'typeorm';
import { createHttpApplication, initHttpApplication } from '../../src/http-application.js';
import { provideAppConfig } from '../../src/platform/config/app-config.js';
import { loadConfig, type ResolvedConfig } from '../../src/platform/config/load-config.js';
import { endConnections } from '../../src/platform/http/end-connections.js';
import { provideDatabaseUrl } from '../../src/platform/database/database.module.js';
import { AppLogger } from '../../src/platform/logging/app-logger.js';
import { provideAppLogger } from '../../src/platform/logging/logging.module.js';
import { createTestDatabase } from './postgres.js';

export interface TestApplication {
  readonly app: NestExpressApplication;
  readonly config: ResolvedConfig;
  readonly dataSource: DataSource;
  /** Everything that was logged, as JSON lines. */
  readonly log: string[];
  close(): Promise<void>;
}

export interface TestApplicationOptions {
  /** TRAINING_API_KEY. */
  readonly apiKey?: string;
  readonly hosts?: readonly string[];
  /** false = as if it listened on an address that others can reach. */
  readonly isLoopback?: boolean;
  /** More of the environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly overrides?: unknown;
}

/** The whole service on a database and directories of its own, not yet listening. One at a time in a process. */
export async function startApplication(
  name: string,
  directory: string,
  { apiKey, hosts = ['127.0.0.1'], isLoopback = true, env = {}, overrides }: TestApplicationOptions = {},
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
      TRAINING_API_KEY: apiKey,
      ...env,
    },
    overrides,
  });
  const log: string[] = [];
  const destination = { write: (line: string) => void log.push(line) };
  const logger = new AppLogger({ level: 'debug', format: 'json', destination });
  provideAppConfig(config);
  provideAppLogger(logger);
  provideDatabaseUrl(database.url);
  const app = await createHttpApplication(logger, { hosts, isLoopback });
  await initHttpApplication(app);
  return {
    app,
    config,
    dataSource: app.get(DataSource),
    log,
    close: async () => {
      // As in serve: a connection that a test left open must not keep the hook.
      endConnections(app.getHttpServer(), 200);
      await app.close();
      await database.drop();
    },
  };
}
