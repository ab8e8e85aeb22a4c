import { AppError } from '../../shared/errors.js';

/** The list of an archive: what is in it, with the hash of every entry. Written last, read first. */
export interface BackupManifest {
  readonly format: typeof BACKUP_FORMAT;
  readonly format_version: number;
  readonly created_at: string;
  readonly app_version: string;
  /** Names of the migrations that the database had, oldest first. */
  readonly migrations: readonly string[];
  /** In an order in which they can be filled. */
  readonly tables: readonly BackupTable[];
  /** `files`: the models (and exports) are in the archive; `database`: the tables only. */
  readonly contents: 'files' | 'database';
  readonly files: readonly BackupFile[];
}

export interface BackupTable {
  readonly name: string;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

export interface BackupFile {
  /** `models/<version>/<file>` or `exports/<path>`. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

export const BACKUP_FORMAT = 'mcp-training-backup';
/** Raised when an older program could not read what a newer one writes. */
export const BACKUP_VERSION = 1;
export const MANIFEST_ENTRY = 'manifest.json';
export const MANIFEST_HASH_ENTRY = 'manifest.json.sha256';

const TABLE = /^[a-z][a-z0-9_]{0,62}$/;
const MODEL_FILE = /^models\/[A-Za-z0-9][A-Za-z0-9._-]{0,63}\/[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/;
const SEGMENT = /^[^\u0000-\u001f\u007f/\\]{1,255}$/;
const SHA256 = /^[0-9a-f]{64}$/;

export const tableEntry = (name: string): string => `database/${name}.ndjson`;

export function backupDamaged(reason: string, cause?: unknown): AppError {
  return new AppError('artifact_integrity', `The backup cannot be used: ${reason}.`, {
    cause,
    hint: 'Nothing was changed. Use another backup.',
  });
}

/** @throws AppError `artifact_integrity` for what is no list of ours, `conflict` for that of a newer program */
export function parseManifest(text: string): BackupManifest {
  let parsed: Partial<BackupManifest>;
  try {
    parsed = JSON.parse(text) as Partial<BackupManifest>;
  } catch (error) {
    throw backupDamaged('its list is not valid JSON', error);
  }
  if (parsed.format !== BACKUP_FORMAT) throw backupDamaged('it was not written by "mcp-training backup"');
  if (typeof parsed.format_version !== 'number' || parsed.format_version > BACKUP_VERSION) {
    throw new AppError('conflict', 'The backup was written by a newer version of mcp-training.', {
      hint: `Restore it with version ${String(parsed.app_version)} or later.`,
    });
  }
  const { migrations, tables, files } = parsed;
  const isSound =
    isList<string>(migrations, (name) => typeof name === 'string') &&
    isList<BackupTable>(
      tables,
      ({ name, rows, sha256 }) => TABLE.test(name) && rows >= 0 && SHA256.test(sha256),
    ) &&
    isList<BackupFile>(
      files,
      ({ path, bytes, sha256 }) => isSafePath(path) && bytes >= 0 && SHA256.test(sha256),
    );
  if (!isSound) throw backupDamaged('its list is incomplete');
  return parsed as BackupManifest;
}

function isList<T>(value: unknown, holds: (item: T) => boolean): value is readonly T[] {
  return Array.isArray(value) && value.every((item) => item !== null && holds(item as T));
}

/** Where a file of an archive may lead: below the models or the exports, and nowhere else. */
function isSafePath(path: string): boolean {
  if (MODEL_FILE.test(path)) return !path.includes('..');
  if (!path.startsWith('exports/')) return false;
  return path
    .slice('exports/'.length)
    .split('/')
    .every((part) => SEGMENT.test(part) && part !== '.' && part !== '..');
}
