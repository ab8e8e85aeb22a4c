import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { APP_LOGGER } from '../platform/logging/logging.module.js';
import type { AppLogger } from '../platform/logging/app-logger.js';
import { processIdentity } from '../platform/process-identity.js';
import type { WorkerKind } from '../training/queue-worker-info.js';
import { TrainingRunsService } from '../training/training-runs.service.js';
import type { WaitingRun } from '../training/training-run.js';
import { ReconcilerService } from './reconciler.service.js';

const ROUND_MS = 5_000;

export interface Watched {
  readonly kind: WorkerKind;
  readonly concurrency: number;
  readonly requeue: (run: WaitingRun) => Promise<void>;
}

/**
 * Of every process that takes trainings: gives a sign of life, and brings runs back whose worker has gone silent, or
 * whose job was lost. Any number of processes may do that at once; the lease decides who gets a run.
 */
@Injectable()
export class QueueWatchdogService {
  private readonly id = randomUUID();
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> = Promise.resolve();
  private failing = false;

  constructor(
    private readonly runs: TrainingRunsService,
    private readonly reconciler: ReconcilerService,
    @Inject(APP_LOGGER) private readonly logger: AppLogger,
  ) {}

  async start(watched: Watched): Promise<void> {
    await this.runs.workerAlive(this.id, processIdentity(), watched.kind, watched.concurrency);
    let busy = false;
    this.timer = setInterval(() => {
      if (busy) return;
      busy = true;
      this.round = this.tryRound(watched).finally(() => {
        busy = false;
      });
    }, ROUND_MS);
  }

  async stop(): Promise<void> {
    if (this.timer === undefined) return;
    clearInterval(this.timer);
    this.timer = undefined;
    await this.round;
    // Without a database nobody can be told; the row grows old.
    await this.runs.workerGone(this.id).catch(() => undefined);
  }

  private async tryRound(watched: Watched): Promise<void> {
    try {
      await this.look(watched);
      this.failing = false;
    } catch (error) {
      // Said once, not every five seconds for as long as the database is away.
      if (!this.failing) this.logger.warn(`The watchdog of the queue failed: ${String(error)}`, 'queue');
      this.failing = true;
    }
  }

  private async look({ kind, concurrency, requeue }: Watched): Promise<void> {
    await this.runs.workerAlive(this.id, processIdentity(), kind, concurrency);
    for (const line of await this.reconciler.endAbandonedRuns()) this.logger.log(line, 'reconciler');
    for (const run of await this.runs.overdue()) {
      if (run.lost)
        this.logger.warn(`The worker of run ${run.trainingId} was lost; it is handed out again.`, 'queue');
      await requeue(run);
    }
  }
}
