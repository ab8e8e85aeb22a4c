import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import type { Transaction } from '../platform/database/transaction.js';
import { AppError } from '../shared/errors.js';
import { isTerminal, type RunStatus } from './core/run-status.js';
import { auditRun } from './run-audit.js';
import { appendEvent, eventsAfter } from './training-event.repository.js';
import { TrainingRunEntity } from './training-run.entity.js';
import type {
  NewTrainingRun,
  RunEvent,
  RunFailure,
  RunLease,
  RunListQuery,
  TrainingRun,
} from './training-run.js';

/** In the middle: there is room before and behind. */
const DEFAULT_PRIORITY = 100;
/** Leases are judged by the database's clock only: replicas may disagree about the time. */
const LEASE_SQL = `now() + make_interval(secs => $2)`;

@Injectable()
export class TrainingRunRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Records a run; one that was recorded under the same idempotency key before is returned instead. */
  async create(run: NewTrainingRun): Promise<TrainingRun> {
    return this.dataSource.transaction(async (manager) => {
      const repository = manager.getRepository(TrainingRunEntity);
      const inserted: { id: string }[] = await manager.query(
        `INSERT INTO training_runs (id, model_name, status, progress, step, request, config, config_hash, origin, idempotency_key, priority)
         VALUES ($1, $2, 'queued', 0, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (idempotency_key) DO NOTHING RETURNING id`,
        [
          run.trainingId,
          run.modelName,
          run.step,
          JSON.stringify(run.request),
          JSON.stringify(run.config),
          run.configHash,
          run.origin,
          run.idempotencyKey,
          run.priority ?? DEFAULT_PRIORITY,
        ],
      );
      if (inserted.length === 0 && run.idempotencyKey !== null) {
        return toRun(await repository.findOneByOrFail({ idempotencyKey: run.idempotencyKey }));
      }
      await appendEvent(manager, run.trainingId, {
        type: 'queued',
        progress: 0,
        step: run.step,
        message: null,
        data: null,
      });
      const created = toRun(await repository.findOneByOrFail({ id: run.trainingId }));
      await auditRun(manager, 'training_started', run.trainingId, {
        actor: run.actor ?? 'system',
        to: { model_name: run.modelName, origin: run.origin, config_hash: run.configHash },
      });
      return created;
    });
  }

  async find(trainingId: string): Promise<TrainingRun | null> {
    const entity = await this.dataSource.getRepository(TrainingRunEntity).findOneBy({ id: trainingId });
    return entity === null ? null : toRun(entity);
  }

  async findByIdempotencyKey(key: string): Promise<TrainingRun | null> {
    const entity = await this.dataSource.getRepository(TrainingRunEntity).findOneBy({ idempotencyKey: key });
    return entity === null ? null : toRun(entity);
  }

  /** In a stable order; `before` is the last row of the page before. */
  async list(wanted: RunListQuery): Promise<TrainingRun[]> {
    const { limit, before, status, modelName, origin, createdFrom, createdBefore, ascending } = wanted;
    const direction = ascending === true ? 'ASC' : 'DESC';
    const query = this.dataSource
      .getRepository(TrainingRunEntity)
      .createQueryBuilder('run')
      .orderBy('run.createdAt', direction)
      .addOrderBy('run.id', direction)
      .limit(limit);
    if (status !== undefined) query.andWhere('run.status = :status', { status });
    if (modelName !== undefined) query.andWhere('run.modelName = :modelName', { modelName });
    if (origin !== undefined) query.andWhere('run.origin = :origin', { origin });
    if (createdFrom !== undefined) query.andWhere('run.createdAt >= :createdFrom', { createdFrom });
    if (createdBefore !== undefined) query.andWhere('run.createdAt < :createdBefore', { createdBefore });
    if (before !== undefined) {
      // The row itself knows its time to the microsecond, a cursor only to the millisecond.
      query.andWhere(
        `(run.createdAt, run.id) ${ascending === true ? '>' : '<'} (coalesce((SELECT created_at FROM training_runs WHERE id = CAST(:id AS uuid)),
           CAST(:at AS timestamptz)), CAST(:id AS uuid))`,
        { at: before.createdAt, id: before.id },
      );
    }
    return (await query.getMany()).map(toRun);
  }

  /**
   * Takes the run for a worker: queued, or running under a lease that has expired. The higher fencing token shuts out
   * a worker that lost its lease and comes back. null = somebody else has it, or it has ended.
   */
  async start(
    trainingId: string,
    workerId: string,
    leaseSeconds: number,
    maxLostWorkers = 32_000,
  ): Promise<RunLease | null> {
    return this.dataSource.transaction(async (manager) => {
      const [rows] = await manager.query<[StartedRow[], number]>(
        `WITH old AS (SELECT status FROM training_runs WHERE id = $1 FOR UPDATE)
         UPDATE training_runs SET status = 'running', worker_id = $3, fencing_token = fencing_token + 1,
           lease_expires_at = ${LEASE_SQL}, started_at = coalesce(started_at, now()), updated_at = now(), error = NULL,
           lost_workers = lost_workers + (old.status = 'running')::int
         FROM old WHERE id = $1 AND NOT cancel_requested
           AND (old.status = 'queued' OR (old.status = 'running' AND lost_workers < $4
             AND (lease_expires_at < now() OR worker_id = $3)))
         RETURNING fencing_token, progress, result, old.status = 'running' AS again`,
        [trainingId, leaseSeconds, workerId, maxLostWorkers],
      );
      if (rows.length === 0) {
        await endCancelled(manager, trainingId);
        await endExhausted(manager, trainingId, maxLostWorkers);
        return null;
      }
      const [{ fencing_token: fencingToken, progress, result, again }] = rows;
      if (again) {
        const step = 'Started again: its worker was lost';
        await appendEvent(manager, trainingId, {
          type: 'restarted',
          progress,
          step,
          message: null,
          data: null,
        });
      }
      return { trainingId, fencingToken, ...(result === null ? {} : { registered: result }) };
    });
  }

  /**
   * Notes within the transaction that registers it which version the run has made, with its result: from then on the
   * run makes no other one. Throws when the lease was lost or a cancel came first; then nothing is registered.
   */
  async recordVersion(
    transaction: Transaction,
    lease: RunLease,
    { version, result }: { readonly version: string; readonly result: object },
  ): Promise<void> {
    const [rows] = await transaction.query<[{ id: string }[], number]>(
      `UPDATE training_runs SET version = $3, result = $4, updated_at = now()
       WHERE id = $1 AND fencing_token = $2 AND status = 'running' AND result IS NULL AND NOT cancel_requested
       RETURNING id`,
      [lease.trainingId, lease.fencingToken, version, JSON.stringify(result)],
    );
    if (rows.length > 0) return;
    throw new AppError('cancelled', 'The run was cancelled, or taken over by another worker.');
  }

  /** Extends the lease. 'lost' = the run belongs to somebody else or has ended; 'cancel' = somebody asked to stop. */
  async renew(lease: RunLease, leaseSeconds: number): Promise<'ok' | 'cancel' | 'lost'> {
    const [rows] = await this.dataSource.query<[{ cancel_requested: boolean }[], number]>(
      `UPDATE training_runs SET lease_expires_at = ${LEASE_SQL}
       WHERE id = $1 AND fencing_token = $3 AND status = 'running' RETURNING cancel_requested`,
      [lease.trainingId, leaseSeconds, lease.fencingToken],
    );
    if (rows.length === 0) return 'lost';
    return rows[0].cancel_requested ? 'cancel' : 'ok';
  }

  async progress(lease: RunLease, progress: number, step: string): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const [rows] = await manager.query<[{ id: string }[], number]>(
        `UPDATE training_runs SET progress = $3, step = $4, updated_at = now()
         WHERE id = $1 AND fencing_token = $2 AND status = 'running' AND (progress, step) IS DISTINCT FROM ($3, $4)
         RETURNING id`,
        [lease.trainingId, lease.fencingToken, progress, step],
      );
      if (rows.length > 0) {
        await appendEvent(manager, lease.trainingId, {
          type: 'progress',
          progress,
          step,
          message: null,
          data: null,
        });
      }
    });
  }

  /** Ends a run exactly once. false = the lease was lost; nothing was written. */
  async finish(lease: RunLease, end: RunEnd): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const [rows] = await manager.query<[{ progress: number; step: string }[], number]>(
        `UPDATE training_runs SET status = $3, progress = coalesce($4, progress), step = coalesce($5, step), version = $6,
           result = $7, error = $8, finished_at = now(), updated_at = now(), lease_expires_at = NULL
         WHERE id = $1 AND fencing_token = $2 AND status = 'running' RETURNING progress, step`,
        [
          lease.trainingId,
          lease.fencingToken,
          end.status,
          end.progress ?? null,
          end.step ?? null,
          end.version ?? null,
          end.result === undefined ? null : JSON.stringify(end.result),
          end.error === undefined ? null : JSON.stringify(end.error),
        ],
      );
      if (rows.length === 0) return false;
      await appendEvent(manager, lease.trainingId, {
        type: end.status,
        progress: rows[0].progress,
        step: rows[0].step,
        message: end.error?.message ?? null,
        data: end.version === undefined ? null : { version: end.version },
      });
      return true;
    });
  }

  /** Whether the holder of this lease has ended the run in this way: its answer may have been lost. */
  async hasEnded(lease: RunLease, status: RunStatus): Promise<boolean> {
    return this.dataSource
      .getRepository(TrainingRunEntity)
      .existsBy({ id: lease.trainingId, fencingToken: lease.fencingToken, status });
  }

  /** Hands a running run back to the queue (its worker shuts down). */
  async requeue(lease: RunLease): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await manager.query(
        `UPDATE training_runs SET status = 'queued', progress = 0, worker_id = NULL, lease_expires_at = NULL, updated_at = now()
         WHERE id = $1 AND fencing_token = $2 AND status = 'running'`,
        [lease.trainingId, lease.fencingToken],
      );
      await endCancelled(manager, lease.trainingId);
    });
  }

  /**
   * A run that nobody works on (queued, or its lease has expired) ends at once; a running one is asked to stop.
   * null = there is no such run.
   */
  async requestCancel(trainingId: string, actor = 'system'): Promise<TrainingRun | null> {
    return this.dataSource.transaction(async (manager) => {
      const [asked] = await manager.query<[{ was: string }[], number]>(
        `WITH old AS (SELECT status, cancel_requested FROM training_runs WHERE id = $1 FOR UPDATE)
         UPDATE training_runs SET cancel_requested = true, updated_at = now() FROM old
         WHERE id = $1 AND old.status IN ('queued', 'running') AND NOT old.cancel_requested
         RETURNING old.status AS was`,
        [trainingId],
      );
      await endCancelled(manager, trainingId);
      const entity = await manager.getRepository(TrainingRunEntity).findOneBy({ id: trainingId });
      if (asked.length > 0) {
        await auditRun(manager, 'training_cancelled', trainingId, {
          actor,
          from: { status: asked[0].was },
          to: { cancel_requested: true },
        });
      }
      return entity === null ? null : toRun(entity);
    });
  }

  /** Running runs whose worker may be gone: for the reconciler. */
  async runningWithWorkers(): Promise<
    { trainingId: string; workerId: string; expired: boolean; origin: string }[]
  > {
    return this.dataSource.query(
      `SELECT id AS "trainingId", worker_id AS "workerId", origin, lease_expires_at < now() AS expired
       FROM training_runs WHERE status = 'running'`,
    );
  }

  /** Ends a run whose worker is known to be gone; the worker id guards against a new owner. */
  async abandon(trainingId: string, workerId: string, error: RunFailure): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const [rows] = await manager.query<[{ progress: number; step: string }[], number]>(
        `UPDATE training_runs SET status = 'failed', error = $3, finished_at = now(), updated_at = now(),
           lease_expires_at = NULL, fencing_token = fencing_token + 1
         WHERE id = $1 AND worker_id = $2 AND status = 'running' RETURNING progress, step`,
        [trainingId, workerId, JSON.stringify(error)],
      );
      if (rows.length === 0) return false;
      await appendEvent(manager, trainingId, {
        type: 'failed',
        ...rows[0],
        message: error.message,
        data: null,
      });
      return true;
    });
  }

  async eventsAfter(trainingId: string, sequence: number, limit: number): Promise<RunEvent[]> {
    return eventsAfter(this.dataSource, { trainingId, sequence, limit });
  }

  async expireLease(trainingId: string, workerId: string): Promise<void> {
    await this.dataSource.query(
      `UPDATE training_runs SET lease_expires_at = now() - interval '1 second'
       WHERE id = $1 AND worker_id = $2 AND status = 'running'`,
      [trainingId, workerId],
    );
  }
}

export interface RunEnd {
  readonly status: 'completed' | 'rejected' | 'failed' | 'cancelled';
  readonly progress?: number;
  readonly step?: string;
  readonly version?: string;
  readonly result?: unknown;
  readonly error?: RunFailure;
}

interface StartedRow {
  readonly fencing_token: number;
  readonly progress: number;
  readonly result: unknown;
  readonly again: boolean;
}

/** Ends a run whose cancellation was asked for and that no living worker has; the token shuts out one that comes back. */
async function endCancelled(manager: EntityManager, trainingId: string): Promise<void> {
  const [rows] = await manager.query<[{ progress: number }[], number]>(
    `UPDATE training_runs SET status = 'cancelled', finished_at = now(), updated_at = now(), lease_expires_at = NULL,
       fencing_token = fencing_token + 1
     WHERE id = $1 AND cancel_requested AND (status = 'queued' OR (status = 'running' AND lease_expires_at < now()))
     RETURNING progress`,
    [trainingId],
  );
  if (rows.length === 0) return;
  await appendEvent(manager, trainingId, {
    type: 'cancelled',
    progress: rows[0].progress,
    step: 'Cancelled',
    message: null,
    data: null,
  });
}

/** Ends a run that took down worker after worker, or would go on doing so. */
async function endExhausted(
  manager: EntityManager,
  trainingId: string,
  maxLostWorkers: number,
): Promise<void> {
  const error: RunFailure = {
    code: 'workers_lost',
    message: `The run was given up: ${maxLostWorkers + 1} workers in turn ended or went silent while they worked on it.`,
    hint: 'Look at the logs of the workers: the machine may have too little memory for this training.',
  };
  const [rows] = await manager.query<[{ progress: number; step: string }[], number]>(
    `UPDATE training_runs SET status = 'failed', error = $3, finished_at = now(), updated_at = now(),
       lease_expires_at = NULL, fencing_token = fencing_token + 1
     WHERE id = $1 AND status = 'running' AND lease_expires_at < now() AND lost_workers >= $2
     RETURNING progress, step`,
    [trainingId, maxLostWorkers, JSON.stringify(error)],
  );
  if (rows.length === 0) return;
  await appendEvent(manager, trainingId, { type: 'failed', ...rows[0], message: error.message, data: null });
}

function toRun(entity: TrainingRunEntity): TrainingRun {
  return {
    trainingId: entity.id,
    modelName: entity.modelName,
    status: entity.status as RunStatus,
    progress: entity.progress,
    step: entity.step,
    error: entity.error as RunFailure | null,
    request: entity.request,
    config: entity.config,
    configHash: entity.configHash,
    version: entity.version,
    result: entity.result,
    origin: entity.origin as TrainingRun['origin'],
    priority: entity.priority,
    lostWorkers: entity.lostWorkers,
    cancelRequested: entity.cancelRequested && !isTerminal(entity.status as RunStatus),
    createdAt: entity.createdAt.toISOString(),
    startedAt: entity.startedAt?.toISOString() ?? null,
    finishedAt: entity.finishedAt?.toISOString() ?? null,
    updatedAt: entity.updatedAt.toISOString(),
  };
}
