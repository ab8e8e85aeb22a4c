import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who goes first, and how often a run may take its worker down with it. */
export class AddTrainingRunLimits1795219300000 implements MigrationInterface {
  readonly name = 'AddTrainingRunLimits1795219300000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE training_runs
        ADD COLUMN priority smallint NOT NULL DEFAULT 100
          CONSTRAINT training_runs_priority_check CHECK (priority BETWEEN 0 AND 1000),
        ADD COLUMN lost_workers smallint NOT NULL DEFAULT 0
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE training_runs DROP COLUMN priority, DROP COLUMN lost_workers`);
  }
}
