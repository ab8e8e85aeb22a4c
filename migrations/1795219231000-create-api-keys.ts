import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Keys to the HTTP API. Rows are never deleted: the audit log names them, and a service that had a key stays closed. */
export class CreateApiKeys1795219231000 implements MigrationInterface {
  readonly name = 'CreateApiKeys1795219231000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE api_keys (
        id uuid CONSTRAINT api_keys_pkey PRIMARY KEY,
        name text NOT NULL CONSTRAINT api_keys_name_check CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
        prefix text NOT NULL CONSTRAINT api_keys_prefix_check CHECK (prefix ~ '^[a-z0-9]{12}$'),
        hash bytea NOT NULL CONSTRAINT api_keys_hash_check CHECK (octet_length(hash) = 32),
        scopes text[] NOT NULL CONSTRAINT api_keys_scopes_check
          CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY['read', 'train', 'deploy', 'admin']),
        created_at timestamptz NOT NULL DEFAULT now(),
        created_by text NOT NULL,
        expires_at timestamptz,
        revoked_at timestamptz,
        last_used_at timestamptz
      )
    `);
    await queryRunner.query(`CREATE UNIQUE INDEX api_keys_prefix_idx ON api_keys (prefix)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE api_keys`);
  }
}
