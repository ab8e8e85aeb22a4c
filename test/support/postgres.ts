import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { DATABASE_SCHEMA } from '../../src/database-schema.js';
import { createDataSource } from '../../src/platform/database/data-source.js';
import { runMigrations } from '../../src/platform/database/migrator.js';

export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

export interface MigratedDatabase extends TestDatabase {
  readonly dataSource: DataSource;
}

/** The server of this test run, which `global-setup.ts` has started (or DATABASE_URL, if that is set). */
export function testServerUrl(): string {
  const url = process.env['MCP_TRAINING_TEST_DATABASE_URL'] ?? process.env['DATABASE_URL'];
  if (url === undefined)
    throw new Error('No database for tests: add test/support/global-setup.ts to this Vitest project.');
  return url;
}

/** An empty database of its own; one for each test file keeps the files independent of each other. */
export async function createTestDatabase(name: string): Promise<TestDatabase> {
  const database = `test_${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_')}_${randomUUID().slice(0, 8)}`;
  await onServer(`CREATE DATABASE ${database}`);
  const url = new URL(testServerUrl());
  url.pathname = `/${database}`;
  return {
    url: url.toString(),
    drop: () => onServer(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`),
  };
}

/** The same with all migrations applied and a connected data source. `drop` closes it. */
export async function createMigratedDatabase(name: string): Promise<MigratedDatabase> {
  const { url, drop } = await createTestDatabase(name);
  const dataSource = await createDataSource(url, DATABASE_SCHEMA, {
    applicationName: `test ${name}`,
  }).initialize();
  await runMigrations(dataSource);
  return {
    url,
    dataSource,
    drop: async () => {
      if (dataSource.isInitialized) await dataSource.destroy();
      await drop();
    },
  };
}

async function onServer(statement: string): Promise<void> {
  // Every wait ends: a hook that hangs says nothing, an error does.
  const client = new pg.Client({
    connectionString: testServerUrl(),
    connectionTimeoutMillis: 10_000,
    query_timeout: 60_000,
  });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
