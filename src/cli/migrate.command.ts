import { DATABASE_SCHEMA } from '../database-schema.js';
import { backupBeforeMigration } from '../platform/backup/automatic-backup.js';
import { createDataSource } from '../platform/database/data-source.js';
import { openDatabaseServer } from '../platform/database/database-server.js';
import { checkSchema, runMigrations } from '../platform/database/migrator.js';
import { AppError, ERROR_KINDS } from '../shared/errors.js';
import type { CommandState, GlobalOptions } from './command.js';
import { configuration } from './configuration.js';
import type { Output } from './output.js';
import { commandLogger } from './with-application.js';

interface MigrateOptions extends GlobalOptions {
  readonly check?: boolean;
}

export async function run(
  _: readonly string[],
  options: MigrateOptions,
  output: Output,
  state: CommandState,
): Promise<void> {
  const config = configuration(options, output);
  const logger = commandLogger(options);
  const server = await openDatabaseServer(config, (line) => {
    logger.debug(line, 'postgres');
  });
  const dataSource = createDataSource(server.url, DATABASE_SCHEMA);
  try {
    await dataSource.initialize().catch((error: unknown) => {
      throw new AppError(
        'unavailable',
        `PostgreSQL cannot be reached: ${error instanceof Error ? error.message : String(error)}.`,
        {
          cause: error,
          hint: 'Check DATABASE_URL and that the server runs.',
        },
      );
    });
    if (options.check === true) {
      const status = await checkSchema(dataSource);
      const upToDate =
        status.pending.length === 0 && status.unknown.length === 0 && status.differences.length === 0;
      if (!upToDate) state.exitCode = ERROR_KINDS.artifact_integrity.exitCode;
      output.result({ up_to_date: upToDate, ...status }, () =>
        upToDate
          ? `The schema is up to date (${status.applied.length} migrations).`
          : [
              ...status.pending.map((name) => `pending: ${name}`),
              ...status.unknown.map((name) => `unknown to this version: ${name}`),
              ...status.differences.map((sql) => `differs: ${sql}`),
            ].join('\n'),
      );
      return;
    }
    const backup = await backupBeforeMigration(dataSource, config, server.url, Date.now());
    if (backup !== null) output.note(`Backup of the database before the migration: ${backup}`);
    const applied = await runMigrations(dataSource);
    output.result({ applied, backup }, () =>
      applied.length === 0
        ? 'The schema is up to date.'
        : applied.map((name) => `applied ${name}`).join('\n'),
    );
  } finally {
    if (dataSource.isInitialized) await dataSource.destroy();
    await server.release();
  }
}
