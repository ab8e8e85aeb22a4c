import 'reflect-metadata';
import pg from 'pg';
import { DataSource, type DataSourceOptions, type MigrationInterface } from 'typeorm';

export interface DatabaseSchema {
  readonly entities: readonly (new () => object)[];
  /** In the order they run. */
  readonly migrations: readonly (new () => MigrationInterface)[];
}

export interface DataSourceSettings {
  /** Shown in pg_stat_activity, default `mcp-training`. */
  readonly applicationName?: string;
  /** Connections at most, default 5: the embedded server has 60 for all processes and their queues. */
  readonly poolSize?: number;
  /** A new connection takes at most this long, default 10 s. */
  readonly connectTimeoutMs?: number;
  /** A statement takes at most this long, default 30 s; 0 = no limit. */
  readonly statementTimeoutMs?: number;
}

/** The migrations' bookkeeping table. */
export const MIGRATIONS_TABLE = 'schema_migrations';

/**
 * Options of the service's data source, also for `TypeOrmModule.forRootAsync`. Every wait has a limit: a database that
 * has gone silent makes a call fail, it does not make it hang. The schema is changed by migrations only.
 */
export function dataSourceOptions(
  url: string,
  schema: DatabaseSchema,
  settings: DataSourceSettings = {},
): DataSourceOptions {
  const { applicationName = 'mcp-training', poolSize = 5 } = settings;
  const { connectTimeoutMs = 10_000, statementTimeoutMs = 30_000 } = settings;
  return {
    type: 'postgres',
    url,
    driver: pg,
    applicationName,
    poolSize,
    connectTimeoutMS: connectTimeoutMs,
    entities: [...schema.entities],
    migrations: [...schema.migrations],
    migrationsTableName: MIGRATIONS_TABLE,
    migrationsTransactionMode: 'each',
    synchronize: false,
    migrationsRun: false,
    // TypeORM would create an extension for uuid defaults, which none of our columns has.
    installExtensions: false,
    logging: false,
    extra: {
      statement_timeout: statementTimeoutMs,
      // Ends the wait on our side when the network swallows the answer; longer, so the server's own limit comes first.
      query_timeout: statementTimeoutMs === 0 ? 0 : statementTimeoutMs + 5_000,
      lock_timeout: statementTimeoutMs,
      idle_in_transaction_session_timeout: 120_000,
      idleTimeoutMillis: 30_000,
      keepAlive: true,
    },
  };
}

/** Not yet connected: call `initialize()`. */
export function createDataSource(
  url: string,
  schema: DatabaseSchema,
  settings?: DataSourceSettings,
): DataSource {
  return new DataSource(dataSourceOptions(url, schema, settings));
}
