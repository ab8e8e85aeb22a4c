import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

/** A process that takes trainings from the queue. */
@Entity('queue_workers')
@Check('queue_workers_kind_check', `kind IN ('serve', 'worker')`)
export class QueueWorkerEntity {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'queue_workers_pkey' })
  id: string;

  /** As in the leases of runs: host and process. */
  @Column({ type: 'text' })
  identity: string;

  @Column({ type: 'text' })
  kind: string;

  @Column({ type: 'smallint' })
  concurrency: number;

  @Column({ name: 'started_at', type: 'timestamptz', default: () => 'now()' })
  startedAt: Date;

  /** By the clock of the database. */
  @Column({ name: 'heartbeat_at', type: 'timestamptz', default: () => 'now()' })
  heartbeatAt: Date;
}
