import { Injectable } from '@nestjs/common';
import { AppError } from '../shared/errors.js';
import { TrainingRunRepository, type RunEnd } from './training-run.repository.js';
import type {
  NewTrainingRun,
  RunEvent,
  RunFailure,
  RunLease,
  RunListQuery,
  TrainingRun,
} from './training-run.js';

/** How long a run belongs to a worker that has stopped renewing, seconds. */
const LEASE_SECONDS = 30;

/** Training runs for the rest of the service: who works on what, how far it is, how it ended. */
@Injectable()
export class TrainingRunsService {
  constructor(private readonly runs: TrainingRunRepository) {}

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

  /** Takes the run for a worker; null = somebody else has it, or it has ended. */
  start(trainingId: string, workerId: string): Promise<RunLease | null> {
    return this.runs.start(trainingId, workerId, LEASE_SECONDS);
  }

  renew(lease: RunLease): Promise<'ok' | 'cancel' | 'lost'> {
    return this.runs.renew(lease, LEASE_SECONDS);
  }

  progress(lease: RunLease, progress: number, step: string): Promise<void> {
    return this.runs.progress(lease, progress, step);
  }

  finish(lease: RunLease, end: RunEnd): Promise<boolean> {
    return this.runs.finish(lease, end);
  }

  requeue(lease: RunLease): Promise<void> {
    return this.runs.requeue(lease);
  }

  requestCancel(trainingId: string): Promise<TrainingRun | null> {
    return this.runs.requestCancel(trainingId);
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

  /** Runs that wait for a worker and should have a job in the queue. */
  unfinishedIds(): Promise<string[]> {
    return this.runs.unfinishedIds();
  }
}
