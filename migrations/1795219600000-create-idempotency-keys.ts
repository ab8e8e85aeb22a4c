import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Requests that were sent with an Idempotency-Key, and what they were answered; rows live for a day. */
export class CreateIdempotencyKeys1795219600000 implements MigrationInterface {
  readonly name = 'CreateIdempotencyKeys1795219600000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE idempotency_keys (
        owner text NOT NULL,
        key text NOT NULL,
        operation_id uuid NOT NULL,
        fingerprint text NOT NULL CONSTRAINT idempotency_keys_fingerprint_check CHECK (fingerprint ~ '^[0-9a-f]{64}$'),
        token uuid NOT NULL,
        locked_until timestamptz NOT NULL,
        status integer,
        headers jsonb,
        body text,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT idempotency_keys_pkey PRIMARY KEY (owner, key)
      )
    `);
    await queryRunner.query(`CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys (created_at)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE idempotency_keys`);
  }
}
