import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Trainings that repeat. A tick is one row, so that several replicas run it once. */
export class CreateSchedules1795219400000 implements MigrationInterface {
  readonly name = 'CreateSchedules1795219400000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE schedules (
        id uuid CONSTRAINT schedules_pkey PRIMARY KEY,
        name text NOT NULL CONSTRAINT schedules_name_key UNIQUE,
        cron text NOT NULL,
        timezone text NOT NULL,
        source jsonb NOT NULL,
        model_name text NOT NULL,
        config_overrides jsonb,
        deploy boolean NOT NULL,
        condition text NOT NULL CONSTRAINT schedules_condition_check CHECK (condition IN ('always', 'new_data')),
        min_new_records bigint,
        min_new_windows bigint,
        catch_up text NOT NULL CONSTRAINT schedules_catch_up_check CHECK (catch_up IN ('skip', 'run_once')),
        paused boolean NOT NULL DEFAULT false,
        next_tick_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      )
    `);
    await queryRunner.query(
      `CREATE INDEX schedules_next_tick_at_idx ON schedules (next_tick_at) WHERE NOT paused`,
    );
    await queryRunner.query(`
      CREATE TABLE schedule_ticks (
        schedule_id uuid NOT NULL CONSTRAINT schedule_ticks_schedule_fkey REFERENCES schedules (id) ON DELETE CASCADE,
        tick_utc timestamptz NOT NULL,
        trigger text NOT NULL CONSTRAINT schedule_ticks_trigger_check CHECK (trigger IN ('cron', 'manual')),
        status text NOT NULL CONSTRAINT schedule_ticks_status_check
          CHECK (status IN ('claimed', 'started', 'skipped', 'failed')),
        reason text,
        message text,
        training_id uuid,
        input jsonb,
        missed_ticks integer NOT NULL DEFAULT 0,
        worker_id text NOT NULL,
        lease_expires_at timestamptz,
        claimed_at timestamptz NOT NULL DEFAULT now(),
        finished_at timestamptz,
        CONSTRAINT schedule_ticks_pkey PRIMARY KEY (schedule_id, tick_utc)
      )
    `);
    await queryRunner.query(
      `CREATE INDEX schedule_ticks_claimed_idx ON schedule_ticks (lease_expires_at) WHERE status = 'claimed'`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE schedule_ticks`);
    await queryRunner.query(`DROP TABLE schedules`);
  }
}
