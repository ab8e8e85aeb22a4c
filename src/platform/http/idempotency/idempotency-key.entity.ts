import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** One request with an Idempotency-Key; `status` is null while it is being worked on. */
@Entity('idempotency_keys')
@Check('idempotency_keys_fingerprint_check', `fingerprint ~ '^[0-9a-f]{64}$'`)
@Index('idempotency_keys_created_at_idx', ['createdAt'])
export class IdempotencyKeyEntity {
  /** Who sent it: two callers may use the same key. */
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'idempotency_keys_pkey' })
  owner: string;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'idempotency_keys_pkey' })
  key: string;

  /** Names the piece of work; it stays when another process takes over from one that died. */
  @Column({ name: 'operation_id', type: 'uuid' })
  operationId: string;

  /** SHA-256 of method, address and body. */
  @Column({ type: 'text' })
  fingerprint: string;

  /** Of the process that works on it. */
  @Column({ type: 'uuid' })
  token: string;

  @Column({ name: 'locked_until', type: 'timestamptz' })
  lockedUntil: Date;

  @Column({ type: 'integer', nullable: true })
  status: number | null;

  @Column({ type: 'jsonb', nullable: true })
  headers: object | null;

  @Column({ type: 'text', nullable: true })
  body: string | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;
}
