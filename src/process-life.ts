import type { INestApplicationContext } from '@nestjs/common';
import { ReconcilerService } from './pipeline/reconciler.service.js';
import type { ResolvedConfig } from './platform/config/load-config.js';
import type { AppLogger } from './platform/logging/app-logger.js';
import { boundedLogger } from './platform/logging/bounded-logger.js';

/** Kubernetes gives 30 s between SIGTERM and SIGKILL. */
export const SHUTDOWN_GRACE_MS = 20_000;

/** The log of a process that runs until it is stopped: stdout, as configured. */
export function serviceLogger({ values }: ResolvedConfig): AppLogger {
  return boundedLogger(values, process.stdout);
}

/** Aborted by the first SIGTERM or SIGINT; a second one ends the process at once. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  return controller.signal;
}

export function stopped(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener(
      'abort',
      () => {
        resolve();
      },
      { once: true },
    );
  });
}

/** What a crash left is settled before anything new begins. */
export async function settle(app: INestApplicationContext, logger: AppLogger): Promise<void> {
  const { settled, problems } = await app.get(ReconcilerService).settle();
  for (const line of settled) logger.log(line, 'reconciler');
  for (const line of problems) logger.warn(line, 'reconciler');
}
