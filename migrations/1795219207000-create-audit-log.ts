import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The audit log: append-only by a trigger. An identity leaves gaps where a transaction is rolled back, and a gap looks
 * like a deleted row, so a second trigger numbers the rows one at a time.
 */
export class CreateAuditLog1795219207000 implements MigrationInterface {
  readonly name = 'CreateAuditLog1795219207000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE audit_log (
        sequence bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT audit_log_pkey PRIMARY KEY,
        at timestamptz NOT NULL DEFAULT now(),
        actor text NOT NULL,
        action text NOT NULL,
        entity text NOT NULL,
        entity_id text NOT NULL,
        from_state jsonb,
        to_state jsonb,
        reason text
      )
    `);
    await queryRunner.query(`CREATE INDEX audit_log_entity_idx ON audit_log (entity, entity_id, sequence)`);
    await queryRunner.query(`
      CREATE FUNCTION audit_log_number() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM pg_advisory_xact_lock(hashtextextended('audit_log', 0));
        SELECT coalesce(max(sequence), 0) + 1 INTO NEW.sequence FROM audit_log;
        RETURN NEW;
      END $$
    `);
    await queryRunner.query(`
      CREATE TRIGGER audit_log_number BEFORE INSERT ON audit_log
      FOR EACH ROW EXECUTE FUNCTION audit_log_number()
    `);
    await queryRunner.query(`
      CREATE FUNCTION audit_log_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'audit_log is append-only: % is not allowed', TG_OP USING ERRCODE = 'restrict_violation';
      END $$
    `);
    await queryRunner.query(`
      CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
      FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuse()
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE audit_log`);
    await queryRunner.query(`DROP FUNCTION audit_log_refuse()`);
    await queryRunner.query(`DROP FUNCTION audit_log_number()`);
  }
}
