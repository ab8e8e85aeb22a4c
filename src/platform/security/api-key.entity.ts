import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A key to the HTTP API, without the key: a hash recognises it, and its prefix finds the row. */
@Entity('api_keys')
@Check('api_keys_name_check', `name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'`)
@Check('api_keys_prefix_check', `prefix ~ '^[a-z0-9]{12}$'`)
@Check('api_keys_hash_check', `octet_length(hash) = 32`)
@Check(
  'api_keys_scopes_check',
  `cardinality(scopes) > 0 AND scopes <@ ARRAY['read', 'train', 'deploy', 'admin']`,
)
@Index('api_keys_prefix_idx', ['prefix'], { unique: true })
export class ApiKeyEntity {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'api_keys_pkey' })
  id: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text' })
  prefix: string;

  /** SHA-256 of the whole key. */
  @Column({ type: 'bytea' })
  hash: Buffer;

  @Column({ type: 'text', array: true })
  scopes: string[];

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'created_by', type: 'text' })
  createdBy: string;

  @Column({ name: 'expires_at', type: 'timestamptz', nullable: true })
  expiresAt: Date | null;

  @Column({ name: 'revoked_at', type: 'timestamptz', nullable: true })
  revokedAt: Date | null;

  /** To the minute: it is not written more often than that. */
  @Column({ name: 'last_used_at', type: 'timestamptz', nullable: true })
  lastUsedAt: Date | null;
}
