import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { bigintColumn } from '../platform/database/bigint-column.js';

/** Who changed what, when and why. The database refuses to change or delete a row, and leaves no gap in `sequence`. */
@Entity('audit_log')
@Index('audit_log_entity_idx', ['entity', 'entityId', 'sequence'])
@Index('audit_log_actor_idx', ['actor', 'sequence'])
@Index('audit_log_at_idx', ['at', 'sequence'])
export class AuditEntryEntity {
  @PrimaryColumn({
    type: 'bigint',
    generated: 'identity',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'audit_log_pkey',
    transformer: bigintColumn,
  })
  sequence: number;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  at: Date;

  @Column({ type: 'text' })
  actor: string;

  @Column({ type: 'text' })
  action: string;

  /** Kind of thing that changed, such as `model_version`. */
  @Column({ type: 'text' })
  entity: string;

  @Column({ name: 'entity_id', type: 'text' })
  entityId: string;

  @Column({ name: 'from_state', type: 'jsonb', nullable: true })
  fromState: object | null;

  @Column({ name: 'to_state', type: 'jsonb', nullable: true })
  toState: object | null;

  @Column({ type: 'text', nullable: true })
  reason: string | null;
}
