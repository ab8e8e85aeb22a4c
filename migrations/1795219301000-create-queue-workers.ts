import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Processes that take trainings from the queue, with their sign of life by the clock of the database. */
export class CreateQueueWorkers1795219301000 implements MigrationInterface {
  readonly name = 'CreateQueueWorkers1795219301000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE queue_workers (
        id uuid CONSTRAINT queue_workers_pkey PRIMARY KEY,
        identity text NOT NULL,
        kind text NOT NULL CONSTRAINT queue_workers_kind_check CHECK (kind IN ('serve', 'worker')),
        concurrency smallint NOT NULL,
        started_at timestamptz NOT NULL DEFAULT now(),
        heartbeat_at timestamptz NOT NULL DEFAULT now()
      )
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE queue_workers`);
  }
}
