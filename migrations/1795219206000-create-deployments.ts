import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was put on which target, and how it ended. */
export class CreateDeployments1795219206000 implements MigrationInterface {
  readonly name = 'CreateDeployments1795219206000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE deployments (
        id uuid CONSTRAINT deployments_pkey PRIMARY KEY,
        model_name text NOT NULL,
        version text NOT NULL,
        target text NOT NULL,
        layout text NOT NULL,
        action text NOT NULL CONSTRAINT deployments_action_check CHECK (action IN ('deploy', 'rollback')),
        previous_version text,
        status text NOT NULL DEFAULT 'started'
          CONSTRAINT deployments_status_check CHECK (status IN ('started', 'active', 'failed')),
        error text,
        actor text NOT NULL,
        started_at timestamptz NOT NULL DEFAULT now(),
        finished_at timestamptz
      )
    `);
    await queryRunner.query(
      `CREATE INDEX deployments_model_name_started_at_idx ON deployments (model_name, started_at)`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE deployments`);
  }
}
