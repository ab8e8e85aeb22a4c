import { runQueueWorker } from '../queue-worker.js';
import { AppError } from '../shared/errors.js';
import type { GlobalOptions } from './command.js';
import { configuration } from './configuration.js';
import type { Output } from './output.js';

interface WorkerOptions extends GlobalOptions {
  readonly concurrency?: string;
  readonly healthPort?: string;
  readonly healthHost: string;
}

const MAX_CONCURRENCY = 64;

export async function run(_: readonly string[], options: WorkerOptions, output: Output): Promise<void> {
  const config = configuration(options, output);
  // `serve` without workers of its own is one whose work is done here.
  const concurrency = wholeNumber('--concurrency', options.concurrency, [1, MAX_CONCURRENCY]);
  const port = wholeNumber('--health-port', options.healthPort, [0, 65_535]);
  await runQueueWorker(config, {
    concurrency: concurrency ?? Math.max(1, config.values.api.workers),
    probes: port === null ? null : { host: options.healthHost, port },
  });
}

function wholeNumber(
  option: string,
  text: string | undefined,
  [from, to]: readonly [number, number],
): number | null {
  if (text === undefined) return null;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= from && value <= to) return value;
  throw new AppError(
    'usage',
    `${option} ${JSON.stringify(text)} is not a whole number from ${from} to ${to}.`,
  );
}
