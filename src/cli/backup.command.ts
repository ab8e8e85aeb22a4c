import { resolve } from 'node:path';
import { openDatabaseServer } from '../platform/database/database-server.js';
import { versionFilesOf } from '../platform/backup/version-files.js';
import { writeBackup } from '../platform/backup/write-backup.js';
import type { GlobalOptions } from './command.js';
import { configuration } from './configuration.js';
import { renderTable, type Output } from './output.js';
import { commandLogger } from './with-application.js';

interface BackupOptions extends GlobalOptions {
  readonly output: string;
  readonly withExports?: boolean;
  readonly databaseOnly?: boolean;
}

export async function run(_: readonly string[], options: BackupOptions, output: Output): Promise<void> {
  const config = configuration(options, output);
  const logger = commandLogger(options);
  const server = await openDatabaseServer(config, (line) => {
    logger.debug(line, 'postgres');
  });
  const file = resolve(options.output);
  try {
    const manifest = await writeBackup({
      url: server.url,
      output: file,
      versionFiles: options.databaseOnly === true ? null : versionFilesOf(config),
      exportsDir: options.withExports === true ? config.paths.exportsDir : null,
      compression: config.values.storage.compression,
      createdAt: new Date().toISOString(),
    });
    const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
    const versions = new Set(manifest.files.map(({ path }) => path.split('/')[1])).size;
    const bytes = manifest.files.reduce((sum, entry) => sum + entry.bytes, 0);
    const summary = { backup: file, contents: manifest.contents, tables: manifest.tables.length, rows };
    output.result({ ...summary, files: manifest.files.length, bytes }, () =>
      [
        renderTable(
          ['table', 'rows'],
          manifest.tables.map(({ name, rows: count }) => [name, count]),
        ),
        `${manifest.files.length} files (${bytes} bytes) of ${versions} versions and exports`,
        `Backup: ${file}`,
        `Check it with: mcp-training restore ${file} --dry-run`,
      ].join('\n'),
    );
  } finally {
    await server.release();
  }
}
