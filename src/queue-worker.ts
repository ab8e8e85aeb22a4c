import { openApplication, type Application } from './application.js';
import { TrainingQueueService } from './pipeline/training-queue.service.js';
import { APP_VERSION } from './platform/app-version.js';
import type { ResolvedConfig } from './platform/config/load-config.js';
import { waitForDatabase } from './platform/database/wait-for-database.js';
import { startProbeServer, type ProbeServer } from './platform/health/probe-server.js';
import { Observations } from './platform/metrics/observations.js';
import type { WorkerMetrics } from './platform/metrics/worker-metrics.js';
import { processIdentity } from './platform/process-identity.js';
import { ApiKeysService } from './platform/security/api-keys.service.js';
import { serviceLogger, settle, SHUTDOWN_GRACE_MS, stopped, stopSignal } from './process-life.js';

export interface QueueWorkerOptions {
  /** Runs at a time. */
  readonly concurrency: number;
  /** Answers probes here; null = nowhere. */
  readonly probes: { readonly host: string; readonly port: number } | null;
}

/** Carries out queued trainings, without HTTP, until SIGTERM or SIGINT. */
export async function runQueueWorker(config: ResolvedConfig, options: QueueWorkerOptions): Promise<void> {
  const logger = serviceLogger(config);
  const signal = stopSignal();
  let notReady: string | null = 'The worker is starting.';
  let metrics: WorkerMetrics | null = null;
  const answers = {
    notReady: () => notReady,
    metrics: () => metrics?.answer.bind(metrics) ?? null,
  };
  const probes: ProbeServer | null =
    options.probes === null ? null : await startProbeServer({ ...options.probes, ...answers });
  if (probes !== null) logger.log(`Health probes answer on port ${probes.port}`);
  try {
    const { url } = config.values.database;
    if (url !== null) {
      const onAway = (reason: string): void => {
        notReady = 'The database cannot be reached.';
        logger.warn(`Waiting for PostgreSQL: ${reason}`);
      };
      await waitForDatabase(url, { signal, onAway });
    }
    if (signal.aborted) return;
    const application = await openApplication(config, logger);
    try {
      await settle(application.context, logger);
      if (probes !== null) metrics = await workerMetrics(application, config);
      const queue = application.context.get(TrainingQueueService);
      await queue.startWorker(options.concurrency, 'worker');
      notReady = null;
      logger.log(
        `mcp-training ${APP_VERSION} worker ${processIdentity()} takes trainings, ${options.concurrency} at a time`,
      );
      await stopped(signal);
      notReady = 'The worker is shutting down.';
      logger.log('Stopping: no new work is taken');
      await queue.stopWorker(SHUTDOWN_GRACE_MS);
    } finally {
      await application.close();
    }
  } finally {
    await probes?.close();
  }
}

async function workerMetrics({ context }: Application, config: ResolvedConfig): Promise<WorkerMetrics> {
  // Only a worker that is asked pays for the library.
  const { WorkerMetrics: Metrics } = await import('./platform/metrics/worker-metrics.js');
  return new Metrics(config, context.get(Observations), context.get(ApiKeysService));
}
