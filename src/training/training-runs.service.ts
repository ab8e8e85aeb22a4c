import { Injectable } from '@nestjs/common';
import { retryOnLoss } from '../platform/database/retry-on-loss.js';
import type { Transaction } from '../platform/database/transaction.js';
import { AppError } from '../shared/errors.js';
import { TrainingQueueRepository } from './training-queue.repository.js';
import type { QueueWorkerInfo, WorkerKind } from './queue-worker-info.js';
import { TrainingRunRepository, type RunEnd } from './training-run.repository.js';
import type {
  NewTrainingRun,
  QueueCounts,
  RunEvent,
  RunFailure,
  RunLease,
  RunListQuery,
  TrainingRun,
  WaitingRun,
} from './training-run.js';

/** How long a run belongs to a worker that has stopped renewing, seconds. */
const LEASE_SECONDS = 30;
/** A run is begun again so often when its worker was lost; it may be the run that ends them. */
const MAX_LOST_WORKERS = 4;
/** A worker that has given no sign of life for so long counts as gone, seconds. */
const WORKER_ALIVE_SECONDS = 20;

/** Training runs for the rest of the service: who works on what, how far it is, how it ended. */
@Injectable()
export class TrainingRunsService {
  constructor(
    private readonly runs: TrainingRunRepository,
    private readonly queue: TrainingQueueRepository,
  ) {}

  create(run: NewTrainingRun): Promise<TrainingRun> {
    return this.runs.create(run);
  }

  find(trainingId: string): Promise<TrainingRun | null> {
    return this.runs.find(trainingId);
  }

  async get(trainingId: string): Promise<TrainingRun> {
    const run = await this.runs.find(trainingId);
    if (run !== null) return run;
    throw new AppError('not_found', `There is no training run ${trainingId}.`);
  }

  findByIdempotencyKey(key: string): Promise<TrainingRun | null> {
    return this.runs.findByIdempotencyKey(key);
  }

  list(query: RunListQuery): Promise<TrainingRun[]> {
    return this.runs.list(query);
  }

  /**
   * Takes the run for a worker; null = somebody else has it, or it has ended. One that has taken worker after worker
   * with it is ended here.
   */
  start(trainingId: string, workerId: string): Promise<RunLease | null> {
    return this.runs.start(trainingId, workerId, LEASE_SECONDS, MAX_LOST_WORKERS);
  }

  renew(lease: RunLease): Promise<'ok' | 'cancel' | 'lost'> {
    return this.runs.renew(lease, LEASE_SECONDS);
  }

  /** Written again when the database was away; the same progress twice is one event. */
  progress(lease: RunLease, progress: number, step: string, signal?: AbortSignal): Promise<void> {
    return retryOnLoss(() => this.runs.progress(lease, progress, step), { signal });
  }

  /** See the repository: part of the transaction that registers the version. */
  recordVersion(
    transaction: Transaction,
    lease: RunLease,
    made: { readonly version: string; readonly result: object },
  ): Promise<void> {
    return this.runs.recordVersion(transaction, lease, made);
  }

  /** Ends a run exactly once, also when the database goes away meanwhile. false = the lease was lost. */
  finish(lease: RunLease, end: RunEnd): Promise<boolean> {
    return retryOnLoss(async (attempt) => {
      if (await this.runs.finish(lease, end)) return true;
      // The first attempt may have been carried out although its answer was lost.
      return attempt > 1 && (await this.runs.hasEnded(lease, end.status));
    });
  }

  requeue(lease: RunLease): Promise<void> {
    return this.runs.requeue(lease);
  }

  requestCancel(trainingId: string, actor: string): Promise<TrainingRun | null> {
    return this.runs.requestCancel(trainingId, actor);
  }

  runningWithWorkers(): ReturnType<TrainingRunRepository['runningWithWorkers']> {
    return this.runs.runningWithWorkers();
  }

  /** Ends a run whose worker is gone; false = somebody has taken it meanwhile. */
  abandon(trainingId: string, workerId: string, error: RunFailure): Promise<boolean> {
    return this.runs.abandon(trainingId, workerId, error);
  }

  /** Lets another worker take a run at once whose worker is known to be gone. */
  expireLease(trainingId: string, workerId: string): Promise<void> {
    return this.runs.expireLease(trainingId, workerId);
  }

  eventsAfter(trainingId: string, sequence: number, limit: number): Promise<RunEvent[]> {
    return this.runs.eventsAfter(trainingId, sequence, limit);
  }

  /** Runs that wait for a worker or are under way, and should have a job in the queue. */
  unfinished(): Promise<WaitingRun[]> {
    return this.queue.unfinished();
  }

  /** Runs that may have lost their job, or whose worker has gone silent. */
  overdue(): Promise<WaitingRun[]> {
    return this.queue.overdue();
  }

  /** Queued runs and those under way, without those of commands. */
  queueCounts(): Promise<QueueCounts> {
    return this.queue.counts();
  }

  /** Place of a queued run, 1 = the next; null = it does not wait. */
  queuePosition(trainingId: string): Promise<number | null> {
    return this.queue.position(trainingId);
  }

  workerAlive(id: string, identity: string, kind: WorkerKind, concurrency: number): Promise<void> {
    return this.queue.heartbeat(id, identity, kind, concurrency);
  }

  workerGone(id: string): Promise<void> {
    return this.queue.removeWorker(id);
  }

  workers(): Promise<QueueWorkerInfo[]> {
    return this.queue.workers(WORKER_ALIVE_SECONDS);
  }
}
