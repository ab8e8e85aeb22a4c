import { createHash, randomUUID, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { ZipFile } from 'yazl';
import { AppError } from '../../shared/errors.js';
import { APP_VERSION } from '../app-version.js';
import { MIGRATIONS_TABLE } from '../database/data-source.js';
import { renameDurably, writeFailure } from '../durable-files.js';
import {
  BACKUP_FORMAT,
  BACKUP_VERSION,
  MANIFEST_ENTRY,
  MANIFEST_HASH_ENTRY,
  tableEntry,
  type BackupFile,
  type BackupManifest,
  type BackupTable,
} from './manifest.js';
import { rowLines, tablesInOrder } from './tables.js';
import type { VersionFileSource } from './version-files.js';

export interface BackupOptions {
  readonly url: string;
  readonly output: string;
  /** null = the tables only. */
  readonly versionFiles: VersionFileSource | null;
  /** null = without the exports. */
  readonly exportsDir: string | null;
  /** Deflate the entries. */
  readonly compression: boolean;
  readonly createdAt: string;
}

/**
 * Writes the database as it is at one moment, and the files that belong to it, into one archive. Rows and files pass
 * through in pieces. The archive appears under its name when it is complete and on the disk, and only its owner can read it.
 */
export async function writeBackup(options: BackupOptions): Promise<BackupManifest> {
  const { url, output } = options;
  if (existsSync(output)) {
    throw new AppError('usage', `${output} exists already.`, { hint: 'Name a new file with --output.' });
  }
  const client = new pg.Client({
    connectionString: url,
    application_name: 'mcp-training backup',
    keepAlive: true,
  });
  client.on('error', () => undefined);
  const staging = join(dirname(output), `.${basename(output)}.tmp-${randomUUID()}`);
  try {
    mkdirSync(dirname(output), { recursive: true });
    await client.connect();
    const manifest = await writeArchive(client, staging, options);
    renameDurably(staging, output);
    return manifest;
  } catch (error) {
    rmSync(staging, { force: true });
    throw error instanceof AppError || !(error instanceof Error) || !('syscall' in error)
      ? error
      : writeFailure(output, error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function writeArchive(
  client: pg.Client,
  path: string,
  options: BackupOptions,
): Promise<BackupManifest> {
  const archive = new ArchiveWriter(path, options.compression);
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await client.query(`SET LOCAL TimeZone = 'UTC'`);
    await assertMigrated(client);
    const tables: BackupTable[] = [];
    for (const name of await tablesInOrder(client)) tables.push(await addTable(archive, client, name));
    const migrations = await client.query<{ name: string }>(
      `SELECT name FROM ${MIGRATIONS_TABLE} ORDER BY timestamp, id`,
    );
    const files = [
      ...(options.versionFiles === null ? [] : await addModels(archive, client, options.versionFiles)),
      ...(options.exportsDir === null ? [] : await addExports(archive, options.exportsDir)),
    ];
    await client.query('COMMIT');
    const manifest: BackupManifest = {
      format: BACKUP_FORMAT,
      format_version: BACKUP_VERSION,
      created_at: options.createdAt,
      app_version: APP_VERSION,
      migrations: migrations.rows.map(({ name }) => name),
      tables,
      contents: options.versionFiles === null ? 'database' : 'files',
      files,
    };
    const text = `${JSON.stringify(manifest, null, 1)}\n`;
    const { sha256 } = await archive.add(MANIFEST_ENTRY, Readable.from([Buffer.from(text)]));
    await archive.add(MANIFEST_HASH_ENTRY, Readable.from([Buffer.from(`${sha256}\n`)]));
    await archive.finish();
    return manifest;
  } catch (error) {
    await archive.giveUp();
    throw error;
  }
}

async function assertMigrated(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ present: boolean }>('SELECT to_regclass($1) IS NOT NULL AS present', [
    MIGRATIONS_TABLE,
  ]);
  if (rows[0].present) return;
  throw new AppError('conflict', 'The database has no tables yet: there is nothing to back up.', {
    hint: 'Check DATABASE_URL and TRAINING_DATA_DIR, or run "mcp-training migrate" first.',
  });
}

async function addTable(archive: ArchiveWriter, client: pg.Client, name: string): Promise<BackupTable> {
  let rows = 0;
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const line of rowLines(client, name)) {
      rows++;
      yield Buffer.from(line);
    }
  }
  const written = await archive.add(tableEntry(name), Readable.from(counted()));
  return { name, rows, ...written };
}

/** Files of every version that can be used, as they were registered: a backup of damaged files is none. */
async function addModels(
  archive: ArchiveWriter,
  client: pg.Client,
  source: VersionFileSource,
): Promise<BackupFile[]> {
  const { rows } = await client.query<{
    version: string;
    storageKey: string;
    artifacts: Record<string, string>;
  }>(
    `SELECT version, storage_key AS "storageKey", artifacts FROM model_versions v
     WHERE to_jsonb(v)->>'deleted_at' IS NULL AND status <> 'corrupt' ORDER BY version`,
  );
  const files: BackupFile[] = [];
  for (const row of rows) {
    const { version, artifacts } = row;
    for (const [file, expected] of Object.entries(artifacts)) {
      const path = `models/${version}/${file}`;
      const content = await source(row, file);
      const written = content === null ? null : await archive.add(path, content);
      if (written?.sha256 !== expected) {
        throw new AppError('artifact_integrity', `${file} of model ${version} is missing or was changed.`, {
          hint: 'Run "mcp-training doctor", which marks the version as corrupt, and make the backup again. No backup was written.',
        });
      }
      files.push({ path, ...written });
    }
  }
  return files;
}

/** Every plain file; what begins with a dot is unfinished, and links lead elsewhere. */
async function addExports(archive: ArchiveWriter, directory: string): Promise<BackupFile[]> {
  if (!existsSync(directory)) return [];
  const files: BackupFile[] = [];
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .filter((path) => !path.split('/').some((part) => part.startsWith('.')))
    .sort();
  for (const name of entries) {
    const path = `exports/${name}`;
    files.push({ path, ...(await archive.add(path, createReadStream(join(directory, name)))) });
  }
  return files;
}

/** A zip that is written while it is made, one entry after the other. */
class ArchiveWriter {
  private readonly zip = new ZipFile();
  private readonly written: Promise<void>;

  constructor(
    path: string,
    private readonly compress: boolean,
  ) {
    const file = createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true });
    this.written = pipeline(this.zip.outputStream, file);
    // Looked at in finish and giveUp; a failure before must not end the process.
    this.written.catch(() => undefined);
    this.zip.on('error', () => undefined);
  }

  async add(name: string, source: Readable): Promise<{ bytes: number; sha256: string }> {
    const hash: Hash = createHash('sha256');
    let bytes = 0;
    const meter = new Transform({
      transform(chunk: Buffer, _, done) {
        hash.update(chunk);
        bytes += chunk.byteLength;
        done(null, chunk);
      },
    });
    this.zip.addReadStream(meter, name, { compress: this.compress, mode: 0o100600, forceZip64Format: true });
    // Whichever fails first: the source, or the disk that the archive goes to.
    await Promise.race([pipeline(source, meter), this.written.then(() => undefined)]);
    return { bytes, sha256: hash.digest('hex') };
  }

  async finish(): Promise<void> {
    this.zip.end();
    await this.written;
  }

  async giveUp(): Promise<void> {
    (this.zip.outputStream as Readable).destroy(new Error('given up'));
    await this.written.catch(() => undefined);
  }
}
