import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ResolvedConfig } from '../config/load-config.js';
import { migrationStatus } from '../database/migrator.js';
import { versionFilesOf } from './version-files.js';
import { writeBackup } from './write-backup.js';

/** Automatic backups of one kind that are kept; the oldest go. */
const KEPT = 5;

export type BackupOccasion = 'before-migration' | 'before-restore' | 'before-retention';

/**
 * A backup into `backups/` of the data directory, when `storage.backup_enabled` says so.
 * @returns its file; null = none is wanted
 */
export async function automaticBackup(
  occasion: BackupOccasion,
  config: ResolvedConfig,
  url: string,
  nowMs: number,
): Promise<string | null> {
  const { backup_enabled: isWanted, compression } = config.values.storage;
  if (!isWanted) return null;
  const directory = join(config.paths.dataDir, 'backups');
  const createdAt = new Date(nowMs).toISOString();
  const output = join(directory, `${occasion}-${createdAt.replace(/[-:]/g, '')}-${process.pid}.zip`);
  // Only a retention takes files of versions away.
  const versionFiles = occasion === 'before-retention' ? versionFilesOf(config) : null;
  await writeBackup({ url, output, versionFiles, exportsDir: null, compression, createdAt });
  const older = readdirSync(directory)
    .filter((name) => name.startsWith(`${occasion}-`) && name.endsWith('.zip'))
    .sort()
    .slice(0, -KEPT);
  for (const name of older) rmSync(join(directory, name), { force: true });
  return existsSync(output) ? output : null;
}

/** Only when there is something to lose: a new database has no table yet. */
export async function backupBeforeMigration(
  dataSource: Parameters<typeof migrationStatus>[0],
  config: ResolvedConfig,
  url: string,
  nowMs: number,
): Promise<string | null> {
  const { applied, pending, unknown } = await migrationStatus(dataSource);
  if (applied.length === 0 || pending.length === 0 || unknown.length > 0) return null;
  return automaticBackup('before-migration', config, url, nowMs);
}

/** The rows that `restore --replace` is about to take away; null = there are none, or none are wanted. */
export async function backupBeforeRestore(
  dataSource: Parameters<typeof migrationStatus>[0],
  config: ResolvedConfig,
  url: string,
  nowMs: number,
): Promise<string | null> {
  const { applied } = await migrationStatus(dataSource);
  return applied.length === 0 ? null : automaticBackup('before-restore', config, url, nowMs);
}
