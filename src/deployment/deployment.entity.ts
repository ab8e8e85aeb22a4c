import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** One attempt to put a version on a target. */
@Entity('deployments')
@Check('deployments_action_check', `action IN ('deploy', 'rollback')`)
@Check('deployments_status_check', `status IN ('started', 'active', 'failed')`)
@Index('deployments_model_name_started_at_idx', ['modelName', 'startedAt'])
export class DeploymentEntity {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'deployments_pkey' })
  id: string;

  @Column({ name: 'model_name', type: 'text' })
  modelName: string;

  @Column({ type: 'text' })
  version: string;

  /** Name of the target in the configuration. */
  @Column({ type: 'text' })
  target: string;

  @Column({ type: 'text' })
  layout: string;

  @Column({ type: 'text' })
  action: string;

  @Column({ name: 'previous_version', type: 'text', nullable: true })
  previousVersion: string | null;

  @Column({ type: 'text', default: 'started' })
  status: string;

  @Column({ type: 'text', nullable: true })
  error: string | null;

  @Column({ type: 'text' })
  actor: string;

  @Column({ name: 'started_at', type: 'timestamptz', default: () => 'now()' })
  startedAt: Date;

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt: Date | null;
}
