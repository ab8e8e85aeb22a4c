import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Trainings with their lease: who works on a run is decided by this table, not by the queue. */
export class CreateTrainingRuns1795219202000 implements MigrationInterface {
  readonly name = 'CreateTrainingRuns1795219202000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE training_runs (
        id uuid CONSTRAINT training_runs_pkey PRIMARY KEY,
        model_name text NOT NULL,
        status text NOT NULL DEFAULT 'queued' CONSTRAINT training_runs_status_check
          CHECK (status IN ('queued', 'running', 'completed', 'failed', 'cancelled', 'rejected')),
        progress smallint NOT NULL DEFAULT 0
          CONSTRAINT training_runs_progress_check CHECK (progress BETWEEN 0 AND 100),
        step text NOT NULL,
        error jsonb,
        request jsonb NOT NULL,
        config jsonb NOT NULL,
        config_hash text NOT NULL,
        version text,
        result jsonb,
        origin text NOT NULL CONSTRAINT training_runs_origin_check CHECK (origin IN ('cli', 'api', 'schedule')),
        idempotency_key text CONSTRAINT training_runs_idempotency_key_key UNIQUE,
        worker_id text,
        lease_expires_at timestamptz,
        fencing_token integer NOT NULL DEFAULT 0,
        cancel_requested boolean NOT NULL DEFAULT false,
        created_at timestamptz NOT NULL DEFAULT now(),
        started_at timestamptz,
        finished_at timestamptz,
        updated_at timestamptz NOT NULL DEFAULT now()
      )
    `);
    await queryRunner.query(`CREATE INDEX training_runs_created_at_idx ON training_runs (created_at, id)`);
    await queryRunner.query(`
      CREATE INDEX training_runs_unfinished_idx ON training_runs (status, lease_expires_at)
      WHERE status IN ('queued', 'running')
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE training_runs`);
  }
}
