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
import { isTerminal } from '../training/core/run-status.js';
import { TrainingRunsService } from '../training/training-runs.service.js';
import type { QueueWorkerInfo, WorkerKind } from '../training/queue-worker-info.js';
import type { QueueCounts, TrainingRun, WaitingRun } from '../training/training-run.js';
import { QueueWatchdogService } from './queue-watchdog.service.js';
import { RunExecutorService } from './run-executor.service.js';

interface TrainingJob {
  readonly trainingId: string;
}

export interface QueueStatus extends QueueCounts {
  /** Trainings that the living workers can carry out at a time. */
  readonly capacity: number;
  readonly workers: readonly QueueWorkerInfo[];
}

const QUEUE_NAME = 'training';
const LOCK_MS = 30_000;
/** Of a job, while the database is away. What a run itself does wrong is not tried again; see the run row. */
const ATTEMPTS = 5;

/** Trainings on the queue. The run row is the truth; a job only says that somebody should look at it. */
@Injectable()
export class TrainingQueueService {
  private queue: JobQueue<TrainingJob> | undefined;
  private worker: QueueWorker | undefined;

  constructor(
    @Inject(JOB_QUEUE_ENGINE) private readonly engine: JobQueueEngine,
    private readonly runs: TrainingRunsService,
    private readonly executor: RunExecutorService,
    private readonly watchdog: QueueWatchdogService,
  ) {}

  /** Asks for a worker for a recorded run; asking twice is asking once. */
  async enqueue(trainingId: string): Promise<void> {
    const { priority } = await this.runs.get(trainingId);
    await this.add({ trainingId, priority, fencingToken: 0, lost: false });
  }

  /** Ends a queued run at once; a running one is told to stop. */
  async cancel(trainingId: string, actor: string): Promise<TrainingRun | null> {
    const run = await this.runs.requestCancel(trainingId, actor);
    if (run !== null) await this.jobs().cancel(trainingId);
    return run;
  }

  /** Jobs as the engine counts them. */
  counts(): Promise<JobCounts> {
    return this.jobs().counts();
  }

  async status(): Promise<QueueStatus> {
    const [counts, workers] = await Promise.all([this.runs.queueCounts(), this.runs.workers()]);
    const capacity = workers.reduce((sum, { alive, concurrency }) => sum + (alive ? concurrency : 0), 0);
    return { ...counts, capacity, workers };
  }

  /** Starts taking jobs in this process, after putting back runs whose job was lost. */
  async startWorker(concurrency: number, kind: WorkerKind = 'serve'): Promise<void> {
    for (const run of await this.runs.unfinished()) await this.add(run);
    this.worker = this.engine.worker<TrainingJob>(QUEUE_NAME, (job, context) => this.handle(job, context), {
      concurrency,
      lockMs: LOCK_MS,
    });
    await this.worker.start();
    await this.watchdog.start({ kind, concurrency, requeue: (run) => this.add(run) });
  }

  async stopWorker(graceMs: number): Promise<void> {
    await this.worker?.stop({ graceMs });
    await this.watchdog.stop();
  }

  private async add({ trainingId, fencingToken, priority, lost }: WaitingRun): Promise<void> {
    // The job of a lost worker still counts as active for a while; its run need not wait for that.
    const jobId = lost ? `${trainingId}-${fencingToken}` : trainingId;
    // It has waited once already: it goes first, as a run that a worker handed back does.
    await this.jobs().add(
      jobId,
      { trainingId },
      {
        attempts: ATTEMPTS,
        priority: lost ? 0 : priority,
        keepFinished: false,
      },
    );
  }

  private jobs(): JobQueue<TrainingJob> {
    this.queue ??= this.engine.queue<TrainingJob>(QUEUE_NAME);
    return this.queue;
  }

  private async handle({ trainingId }: TrainingJob, context: JobContext): Promise<void> {
    const run = await this.runs.find(trainingId);
    if (run === null) throw new NonRetryableJobError(`Run ${trainingId} does not exist.`);
    if (isTerminal(run.status)) return;
    const signal = decidingSignal(context.signal);
    // null: it has ended, or another worker has it. Should that one be lost, the watchdog brings the run back.
    await this.executor.execute(run, signal);
    if (signal.reason instanceof JobAbortedError && signal.reason.reason === 'shutdown') throw signal.reason;
  }
}

/**
 * A job that was delivered again (its lock is in the engine, on the clocks of the processes) is no reason to stop: who
 * may work on a run is decided by the lease in its row.
 */
function decidingSignal(signal: AbortSignal): AbortSignal {
  const stop = new AbortController();
  const onAbort = (): void => {
    const reason: unknown = signal.reason;
    if (!(reason instanceof JobAbortedError && reason.reason === 'lock_lost')) stop.abort(reason);
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  return stop.signal;
}
