import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** One registered model version. Its states are in core/lifecycle.ts; one index allows one champion to a model. */
@Entity('model_versions')
@Check('model_versions_version_check', `version ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$'`)
@Check(
  'model_versions_status_check',
  `status IN ('available', 'deployed', 'archived', 'rejected', 'corrupt')`,
)
@Check('model_versions_deleted_check', `deleted_at IS NULL OR status <> 'deployed'`)
@Index('model_versions_model_name_created_at_idx', ['modelName', 'createdAt', 'version'])
@Index('model_versions_created_at_idx', ['createdAt', 'version'])
@Index('model_versions_one_champion_idx', ['modelName'], { unique: true, where: `status = 'deployed'` })
export class ModelVersionEntity {
  /** Also the name of its directory, so the database allows only names that are safe as one. */
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'model_versions_pkey' })
  version: string;

  @Column({ name: 'model_name', type: 'text' })
  modelName: string;

  @Column({ type: 'text' })
  status: string;

  /** Relative to the artifact store. */
  @Column({ name: 'storage_key', type: 'text' })
  storageKey: string;

  @Column({ name: 'model_type', type: 'text' })
  modelType: string;

  @Column({ name: 'feature_set', type: 'text' })
  featureSet: string;

  /** Null for an imported model. */
  @Column({ name: 'training_run_id', type: 'uuid', nullable: true })
  trainingRunId: string | null;

  @Column({ name: 'parent_version', type: 'text', nullable: true })
  parentVersion: string | null;

  @Column({ type: 'jsonb', default: {} })
  metrics: object;

  /** {passed, checks[]} */
  @Column({ type: 'jsonb', default: {} })
  gate: object;

  @Column({ type: 'jsonb', default: {} })
  lineage: object;

  /** File name -> SHA-256 in lower-case hex. */
  @Column({ type: 'jsonb' })
  artifacts: object;

  @Column({ name: 'training_samples', type: 'integer' })
  trainingSamples: number;

  @Column({ type: 'text', default: '' })
  notes: string;

  @Column({ type: 'jsonb', default: {} })
  tags: object;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt: Date;

  @Column({ name: 'deployed_at', type: 'timestamptz', nullable: true })
  deployedAt: Date | null;

  /** Set: nobody sees the version any more, and its files go when the grace time is over. */
  @Column({ name: 'deleted_at', type: 'timestamptz', nullable: true })
  deletedAt: Date | null;
}
