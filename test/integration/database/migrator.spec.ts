import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import type { DataSource } from 'typeorm';
import { DATABASE_SCHEMA } from '../../../src/database-schema.js';
import { createDataSource } from '../../../src/platform/database/data-source.js';
import {
  checkSchema,
  migrationStatus,
  revertLast,
  runMigrations,
} from '../../../src/platform/database/migrator.js';
import { withMigrationLock } from '../../../src/platform/database/migration-lock.js';
import { createTestDatabase } from '../../support/postgres.js';

const NAMES = DATABASE_SCHEMA.migrations.map(({ name }) => name);

describe('migrations', () => {
  const cleanUps: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });

  async function emptyDatabase(): Promise<string> {
    const database = await createTestDatabase('migrator');
    cleanUps.push(() => database.drop());
    return database.url;
  }

  async function connect(url: string, migrations = DATABASE_SCHEMA.migrations): Promise<DataSource> {
    const dataSource = await createDataSource(url, { ...DATABASE_SCHEMA, migrations }).initialize();
    cleanUps.push(() => dataSource.destroy());
    return dataSource;
  }

  it('build the schema of the entities; a second run does no harm', async () => {
    const dataSource = await connect(await emptyDatabase());
    expect(await migrationStatus(dataSource)).toEqual({ applied: [], pending: NAMES, unknown: [] });
    expect((await checkSchema(dataSource)).differences).not.toEqual([]);

    const lines: string[] = [];
    expect(await runMigrations(dataSource, { log: (line) => lines.push(line) })).toEqual(NAMES);
    expect(lines).toHaveLength(NAMES.length);
    expect(await runMigrations(dataSource)).toEqual([]);
    expect(await checkSchema(dataSource)).toEqual({
      applied: NAMES,
      pending: [],
      unknown: [],
      differences: [],
    });
  });

  it('can each be undone and applied again', async () => {
    const dataSource = await connect(await emptyDatabase());
    await runMigrations(dataSource);
    for (const name of [...NAMES].reverse()) expect(await revertLast(dataSource)).toBe(name);
    expect(await revertLast(dataSource)).toBeUndefined();
    const left = await dataSource.query<unknown[]>(
      `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
         AND relkind IN ('r', 'S') AND relname NOT LIKE 'schema_migrations%'
       UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace`,
    );
    expect(left).toEqual([]);
    await runMigrations(dataSource);
    expect((await checkSchema(dataSource)).differences).toEqual([]);
  });

  it('run once when two migrators start together', async () => {
    const url = await emptyDatabase();
    const [first, second] = [await connect(url), await connect(url)];
    const done = await Promise.all([runMigrations(first), runMigrations(second)]);
    expect(done.map((names) => names.length).sort()).toEqual([0, NAMES.length]);
    expect((await checkSchema(first)).differences).toEqual([]);
  });

  it('give up with a message when another migrator keeps the lock', async () => {
    const url = await emptyDatabase();
    const dataSource = await connect(url);
    await withMigrationLock(url, 1_000, async () => {
      await expect(runMigrations(dataSource, { lockTimeoutMs: 300 })).rejects.toMatchObject({
        code: 'unavailable',
      });
    });
    expect(await runMigrations(dataSource)).toEqual(NAMES);
  });

  it('free the lock when the migrator is killed', async () => {
    const url = await emptyDatabase();
    await withMigrationLock(url, 1_000, async () => {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      await client.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE application_name = 'mcp-training migrate' AND datname = current_database()`,
      );
      await client.end();
      expect(await withMigrationLock(url, 2_000, () => Promise.resolve('mine'))).toBe('mine');
    });
  });

  it('are refused by a program older than the database, which names both', async () => {
    const url = await emptyDatabase();
    await runMigrations(await connect(url));
    const older = await connect(url, DATABASE_SCHEMA.migrations.slice(0, -1));
    const error = { code: 'conflict', message: expect.stringContaining(NAMES.at(-1)!) as string };
    await expect(runMigrations(older)).rejects.toMatchObject(error);
    await expect(runMigrations(older)).rejects.toThrow(NAMES.at(-2));
    await expect(revertLast(older)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('notice a table somebody changed by hand', async () => {
    const dataSource = await connect(await emptyDatabase());
    await runMigrations(dataSource);
    for (const [change, expected] of [
      ['ALTER TABLE exports ADD COLUMN extra text', /extra/],
      ['DROP INDEX model_versions_one_champion_idx', /one_champion/],
      ['ALTER TABLE training_runs DROP CONSTRAINT training_runs_progress_check', /progress/],
      ['ALTER TABLE deployments ALTER COLUMN actor DROP NOT NULL', /actor/],
    ] as const) {
      await dataSource.query(change);
      expect((await checkSchema(dataSource)).differences.join('\n')).toMatch(expected);
    }
  });
});
