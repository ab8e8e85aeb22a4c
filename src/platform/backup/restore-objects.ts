import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { sha256Hex } from '../../shared/digest.js';
import { AppError } from '../../shared/errors.js';
import type { ObjectStore } from '../object-store/object-store.js';

/** A version as its restored row says. */
export interface RestoredVersion {
  readonly version: string;
  readonly storage_key: string;
  readonly artifacts: Readonly<Record<string, string>>;
}

/** Versions whose files must be there for the restored rows to be true. */
export async function restoredVersions(client: pg.Client): Promise<RestoredVersion[]> {
  const { rows } = await client.query<RestoredVersion>(
    // An older database has no such column: none of its versions is deleted.
    `SELECT version, storage_key, artifacts FROM model_versions v
     WHERE to_jsonb(v)->>'deleted_at' IS NULL AND status <> 'corrupt'`,
  );
  return rows;
}

/**
 * Puts the files of the restored rows into the bucket, under the keys that the rows name. Objects that are there already
 * stay, and must be the same.
 * @param placed is told every key that this call has written
 */
export async function restoreObjects(
  versions: readonly RestoredVersion[],
  objects: ObjectStore,
  modelsDir: string,
  placed: string[],
): Promise<void> {
  for (const { version, storage_key: storageKey, artifacts } of versions) {
    for (const [file, expected] of Object.entries(artifacts)) {
      const key = `${storageKey}/${file}`;
      const there = await objects.get(key);
      if (there !== null) {
        if (sha256Hex(there) === expected) continue;
        throw refusal(`The object ${key} is there already and differs from the backup.`);
      }
      const bytes = readLocal(join(modelsDir, version, file));
      if (bytes === null || sha256Hex(bytes) !== expected)
        throw refusal(
          `${file} of ${version} is neither in the backup nor in the artifact store (${objects.label}).`,
        );
      placed.push(key);
      await objects.put(key, bytes);
    }
  }
}

const refusal = (message: string): AppError =>
  new AppError('conflict', message, { hint: 'Nothing was changed.' });

function readLocal(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
}
