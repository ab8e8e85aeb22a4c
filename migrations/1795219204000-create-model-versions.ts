import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Registered models. The partial unique index is what makes two champions of one model impossible. */
export class CreateModelVersions1795219204000 implements MigrationInterface {
  readonly name = 'CreateModelVersions1795219204000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE model_versions (
        version text CONSTRAINT model_versions_pkey PRIMARY KEY
          CONSTRAINT model_versions_version_check CHECK (version ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$'),
        model_name text NOT NULL,
        status text NOT NULL CONSTRAINT model_versions_status_check
          CHECK (status IN ('available', 'deployed', 'archived', 'rejected', 'corrupt')),
        storage_key text NOT NULL,
        model_type text NOT NULL,
        feature_set text NOT NULL,
        training_run_id uuid,
        parent_version text,
        metrics jsonb NOT NULL DEFAULT '{}',
        gate jsonb NOT NULL DEFAULT '{}',
        lineage jsonb NOT NULL DEFAULT '{}',
        artifacts jsonb NOT NULL,
        training_samples integer NOT NULL,
        notes text NOT NULL DEFAULT '',
        tags jsonb NOT NULL DEFAULT '{}',
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        deployed_at timestamptz
      )
    `);
    await queryRunner.query(`
      CREATE INDEX model_versions_model_name_created_at_idx
      ON model_versions (model_name, created_at, version)
    `);
    await queryRunner.query(
      `CREATE INDEX model_versions_created_at_idx ON model_versions (created_at, version)`,
    );
    await queryRunner.query(`
      CREATE UNIQUE INDEX model_versions_one_champion_idx ON model_versions (model_name)
      WHERE status = 'deployed'
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE model_versions`);
  }
}
