import { Check, Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';

/** One training, from its request to its result. Its states are in core/run-status.ts. */
@Entity('training_runs')
@Check(
  'training_runs_status_check',
  `status IN ('queued', 'running', 'completed', 'failed', 'cancelled', 'rejected')`,
)
@Check('training_runs_progress_check', 'progress BETWEEN 0 AND 100')
@Check('training_runs_origin_check', `origin IN ('cli', 'api', 'schedule')`)
@Check('training_runs_priority_check', 'priority BETWEEN 0 AND 1000')
@Unique('training_runs_idempotency_key_key', ['idempotencyKey'])
@Index('training_runs_created_at_idx', ['createdAt', 'id'])
@Index('training_runs_unfinished_idx', ['status', 'leaseExpiresAt'], {
  where: `status IN ('queued', 'running')`,
})
export class TrainingRunEntity {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'training_runs_pkey' })
  id: string;

  @Column({ name: 'model_name', type: 'text' })
  modelName: string;

  @Column({ type: 'text', default: 'queued' })
  status: string;

  /** Percent. */
  @Column({ type: 'smallint', default: 0 })
  progress: number;

  @Column({ type: 'text' })
  step: string;

  /** {code, message, hint} of a failed run. */
  @Column({ type: 'jsonb', nullable: true })
  error: object | null;

  @Column({ type: 'jsonb' })
  request: object;

  /** The resolved configuration this run uses. */
  @Column({ type: 'jsonb' })
  config: object;

  @Column({ name: 'config_hash', type: 'text' })
  configHash: string;

  /** The model version it made; the registry owns that row. */
  @Column({ type: 'text', nullable: true })
  version: string | null;

  @Column({ type: 'jsonb', nullable: true })
  result: object | null;

  @Column({ type: 'text' })
  origin: string;

  @Column({ name: 'idempotency_key', type: 'text', nullable: true })
  idempotencyKey: string | null;

  @Column({ name: 'worker_id', type: 'text', nullable: true })
  workerId: string | null;

  /** By the clock of the database. */
  @Column({ name: 'lease_expires_at', type: 'timestamptz', nullable: true })
  leaseExpiresAt: Date | null;

  /** Grows with every lease; a write with an older token affects no row. */
  @Column({ name: 'fencing_token', type: 'integer', default: 0 })
  fencingToken: number;

  /** Lower runs first. */
  @Column({ type: 'smallint', default: 100 })
  priority: number;

  /** How often another worker had to begin the run again, because its worker had gone silent. */
  @Column({ name: 'lost_workers', type: 'smallint', default: 0 })
  lostWorkers: number;

  @Column({ name: 'cancel_requested', type: 'boolean', default: false })
  cancelRequested: boolean;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'started_at', type: 'timestamptz', nullable: true })
  startedAt: Date | null;

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt: Date | null;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt: Date;
}
