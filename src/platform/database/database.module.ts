import { Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { AppError } from '../../shared/errors.js';
import { appConfig } from '../config/app-config.js';
import { dataSourceOptions, type DatabaseSchema } from './data-source.js';
import { migrationStatus, runMigrations } from './migrator.js';

let url: string | undefined;

/** Sets the PostgreSQL address that `DatabaseModule` connects to; an entry point knows it before Nest starts. */
export function provideDatabaseUrl(value: string): void {
  url = value;
}

export function databaseUrl(): string {
  if (url === undefined) throw new AppError('internal', 'provideDatabaseUrl() was not called.');
  return url;
}

/** The one TypeORM data source of the process, migrated before anything uses it. */
@Module({})
export class DatabaseModule {
  static register(schema: DatabaseSchema): DynamicModule {
    return {
      module: DatabaseModule,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => ({ ...dataSourceOptions(databaseUrl(), schema), retryAttempts: 0 }),
          dataSourceFactory: async (options) => connectAndMigrate(options!),
        }),
      ],
    };
  }
}

async function connectAndMigrate(options: DataSourceOptions): Promise<DataSource> {
  const dataSource = new DataSource(options);
  try {
    await dataSource.initialize();
  } catch (error) {
    throw new AppError(
      'unavailable',
      `PostgreSQL cannot be reached: ${error instanceof Error ? error.message : String(error)}.`,
      {
        cause: error,
        hint: 'Check DATABASE_URL and that the server runs; without DATABASE_URL the embedded server is used.',
      },
    );
  }
  try {
    await backUpOlder(dataSource);
    await runMigrations(dataSource);
    return dataSource;
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
}

/** What writes backups is loaded when there is something to save: every command comes by here. */
async function backUpOlder(dataSource: DataSource): Promise<void> {
  const { applied, pending } = await migrationStatus(dataSource);
  if (applied.length === 0 || pending.length === 0) return;
  const { backupBeforeMigration } = await import('../backup/automatic-backup.js');
  await backupBeforeMigration(dataSource, appConfig(), databaseUrl(), Date.now());
}
