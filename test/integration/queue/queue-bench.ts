import { setTimeout as sleep } from 'node:timers/promises';
import { BullmqEngine } from '../../../src/platform/queue/bullmq-engine.js';
import type {
  JobContext,
  JobHandler,
  QueueWorker,
  WorkerOptions,
} from '../../../src/platform/queue/job-queue.js';

export interface Payload {
  readonly trainingId: string;
}

export type Handler = JobHandler<Payload>;

/** One engine, fresh queue names, and everything closed again; what each queue test starts from. */
export class QueueBench {
  readonly warnings: string[] = [];
  readonly engine: BullmqEngine;
  private queues = 0;

  constructor(
    url: string,
    options: { readonly maxConnections?: number; readonly retryDelayMs?: number } = {},
  ) {
    const collect = (line: string): void => void this.warnings.push(line);
    this.engine = new BullmqEngine({
      connectionString: url,
      logger: { warn: collect, error: collect },
      retryDelayMs: 20,
      cancelPollMs: 100,
      ...options,
    });
  }

  newName(): string {
    this.queues += 1;
    return `queue-${process.pid}-${this.queues}-${performance.now().toFixed(0)}`;
  }

  async startWorker(
    name: string,
    handler: Handler,
    options: Partial<WorkerOptions<Payload>> = {},
  ): Promise<QueueWorker> {
    const worker = this.engine.worker<Payload>(name, handler, { concurrency: 1, ...options });
    await worker.start();
    return worker;
  }
}

/** A handler that never ends by itself, but obeys its signal. */
export function untilAborted({ signal }: JobContext): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop);
  });
}

/** Polls until `check` gives a value that is neither false nor undefined. */
export async function eventually<V>(
  what: string,
  check: () => V | Promise<V>,
  withinMs = 10_000,
): Promise<Exclude<V, false | undefined>> {
  for (const deadline = performance.now() + withinMs; ;) {
    const value = await check();
    if (value !== false && value !== undefined) return value as Exclude<V, false | undefined>;
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await sleep(25);
  }
}
