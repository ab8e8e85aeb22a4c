import { randomUUID } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { AppError } from '../../shared/errors.js';
import { createDataSource, type DatabaseSchema } from '../database/data-source.js';
import { migrationStatus, revertLast, runMigrations } from '../database/migrator.js';
import { renameDurably, syncDirectory, writeFileDurably } from '../durable-files.js';
import { hashStream, saveStream } from '../save-stream.js';
import { backupDamaged, type BackupFile, type BackupManifest } from './manifest.js';
import type { ObjectStore } from '../object-store/object-store.js';
import type { BackupReader } from './read-backup.js';
import { restoredVersions, restoreObjects, type RestoredVersion } from './restore-objects.js';
import { insertLines, quoted, tablesInOrder } from './tables.js';

export interface RestoreOptions {
  readonly url: string;
  readonly schema: DatabaseSchema;
  readonly modelsDir: string;
  readonly exportsDir: string;
  /** Where versions are kept, if not in `modelsDir`. */
  readonly objects?: ObjectStore | null;
  /** Empty tables that hold something first; otherwise they are a refusal. */
  readonly replace: boolean;
}

/**
 * Puts a verified archive back. Files come first and are durable before the rows are committed; the rows come in one
 * transaction. Files that are there already stay, and must be the same. When anything fails, what this call has put
 * there is taken away again.
 */
export async function restoreBackup(reader: BackupReader, options: RestoreOptions): Promise<void> {
  const { manifest } = reader;
  const known = options.schema.migrations.map((Migration) => new Migration().name ?? Migration.name);
  const newer = manifest.migrations.find((name) => !known.includes(name));
  if (newer !== undefined) {
    throw new AppError('conflict', `The backup is of a newer version of mcp-training: it has ${newer}.`, {
      hint: `Restore it with version ${manifest.app_version} or later. Nothing was changed.`,
    });
  }
  await migrateTo(manifest.migrations, options);
  const placed: string[] = [];
  const keys: string[] = [];
  try {
    await placeFiles(reader, options, placed);
    await fillTables(reader, options, keys);
  } catch (error) {
    for (const path of placed) rmSync(path, { recursive: true, force: true });
    // What stays of them has no row: the reconciler finds it.
    await options.objects?.remove(keys).catch(() => undefined);
    throw error;
  }
  const dataSource = await createDataSource(options.url, options.schema).initialize();
  try {
    await runMigrations(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

/** Brings an empty database to exactly the tables that the backup was made of. */
async function migrateTo(wanted: readonly string[], options: RestoreOptions): Promise<void> {
  const { url, schema, replace } = options;
  const migrations = schema.migrations.filter((Migration) =>
    wanted.includes(new Migration().name ?? Migration.name),
  );
  const client = new pg.Client({ connectionString: url, application_name: 'mcp-training restore' });
  await client.connect();
  try {
    const filled: string[] = [];
    for (const table of await tablesInOrder(client)) {
      const { rows } = await client.query(`SELECT FROM ${quoted(table)} LIMIT 1`);
      if (rows.length > 0) filled.push(table);
    }
    if (filled.length > 0 && !replace) {
      throw new AppError(
        'conflict',
        `The database is not empty: ${filled.slice(0, 5).join(', ')} have rows.`,
        {
          hint: 'Restore into an empty database, or make a backup of this one and add --replace. Nothing was changed.',
        },
      );
    }
  } finally {
    await client.end();
  }
  const full = await createDataSource(url, schema).initialize();
  try {
    const isTooFar = async (): Promise<boolean> =>
      (await migrationStatus(full)).applied.some((name) => !wanted.includes(name));
    // Tables of later versions: only a database without rows, or one that is to be replaced, gets here.
    while (await isTooFar()) await revertLast(full);
  } finally {
    await full.destroy();
  }
  const older = await createDataSource(url, { entities: [], migrations }).initialize();
  try {
    await runMigrations(older);
  } finally {
    await older.destroy();
  }
}

async function placeFiles(reader: BackupReader, options: RestoreOptions, placed: string[]): Promise<void> {
  const { modelsDir, exportsDir } = options;
  const versions = new Map<string, BackupFile[]>();
  for (const file of reader.manifest.files) {
    const [kind, ...rest] = file.path.split('/');
    if (kind === 'models') versions.set(rest[0], [...(versions.get(rest[0]) ?? []), file]);
    else await placeFile(reader, file, join(exportsDir, ...rest), placed);
  }
  if (versions.size === 0) return;
  const staging = join(modelsDir, `.tmp-restore-${randomUUID()}`);
  mkdirSync(staging, { recursive: true });
  // The note that keeps a doctor, who may run at the same time, from taking it for something a crash left.
  writeFileDurably(join(staging, '.owner.json'), JSON.stringify({ host: hostname(), pid: process.pid }));
  try {
    for (const [version, files] of versions) {
      const target = join(modelsDir, version);
      if (existsSync(target)) {
        for (const file of files) await assertSame(join(modelsDir, ...file.path.split('/').slice(1)), file);
        continue;
      }
      const directory = join(staging, version);
      mkdirSync(directory);
      for (const file of files) await saveFile(reader, file, join(directory, file.path.split('/')[2]));
      syncDirectory(directory);
      placed.push(target);
      renameDurably(directory, target);
    }
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

async function placeFile(
  reader: BackupReader,
  file: BackupFile,
  target: string,
  placed: string[],
): Promise<void> {
  if (existsSync(target)) {
    await assertSame(target, file);
    return;
  }
  mkdirSync(dirname(target), { recursive: true });
  placed.push(target);
  await saveFile(reader, file, target);
}

async function saveFile(reader: BackupReader, file: BackupFile, path: string): Promise<void> {
  const tooLarge = (): AppError => backupDamaged(`${file.path} is larger than its list says`);
  const source = await reader.stream(file.path, file.sha256);
  await saveStream(source, path, { maxBytes: file.bytes, tooLarge, label: path });
}

async function assertSame(path: string, { sha256 }: BackupFile): Promise<void> {
  const there = await hashStream(createReadStream(path)).catch(() => null);
  if (there?.sha256 === sha256) return;
  throw new AppError('conflict', `${path} is there already and differs from the backup.`, {
    hint: 'Move that directory away and restore again. Nothing was changed.',
  });
}

async function fillTables(reader: BackupReader, options: RestoreOptions, keys: string[]): Promise<void> {
  const { manifest } = reader;
  const { url, modelsDir, objects } = options;
  const client = new pg.Client({ connectionString: url, application_name: 'mcp-training restore' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('BEGIN');
    const present = await tablesInOrder(client);
    for (const table of present) await client.query(`ALTER TABLE ${quoted(table)} DISABLE TRIGGER USER`);
    for (const table of [...present].reverse()) await client.query(`DELETE FROM ${quoted(table)}`);
    for (const { name, rows, sha256 } of manifest.tables) {
      if (!present.includes(name)) throw backupDamaged(`its table ${name} is not one of its version`);
      const count = await insertLines(client, name, reader.lines(name, sha256));
      if (count !== rows) throw backupDamaged(`table ${name} has ${count} rows, its list says ${rows}`);
    }
    for (const table of present) await client.query(`ALTER TABLE ${quoted(table)} ENABLE TRIGGER USER`);
    const versions = await restoredVersions(client);
    if (objects == null) assertFilesOfVersions(versions, modelsDir, manifest);
    else await restoreObjects(versions, objects, modelsDir, keys);
    await client.query('COMMIT');
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** A version without its files would be marked as corrupt by the first start: better to say it before. */
function assertFilesOfVersions(
  versions: readonly RestoredVersion[],
  modelsDir: string,
  { contents }: BackupManifest,
): void {
  const here = new Set(existsSync(modelsDir) ? readdirSync(modelsDir) : []);
  const missing = versions.map(({ version }) => version).filter((version) => !here.has(version));
  if (missing.length === 0) return;
  throw new AppError(
    'conflict',
    `The files of ${missing.slice(0, 5).join(', ')} are missing in ${modelsDir}.`,
    {
      hint:
        contents === 'database'
          ? 'The backup holds the database only: put the models directory in its place first. Nothing was changed.'
          : 'Nothing was changed.',
    },
  );
}
