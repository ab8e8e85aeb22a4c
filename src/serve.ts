import 'reflect-metadata';
import { RequestMethod } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import helmet from 'helmet';
import { HttpModule } from './http.module.js';
import { ReconcilerService } from './pipeline/reconciler.service.js';
import { TrainingQueueService } from './pipeline/training-queue.service.js';
import { APP_VERSION } from './platform/app-version.js';
import { provideAppConfig } from './platform/config/app-config.js';
import type { ResolvedConfig } from './platform/config/load-config.js';
import { openDatabaseServer } from './platform/database/database-server.js';
import { provideDatabaseUrl } from './platform/database/database.module.js';
import { endConnections } from './platform/http/end-connections.js';
import { apiKeyGuard, hostGuard, requestId, unknownAddress } from './platform/http/host-guard.js';
import { ProblemFilter } from './platform/http/problem.filter.js';
import { validationPipe } from './platform/http/validation.js';
import { AppLogger } from './platform/logging/app-logger.js';
import { provideAppLogger } from './platform/logging/logging.module.js';
import { AppError } from './shared/errors.js';

export interface Listen {
  readonly host: string;
  readonly port: number;
}

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]', '::1'];
/** Kubernetes gives 30 s between SIGTERM and SIGKILL. */
const SHUTDOWN_GRACE_MS = 20_000;
const HEADERS_TIMEOUT_MS = 10_000;
/** Node's 5 minutes would cut off the upload of a large export; one that stops coming is ended much earlier. */
const REQUEST_TIMEOUT_MS = 6 * 60 * 60 * 1000;
/** What is still under way after the queue has stopped gets so long to end. */
const CONNECTION_GRACE_MS = 3_000;

/** Runs HTTP and one in-process queue worker until SIGTERM or SIGINT. */
export async function serve(config: ResolvedConfig, listen: Listen): Promise<void> {
  const { key, allowed_hosts: allowedHosts, workers } = config.values.api;
  if (!LOOPBACK.includes(listen.host) && key === null) {
    throw new AppError(
      'config_invalid',
      `Listening on ${listen.host} needs an API key: anybody on the network could use the service.`,
      {
        hint: 'Set TRAINING_API_KEY (at least 16 characters), or listen on 127.0.0.1.',
      },
    );
  }
  const logger = new AppLogger({
    level: config.values.logging.level.toLowerCase(),
    format: config.values.logging.format,
    destination: process.stdout,
  });
  provideAppConfig(config);
  provideAppLogger(logger);
  const server = await openDatabaseServer(config, (line) => {
    logger.debug(line, 'postgres');
  });
  provideDatabaseUrl(server.url);
  const app = await NestFactory.create<NestExpressApplication>(HttpModule, { logger, abortOnError: false });
  const hosts = hostNames(listen, allowedHosts);
  configureHttp(app, logger, { key, hosts, maxBodyBytes: config.values.api.max_body_bytes });
  await settle(app, logger);
  await app.init();
  // Nest answers for unknown addresses below the prefix only.
  app.use(unknownAddress());
  // Before the first request is answered: whoever sees this service ready may tell it to stop.
  const stopped = untilStopped();
  try {
    await app.listen(listen.port, listen.host);
  } catch (error) {
    // An open database or timer would keep the process alive, although nothing answers.
    await app.close();
    await server.release();
    throw listenFailure(error, listen);
  }
  const queue = app.get(TrainingQueueService);
  await queue.startWorker(workers);
  const address = await app.getUrl();
  logger.log(`mcp-training ${APP_VERSION} listens on ${address} (API documentation at ${address}/api/docs)`);
  await stopped;
  logger.log('Stopping: no new work is taken');
  await queue.stopWorker(SHUTDOWN_GRACE_MS);
  endConnections(app.getHttpServer(), CONNECTION_GRACE_MS);
  await app.close();
  await server.release();
}

export interface HttpOptions {
  readonly key: string | null;
  readonly hosts: readonly string[];
  /** Largest JSON body; uploads have their own limit. */
  readonly maxBodyBytes: number;
}

/** Everything between the socket and the controllers. */
export function configureHttp(
  app: NestExpressApplication,
  logger: AppLogger,
  { key, hosts, maxBodyBytes }: HttpOptions,
): void {
  app.disable('x-powered-by');
  app.use(requestId(), hostGuard(hosts), apiKeyGuard(key));
  app.useBodyParser('json', { limit: maxBodyBytes });
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        // Swagger UI ships its own inline styles and a small inline boot script.
        directives: {
          defaultSrc: ["'self'"],
          styleSrc: ["'self'", "'unsafe-inline'"],
          imgSrc: ["'self'", 'data:'],
          scriptSrc: ["'self'"],
          frameAncestors: ["'none'"],
          objectSrc: ["'none'"],
          baseUri: ["'self'"],
        },
      },
      strictTransportSecurity: false,
      frameguard: { action: 'deny' },
    }),
  );
  app.use(
    (_request: unknown, response: { setHeader(name: string, value: string): void }, next: () => void) => {
      response.setHeader('cache-control', 'no-store');
      next();
    },
  );
  app.setGlobalPrefix('api/v1', { exclude: [{ path: 'metrics', method: RequestMethod.GET }] });
  app.useGlobalPipes(validationPipe());
  app.useGlobalFilters(new ProblemFilter(logger));
  const http = app.getHttpServer() as { headersTimeout: number; requestTimeout: number };
  http.headersTimeout = HEADERS_TIMEOUT_MS;
  http.requestTimeout = REQUEST_TIMEOUT_MS;
  addDocumentation(app);
}

function addDocumentation(app: NestExpressApplication): void {
  const builder = new DocumentBuilder()
    .setTitle('mcp-training')
    .setDescription('Trains anomaly models from WiFi router logs: exports in, verified models out.')
    .setVersion(APP_VERSION)
    .setOpenAPIVersion('3.1.0')
    .build();
  const document = SwaggerModule.createDocument(app, builder);
  SwaggerModule.setup('api/docs', app, document, {
    jsonDocumentUrl: 'api/openapi.json',
    customSiteTitle: 'mcp-training API',
  });
}

function listenFailure(error: unknown, { host, port }: Listen): unknown {
  const reason = error instanceof Error && 'code' in error ? error.code : undefined;
  if (reason === 'EADDRINUSE') {
    return new AppError('unavailable', `Port ${port} of ${host} is in use by another process.`, {
      cause: error,
      hint: 'Stop that process, or choose another port with --port or TRAINING_API_PORT.',
    });
  }
  if (reason === 'EACCES' || reason === 'EADDRNOTAVAIL' || reason === 'ENOTFOUND') {
    return new AppError(
      'config_invalid',
      `This process cannot listen on ${host}, port ${port} (${reason}).`,
      {
        cause: error,
        hint: 'Choose an address of this machine and a port above 1023 (--host, --port).',
      },
    );
  }
  return error;
}

/** Names under which this process may be called. */
function hostNames({ host }: Listen, allowed: readonly string[]): string[] {
  return [...LOOPBACK, host, ...allowed];
}

async function settle(app: NestExpressApplication, logger: AppLogger): Promise<void> {
  const { settled, problems } = await app.get(ReconcilerService).settle();
  for (const line of settled) logger.log(line, 'reconciler');
  for (const line of problems) logger.warn(line, 'reconciler');
}

/** Resolves with the first SIGTERM or SIGINT; a second one ends the process at once. */
function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    let stopping = false;
    const onSignal = (): void => {
      if (stopping) process.exit(130);
      stopping = true;
      resolve();
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  });
}
