import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A version is deleted in two steps: its row is marked, its files go later. A deployed version cannot be marked,
 * whoever tries. The audit log gets indexes for the ways it is searched.
 */
export class AddModelDeletion1795219500000 implements MigrationInterface {
  readonly name = 'AddModelDeletion1795219500000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE model_versions ADD COLUMN deleted_at timestamptz`);
    await queryRunner.query(`
      ALTER TABLE model_versions ADD CONSTRAINT model_versions_deleted_check
      CHECK (deleted_at IS NULL OR status <> 'deployed')
    `);
    await queryRunner.query(`CREATE INDEX audit_log_actor_idx ON audit_log (actor, sequence)`);
    await queryRunner.query(`CREATE INDEX audit_log_at_idx ON audit_log (at, sequence)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX audit_log_at_idx`);
    await queryRunner.query(`DROP INDEX audit_log_actor_idx`);
    await queryRunner.query(`ALTER TABLE model_versions DROP CONSTRAINT model_versions_deleted_check`);
    await queryRunner.query(`ALTER TABLE model_versions DROP COLUMN deleted_at`);
  }
}
