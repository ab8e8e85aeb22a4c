import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DataSource } from 'typeorm';
import { DATABASE_SCHEMA } from '../../../src/database-schema.js';
import { AuditEntryEntity } from '../../../src/registry/audit-entry.entity.js';
import { ModelAliasEntity } from '../../../src/registry/model-alias.entity.js';
import { ModelVersionEntity } from '../../../src/registry/model-version.entity.js';
import { ExportEntity } from '../../../src/export/export.entity.js';
import { TrainingEventEntity } from '../../../src/training/training-event.entity.js';
import { TrainingRunEntity } from '../../../src/training/training-run.entity.js';
import { createMigratedDatabase, type MigratedDatabase } from '../../support/postgres.js';

describe('the tables', () => {
  let database: MigratedDatabase;
  let dataSource: DataSource;

  beforeAll(async () => {
    database = await createMigratedDatabase('schema');
    dataSource = database.dataSource;
  });
  afterAll(() => database.drop());

  const model = (version: string, status: string, modelName = 'wifi') => ({
    ...{ version, status, modelName, storageKey: version, modelType: 'isolation_forest', featureSet: 'wifi' },
    ...{ artifacts: { 'model.joblib': 'ab' }, trainingSamples: 10 },
  });
  const insertModel = (...args: Parameters<typeof model>) =>
    dataSource.getRepository(ModelVersionEntity).insert(model(...args));
  const insertAudit = (action: string) =>
    dataSource
      .getRepository(AuditEntryEntity)
      .insert({ actor: 'me', action, entity: 'model_version', entityId: 'v1' });
  const newRun = (extra: object = {}) => ({
    ...{
      id: randomUUID(),
      modelName: 'wifi',
      step: 'Waiting',
      request: {},
      config: { a: 1 },
      configHash: 'h',
    },
    ...{ origin: 'cli', ...extra },
  });

  it('come back with numbers, dates and documents as they were written', async () => {
    const id = randomUUID();
    const sizeBytes = 9_000_000_000_000;
    await dataSource.getRepository(ExportEntity).insert({
      ...{
        id,
        fileName: 'a.json',
        storedKey: 'a.json',
        sizeBytes,
        sha256: 'ff',
        format: 'json',
        source: 'upload',
      },
      report: { is_valid: true },
    });
    const found = await dataSource.getRepository(ExportEntity).findOneByOrFail({ id });
    expect(found).toMatchObject({ sizeBytes, status: 'available', report: { is_valid: true } });
    expect(found.createdAt).toBeInstanceOf(Date);
  });

  it('allow one champion a model, and others beside it', async () => {
    await insertModel('20260101_000000', 'deployed');
    await insertModel('20260101_000001', 'available');
    await insertModel('20260101_000002', 'deployed', 'dns');
    await expect(insertModel('20260101_000003', 'deployed')).rejects.toThrow(
      /model_versions_one_champion_idx/,
    );
    await expect(
      dataSource.query(`UPDATE model_versions SET status = 'deployed' WHERE version = '20260101_000001'`),
    ).rejects.toThrow(/model_versions_one_champion_idx/);
  });

  it('refuse a version that is not safe as a directory name', async () => {
    for (const version of ['', '../up', 'a/b', '.hidden', 'a b', `a\n`, 'x'.repeat(101)]) {
      await expect(insertModel(version, 'available'), JSON.stringify(version)).rejects.toThrow(
        /version_check/,
      );
    }
    await insertModel('20260101_000004_2', 'available');
  });

  it('keep a version that has an alias', async () => {
    await insertModel('20260101_000005', 'available');
    await dataSource
      .getRepository(ModelAliasEntity)
      .insert({ modelName: 'wifi', alias: 'challenger', version: '20260101_000005' });
    await expect(
      dataSource.getRepository(ModelVersionEntity).delete({ version: '20260101_000005' }),
    ).rejects.toThrow(/model_aliases_version_fkey/);
  });

  it('refuse unknown states and impossible progress', async () => {
    const runs = dataSource.getRepository(TrainingRunEntity);
    await expect(runs.insert(newRun({ status: 'done' }))).rejects.toThrow(/training_runs_status_check/);
    await expect(runs.insert(newRun({ progress: 101 }))).rejects.toThrow(/training_runs_progress_check/);
    await expect(insertModel('20260101_000006', 'gone')).rejects.toThrow(/model_versions_status_check/);
  });

  it('accept an idempotency key once', async () => {
    const runs = dataSource.getRepository(TrainingRunEntity);
    await runs.insert(newRun({ idempotencyKey: 'k' }));
    await expect(runs.insert(newRun({ idempotencyKey: 'k' }))).rejects.toThrow(/idempotency_key_key/);
  });

  it('number events within a run, and drop them with it', async () => {
    const run = newRun();
    await dataSource.getRepository(TrainingRunEntity).insert(run);
    const events = dataSource.getRepository(TrainingEventEntity);
    const event = { runId: run.id, sequence: 1, type: 'progress', progress: 5, step: 'Validating' };
    await events.insert(event);
    await expect(events.insert({ ...event })).rejects.toThrow(/training_events_run_id_sequence_key/);
    await dataSource.getRepository(TrainingRunEntity).delete({ id: run.id });
    expect(await events.countBy({ runId: run.id })).toBe(0);
  });

  it('only ever add to the audit log', async () => {
    await insertAudit('register');
    for (const statement of [
      `UPDATE audit_log SET actor = 'nobody'`,
      'DELETE FROM audit_log',
      'TRUNCATE audit_log',
      'DELETE FROM audit_log WHERE false',
    ]) {
      await expect(dataSource.query(statement), statement).rejects.toThrow(/append-only/);
    }
    expect(await dataSource.getRepository(AuditEntryEntity).countBy({ actor: 'me' })).toBeGreaterThan(0);
  });

  it('leave no gap in the audit log after a rollback or under concurrent writers', async () => {
    const rolledBack = dataSource.transaction(async (manager) => {
      await manager
        .getRepository(AuditEntryEntity)
        .insert({ actor: 'x', action: 'x', entity: 'x', entityId: 'x' });
      throw new Error('roll back');
    });
    await expect(rolledBack).rejects.toThrow('roll back');
    await Promise.all(Array.from({ length: 20 }, (_, index) => insertAudit(`write ${index}`)));
    const entries = await dataSource.getRepository(AuditEntryEntity).find({ order: { sequence: 'ASC' } });
    expect(entries.map(({ sequence }) => sequence)).toEqual(entries.map((_, index) => index + 1));
  });

  it('are all listed in the schema', async () => {
    const rows: { tablename: string }[] = await dataSource.query(
      `SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'schema_migrations'`,
    );
    const entities = dataSource.entityMetadatas.map(({ tableName }) => tableName);
    expect(rows.map(({ tablename }) => tablename).sort()).toEqual(entities.sort());
    expect(DATABASE_SCHEMA.entities).toHaveLength(entities.length);
  });
});
