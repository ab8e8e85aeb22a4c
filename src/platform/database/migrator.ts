import { MigrationExecutor, type DataSource, type QueryRunner } from 'typeorm';
import { AppError } from '../../shared/errors.js';
import { MIGRATIONS_TABLE } from './data-source.js';
import { withMigrationLock } from './migration-lock.js';

export interface MigrationStatus {
  /** Names, oldest first. */
  readonly applied: readonly string[];
  readonly pending: readonly string[];
  /** Applied by another version of this program, unknown to this one. */
  readonly unknown: readonly string[];
}

export interface SchemaCheck extends MigrationStatus {
  /** Statements that would make the tables what the entities say; empty when they agree. */
  readonly differences: readonly string[];
}

export interface MigrateOptions {
  readonly log?: (line: string) => void;
  /** How long to wait for another migrator, default 120 s. */
  readonly lockTimeoutMs?: number;
}

const LOCK_TIMEOUT_MS = 120_000;

/** Reads only; an empty database has nothing applied. */
export async function migrationStatus(dataSource: DataSource): Promise<MigrationStatus> {
  const known = dataSource.migrations.map(({ name, constructor }) => name ?? constructor.name);
  const [{ present }] = await dataSource.query<[{ present: boolean }]>(
    'SELECT to_regclass($1) IS NOT NULL AS present',
    [MIGRATIONS_TABLE],
  );
  const rows = present
    ? await dataSource.query<{ name: string }[]>(
        `SELECT name FROM ${MIGRATIONS_TABLE} ORDER BY timestamp, id`,
      )
    : [];
  const applied = rows.map(({ name }) => name);
  return {
    applied,
    pending: known.filter((name) => !applied.includes(name)),
    unknown: applied.filter((name) => !known.includes(name)),
  };
}

/**
 * Brings the database to the schema of this program. Safe to call from several processes at once and again: one works,
 * the others wait and find nothing to do. Each migration is one transaction, so a kill leaves whole migrations only.
 * @returns names of the migrations that were applied by this call
 * @throws AppError `conflict` when a newer version of the program has migrated the database
 */
export async function runMigrations(dataSource: DataSource, options: MigrateOptions = {}): Promise<string[]> {
  return locked(dataSource, options, async (queryRunner) => {
    const status = await migrationStatus(dataSource);
    refuseNewer(dataSource, status);
    if (status.pending.length === 0) return [];
    const executor = new MigrationExecutor(dataSource, queryRunner);
    executor.transaction = 'each';
    const done = (await executor.executePendingMigrations()).map(({ name }) => name);
    for (const name of done) options.log?.(`Applied migration ${name}`);
    return done;
  });
}

/** Undoes the newest applied migration. Returns its name, undefined when there is none. */
export async function revertLast(
  dataSource: DataSource,
  options: MigrateOptions = {},
): Promise<string | undefined> {
  return locked(dataSource, options, async (queryRunner) => {
    const status = await migrationStatus(dataSource);
    refuseNewer(dataSource, status);
    const last = status.applied.at(-1);
    if (last === undefined) return undefined;
    const executor = new MigrationExecutor(dataSource, queryRunner);
    executor.transaction = 'each';
    await executor.undoLastMigration();
    options.log?.(`Reverted migration ${last}`);
    return last;
  });
}

/** What `migrate --check` reports: pending or unknown migrations, and tables that differ from the entities. */
export async function checkSchema(dataSource: DataSource): Promise<SchemaCheck> {
  const status = await migrationStatus(dataSource);
  const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
  return { ...status, differences: upQueries.map(({ query }) => query) };
}

/**
 * An older program on a newer schema might write rows the newer one cannot read, so it stops.
 * @throws AppError `conflict`
 */
export function refuseNewer(dataSource: DataSource, { unknown }: MigrationStatus): void {
  const newest = unknown.at(-1);
  if (newest === undefined) return;
  const ours = dataSource.migrations.at(-1);
  throw new AppError(
    'conflict',
    `The database was migrated by a newer version of mcp-training: it has ${newest}, this version ends at ` +
      `${ours?.name ?? 'no migration'}.`,
    { hint: 'Install that version again, or restore the backup that was made before the upgrade.' },
  );
}

async function locked<T>(
  dataSource: DataSource,
  { lockTimeoutMs = LOCK_TIMEOUT_MS }: MigrateOptions,
  work: (queryRunner: QueryRunner) => Promise<T>,
): Promise<T> {
  const { options } = dataSource;
  const url = options.type === 'postgres' ? options.url : undefined;
  if (url === undefined) throw new AppError('internal', 'Migrations need a data source made from a URL.');
  return withMigrationLock(url, lockTimeoutMs, async () => {
    const queryRunner = dataSource.createQueryRunner();
    try {
      // Building an index on a large table takes longer than any statement of the service may.
      await queryRunner.query('SET statement_timeout = 0');
      return await work(queryRunner);
    } finally {
      await queryRunner.query('RESET statement_timeout').catch(() => undefined);
      await queryRunner.release();
    }
  });
}
