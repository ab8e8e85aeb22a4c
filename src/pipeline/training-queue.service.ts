import { Inject, Injectable } from '@nestjs/common';
import {
  JobAbortedError,
  NonRetryableJobError,
  type JobContext,
  type JobCounts,
  type JobQueue,
  type JobQueueEngine,
  type QueueWorker,
} from '../platform/queue/job-queue.js';
import { JOB_QUEUE_ENGINE } from '../platform/queue/queue.module.js';
import { AppError } from '../shared/errors.js';
import { isTerminal } from '../training/core/run-status.js';
import { TrainingRunsService } from '../training/training-runs.service.js';
import type { TrainingRun } from '../training/training-run.js';
import { RunExecutorService } from './run-executor.service.js';

interface TrainingJob {
  readonly trainingId: string;
}

const QUEUE_NAME = 'training';
const LOCK_MS = 30_000;
/** A run whose worker died is taken over when its lease has expired; until then taking it fails and is tried again. */
const ATTEMPTS = 10;

/** Trainings on the queue. The run row is the truth; a job only says that somebody should look at it. */
@Injectable()
export class TrainingQueueService {
  private queue: JobQueue<TrainingJob> | undefined;
  private worker: QueueWorker | undefined;

  constructor(
    @Inject(JOB_QUEUE_ENGINE) private readonly engine: JobQueueEngine,
    private readonly runs: TrainingRunsService,
    private readonly executor: RunExecutorService,
  ) {}

  async enqueue(trainingId: string): Promise<void> {
    await this.jobs().add(trainingId, { trainingId }, { attempts: ATTEMPTS });
  }

  /** Ends a queued run at once; a running one is told to stop. */
  async cancel(trainingId: string): Promise<TrainingRun | null> {
    const run = await this.runs.requestCancel(trainingId);
    if (run !== null) await this.jobs().cancel(trainingId);
    return run;
  }

  counts(): Promise<JobCounts> {
    return this.jobs().counts();
  }

  /** Starts taking jobs in this process, after putting back runs whose job was lost. */
  async startWorker(concurrency: number): Promise<void> {
    for (const trainingId of await this.runs.unfinishedIds()) await this.enqueue(trainingId);
    this.worker = this.engine.worker<TrainingJob>(QUEUE_NAME, (job, context) => this.handle(job, context), {
      concurrency,
      lockMs: LOCK_MS,
    });
    await this.worker.start();
  }

  async stopWorker(graceMs: number): Promise<void> {
    await this.worker?.stop({ graceMs });
  }

  private jobs(): JobQueue<TrainingJob> {
    this.queue ??= this.engine.queue<TrainingJob>(QUEUE_NAME);
    return this.queue;
  }

  private async handle({ trainingId }: TrainingJob, context: JobContext): Promise<void> {
    const run = await this.runs.find(trainingId);
    if (run === null) throw new NonRetryableJobError(`Run ${trainingId} does not exist.`);
    if (isTerminal(run.status)) return;
    const execution = await this.executor.execute(run, context.signal);
    if (context.signal.reason instanceof JobAbortedError && context.signal.reason.reason !== 'cancelled') {
      throw context.signal.reason;
    }
    if (execution !== null) return;
    const now = await this.runs.find(trainingId);
    if (now !== null && !isTerminal(now.status)) {
      throw new AppError('conflict', `Run ${trainingId} is still leased to another worker.`);
    }
  }
}
