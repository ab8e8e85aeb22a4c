import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Progress of runs as an ordered log, so that any replica can replay it. */
export class CreateTrainingEvents1795219203000 implements MigrationInterface {
  readonly name = 'CreateTrainingEvents1795219203000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE training_events (
        id bigserial CONSTRAINT training_events_pkey PRIMARY KEY,
        run_id uuid NOT NULL
          CONSTRAINT training_events_run_id_fkey REFERENCES training_runs (id) ON DELETE CASCADE,
        sequence integer NOT NULL,
        type text NOT NULL,
        progress smallint NOT NULL
          CONSTRAINT training_events_progress_check CHECK (progress BETWEEN 0 AND 100),
        step text NOT NULL,
        message text,
        data jsonb,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT training_events_run_id_sequence_key UNIQUE (run_id, sequence)
      )
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE training_events`);
  }
}
