import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import type { QueueWorkerInfo, WorkerKind } from './queue-worker-info.js';
import type { QueueCounts, WaitingRun } from './training-run.js';

/** A queued run that nobody has touched for so long may have lost its job, seconds. */
const OVERDUE_SECONDS = 30;
const SWEEP_LIMIT = 200;
/** Rows of workers that are long gone. */
const FORGET_AFTER = '1 day';

/** What the queue is asked about, from the tables: they decide, whatever the engine behind the queue thinks. */
@Injectable()
export class TrainingQueueRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Runs of the queue that wait for long, or whose worker has gone silent; the first to run first. */
  async overdue(): Promise<WaitingRun[]> {
    return this.dataSource.query(
      `SELECT id AS "trainingId", fencing_token AS "fencingToken", priority, status = 'running' AS lost
       FROM training_runs
       WHERE origin <> 'cli' AND ((status = 'running' AND lease_expires_at < now())
         OR (status = 'queued' AND updated_at < now() - make_interval(secs => $1)))
       ORDER BY status DESC, priority, created_at LIMIT $2`,
      [OVERDUE_SECONDS, SWEEP_LIMIT],
    );
  }

  /** Runs of the queue that are not over, the first to run first: each should have a job. */
  async unfinished(): Promise<WaitingRun[]> {
    return this.dataSource.query(
      `SELECT id AS "trainingId", fencing_token AS "fencingToken", priority, false AS lost FROM training_runs
       WHERE status IN ('queued', 'running') AND origin <> 'cli' ORDER BY priority, created_at`,
    );
  }

  async counts(): Promise<QueueCounts> {
    const [row]: { waiting: string; active: string; oldest: string | null }[] = await this.dataSource.query(
      `SELECT count(*) FILTER (WHERE status = 'queued') AS waiting, count(*) FILTER (WHERE status = 'running') AS active,
         extract(epoch FROM now() - min(created_at) FILTER (WHERE status = 'queued')) AS oldest
       FROM training_runs WHERE status IN ('queued', 'running') AND origin <> 'cli'`,
    );
    const { waiting, active, oldest } = row;
    return {
      waiting: Number(waiting),
      active: Number(active),
      oldestWaitingSeconds: oldest === null ? null : Math.max(0, Math.round(Number(oldest) * 1000) / 1000),
    };
  }

  /** 1 = the next to start; null = it does not wait. */
  async position(trainingId: string): Promise<number | null> {
    const rows: { position: string }[] = await this.dataSource.query(
      `SELECT (SELECT count(*) FROM training_runs other WHERE other.status = 'queued' AND other.origin <> 'cli'
         AND (other.priority, other.created_at, other.id) <= (run.priority, run.created_at, run.id)) AS position
       FROM training_runs run WHERE run.id = $1 AND run.status = 'queued'`,
      [trainingId],
    );
    return rows.length === 0 ? null : Number(rows[0].position);
  }

  async heartbeat(id: string, identity: string, kind: WorkerKind, concurrency: number): Promise<void> {
    await this.dataSource.query(
      `INSERT INTO queue_workers (id, identity, kind, concurrency) VALUES ($1, $2, $3, $4)
       ON CONFLICT (id) DO UPDATE SET heartbeat_at = now()`,
      [id, identity, kind, concurrency],
    );
  }

  async removeWorker(id: string): Promise<void> {
    await this.dataSource.query(
      `DELETE FROM queue_workers WHERE id = $1 OR heartbeat_at < now() - $2::interval`,
      [id, FORGET_AFTER],
    );
  }

  /** Workers heard of lately, the longest running first. */
  async workers(aliveSeconds: number): Promise<QueueWorkerInfo[]> {
    const rows: WorkerRow[] = await this.dataSource.query(
      `SELECT identity, kind, concurrency, started_at, heartbeat_at,
         heartbeat_at > now() - make_interval(secs => $1) AS alive,
         (SELECT count(*) FROM training_runs WHERE status = 'running' AND worker_id = identity) AS running
       FROM queue_workers WHERE heartbeat_at > now() - interval '1 hour' ORDER BY started_at, id`,
      [aliveSeconds],
    );
    return rows.map((row) => ({
      identity: row.identity,
      kind: row.kind,
      concurrency: row.concurrency,
      running: Number(row.running),
      alive: row.alive,
      startedAt: row.started_at.toISOString(),
      heartbeatAt: row.heartbeat_at.toISOString(),
    }));
  }
}

interface WorkerRow {
  readonly identity: string;
  readonly kind: WorkerKind;
  readonly concurrency: number;
  readonly running: string;
  readonly alive: boolean;
  readonly started_at: Date;
  readonly heartbeat_at: Date;
}
