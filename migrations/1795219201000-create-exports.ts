import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Export files the service keeps, with their last validation report. */
export class CreateExports1795219201000 implements MigrationInterface {
  readonly name = 'CreateExports1795219201000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE exports (
        id uuid CONSTRAINT exports_pkey PRIMARY KEY,
        file_name text NOT NULL,
        stored_key text NOT NULL,
        size_bytes bigint NOT NULL,
        sha256 text NOT NULL,
        format text NOT NULL,
        status text NOT NULL DEFAULT 'available'
          CONSTRAINT exports_status_check CHECK (status IN ('available', 'invalid', 'deleted')),
        source text NOT NULL
          CONSTRAINT exports_source_check CHECK (source IN ('upload', 'registered', 'cli', 'database')),
        report jsonb,
        created_at timestamptz NOT NULL DEFAULT now()
      )
    `);
    await queryRunner.query(`CREATE INDEX exports_created_at_idx ON exports (created_at, id)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE exports`);
  }
}
