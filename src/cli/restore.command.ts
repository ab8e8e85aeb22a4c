import { resolve } from 'node:path';
import { DATABASE_SCHEMA } from '../database-schema.js';
import { backupBeforeRestore } from '../platform/backup/automatic-backup.js';
import { BackupReader } from '../platform/backup/read-backup.js';
import { restoreBackup } from '../platform/backup/restore-backup.js';
import type { ResolvedConfig } from '../platform/config/load-config.js';
import { createDataSource } from '../platform/database/data-source.js';
import { openDatabaseServer } from '../platform/database/database-server.js';
import { openObjectStore } from '../platform/object-store/open-object-store.js';
import { ERROR_KINDS } from '../shared/errors.js';
import type { CommandState, GlobalOptions } from './command.js';
import { configuration } from './configuration.js';
import { operator } from './operator.js';
import type { Output } from './output.js';
import { commandLogger, withApplication } from './with-application.js';

interface RestoreOptions extends GlobalOptions {
  readonly verify?: boolean;
  readonly replace?: boolean;
  readonly dryRun?: boolean;
}

export async function run(
  [path]: readonly string[],
  options: RestoreOptions,
  output: Output,
  state: CommandState,
): Promise<void> {
  const config = configuration(options, output);
  const file = resolve(path);
  const reader = await BackupReader.open(file);
  const { manifest } = reader;
  const summary = {
    backup: file,
    created_at: manifest.created_at,
    app_version: manifest.app_version,
    contents: manifest.contents,
    rows: manifest.tables.reduce((sum, { rows }) => sum + rows, 0),
    files: manifest.files.length,
  };
  let kept: string | null;
  try {
    await reader.verify();
    if (options.dryRun === true) {
      output.result(
        { ...summary, status: 'sound' },
        () => `The backup of ${manifest.created_at} is sound: ${file}`,
      );
      return;
    }
    kept = await restore(reader, config, options);
  } finally {
    reader.close();
  }
  const problems = await afterwards(file, config, options);
  if (problems.length > 0) state.exitCode = ERROR_KINDS.artifact_integrity.exitCode;
  const status = options.verify === true ? (problems.length === 0 ? 'verified' : 'damaged') : 'restored';
  output.result({ ...summary, status, problems, kept }, () =>
    [
      ...problems.map((line) => `PROBLEM  ${line}`),
      `Restored ${summary.rows} rows and ${summary.files} files of ${manifest.created_at}.`,
      ...(kept === null ? [] : [`The rows that were replaced are kept in ${kept}`]),
      options.verify === true ? 'Every version was verified.' : 'Check it with: mcp-training doctor',
    ].join('\n'),
  );
}

/** @returns where the rows were kept that had to go; null = there were none */
async function restore(
  reader: BackupReader,
  config: ResolvedConfig,
  options: RestoreOptions,
): Promise<string | null> {
  const logger = commandLogger(options);
  const server = await openDatabaseServer(config, (line) => {
    logger.debug(line, 'postgres');
  });
  try {
    const { modelsDir, exportsDir } = config.paths;
    const replace = options.replace === true;
    const kept = replace ? await keepRows(server.url, config) : null;
    const target = { modelsDir, exportsDir, objects: openObjectStore(config) };
    await restoreBackup(reader, { url: server.url, schema: DATABASE_SCHEMA, ...target, replace });
    return kept;
  } finally {
    await server.release();
  }
}

/** A restore that fails after newer tables were taken back cannot return their rows: they are kept before they go. */
async function keepRows(url: string, config: ResolvedConfig): Promise<string | null> {
  const dataSource = await createDataSource(url, DATABASE_SCHEMA).initialize();
  try {
    return await backupBeforeRestore(dataSource, config, url, Date.now());
  } finally {
    await dataSource.destroy();
  }
}

/** The audit log goes on where it was, with the restore as its first event; with --verify every version is loaded. */
async function afterwards(file: string, config: ResolvedConfig, options: RestoreOptions): Promise<string[]> {
  return withApplication(config, options, async ({ context }) => {
    const { AuditLogService } = await import('../platform/security/audit-log.service.js');
    const { ModelRegistryService } = await import('../registry/model-registry.service.js');
    const log = context.get(AuditLogService);
    await log.append({
      actor: operator(),
      action: 'restore',
      entity: 'database',
      entityId: 'backup',
      from: null,
      to: { backup: file },
      reason: null,
    });
    if (options.verify !== true) return [];
    const registry = context.get(ModelRegistryService);
    const problems = [...(await log.check()).problems];
    for (const { version, status } of await registry.list({ limit: 100_000 })) {
      if (status === 'corrupt') continue;
      const { passed, checks } = await registry.verify(version);
      if (!passed) problems.push(`Model ${version}: ${checks.find((check) => !check.passed)!.message}`);
    }
    return problems;
  });
}
