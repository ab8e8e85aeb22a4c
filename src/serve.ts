import 'reflect-metadata';
import { ExportWatchService } from './export/export-watch.service.js';
import { createHttpApplication, initHttpApplication } from './http-application.js';
import { RetentionRunnerService } from './pipeline/retention-runner.service.js';
import { TrainingQueueService } from './pipeline/training-queue.service.js';
import { ScheduleRunnerService } from './pipeline/schedules/schedule-runner.service.js';
import { APP_VERSION } from './platform/app-version.js';
import { lowerThreads } from './platform/compute/thread-task.js';
import { provideAppConfig } from './platform/config/app-config.js';
import type { ResolvedConfig } from './platform/config/load-config.js';
import { openDatabaseServer } from './platform/database/database-server.js';
import { provideDatabaseUrl } from './platform/database/database.module.js';
import { waitForDatabase } from './platform/database/wait-for-database.js';
import { startProbeServer, type ProbeServer } from './platform/health/probe-server.js';
import { endConnections } from './platform/http/end-connections.js';
import type { AppLogger } from './platform/logging/app-logger.js';
import { provideAppLogger } from './platform/logging/logging.module.js';
import { ApiKeysService } from './platform/security/api-keys.service.js';
import { ShutdownState } from './platform/shutdown-state.js';
import { serviceLogger, settle, SHUTDOWN_GRACE_MS, stopped, stopSignal } from './process-life.js';
import { AppError } from './shared/errors.js';

export interface Listen {
  readonly host: string;
  readonly port: number;
}

/** A training gets what answering requests leaves of a core. */
const THREAD_NICENESS = 10;
const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]', '::1'];
/** What is still under way after the queue has stopped gets so long to end. */
const CONNECTION_GRACE_MS = 3_000;

/** Runs HTTP and the in-process queue workers until SIGTERM or SIGINT. */
export async function serve(config: ResolvedConfig, listen: Listen): Promise<void> {
  const { allowed_hosts: allowedHosts, workers } = config.values.api;
  const isLoopback = LOOPBACK.includes(listen.host);
  const logger = serviceLogger(config);
  // Before anything answers: whoever sees this service may tell it to stop.
  const signal = stopSignal();
  provideAppConfig(config);
  provideAppLogger(logger);
  lowerThreads(THREAD_NICENESS);
  const port = await databaseThere(config, listen, { logger, signal });
  if (signal.aborted) return;
  const server = await openDatabaseServer(config, (line) => {
    logger.debug(line, 'postgres');
  });
  provideDatabaseUrl(server.url);
  const hosts = hostNames(listen, allowedHosts);
  const app = await createHttpApplication(logger, { hosts, isLoopback });
  if (!isLoopback && !(await app.get(ApiKeysService).canBeUsed())) {
    await app.close();
    await server.release();
    throw keyNeeded(listen);
  }
  await settle(app, logger);
  await initHttpApplication(app);
  try {
    await app.listen(port, listen.host);
  } catch (error) {
    // An open database or timer would keep the process alive, although nothing answers.
    await app.close();
    await server.release();
    throw listenFailure(error, listen);
  }
  const queue = app.get(TrainingQueueService);
  if (workers > 0) await queue.startWorker(workers);
  const schedules = app.get(ScheduleRunnerService);
  schedules.start();
  const watch = app.get(ExportWatchService);
  watch.start();
  const retention = app.get(RetentionRunnerService);
  retention.start();
  const address = await app.getUrl();
  logger.log(
    `mcp-training ${APP_VERSION} listens on ${address} (dashboard at ${address}/, API documentation at ${address}/api/docs)`,
  );
  await stopped(signal);
  app.get(ShutdownState).begin();
  logger.log('Stopping: no new work is taken');
  await Promise.all([schedules.stop(), watch.stop(), retention.stop(), queue.stopWorker(SHUTDOWN_GRACE_MS)]);
  endConnections(app.getHttpServer(), CONNECTION_GRACE_MS);
  await app.close();
  await server.release();
}

/**
 * Waits for an external database that does not answer yet; meanwhile the probes do: alive, not ready. Returns the port
 * to listen on, which is another than asked for when any would do.
 */
async function databaseThere(
  { values }: ResolvedConfig,
  { host, port }: Listen,
  { logger, signal }: { readonly logger: AppLogger; readonly signal: AbortSignal },
): Promise<number> {
  const { url } = values.database;
  if (url === null) return port;
  let probes: ProbeServer | undefined;
  const onAway = async (reason: string): Promise<void> => {
    const notReady = (): string => 'The service waits for its database.';
    probes = await startProbeServer({ host, port, notReady }).catch((error: unknown) => {
      throw listenFailure(error, { host, port });
    });
    logger.warn(`Waiting for PostgreSQL, port ${probes.port} answers probes only: ${reason}`);
  };
  await waitForDatabase(url, { signal, onAway });
  await probes?.close();
  return probes?.port ?? port;
}

function keyNeeded({ host }: Listen): AppError {
  return new AppError(
    'config_invalid',
    `Listening on ${host} needs an API key: anybody on the network could use the service.`,
    {
      hint:
        'Make one with "mcp-training api-key create --name <name> --scope admin", or set TRAINING_API_KEY ' +
        '(at least 16 characters), or listen on 127.0.0.1.',
    },
  );
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
