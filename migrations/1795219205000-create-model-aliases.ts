import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Names for versions; a version that has one cannot be deleted. */
export class CreateModelAliases1795219205000 implements MigrationInterface {
  readonly name = 'CreateModelAliases1795219205000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE model_aliases (
        model_name text NOT NULL,
        alias text NOT NULL,
        version text NOT NULL
          CONSTRAINT model_aliases_version_fkey REFERENCES model_versions (version) ON DELETE RESTRICT,
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT model_aliases_pkey PRIMARY KEY (model_name, alias)
      )
    `);
    await queryRunner.query(`CREATE INDEX model_aliases_version_idx ON model_aliases (version)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE model_aliases`);
  }
}
