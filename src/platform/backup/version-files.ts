import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { ResolvedConfig } from '../config/load-config.js';
import { openObjectStore } from '../object-store/open-object-store.js';

/** Where the files of a version come from. null = there is no such file. */
export type VersionFileSource = (
  row: { readonly version: string; readonly storageKey: string },
  file: string,
) => Promise<Readable | null>;

export function versionFilesOf(config: ResolvedConfig): VersionFileSource {
  const objects = openObjectStore(config);
  if (objects === null) return versionFilesOn(config.paths.modelsDir);
  return async ({ storageKey }, file) => {
    const bytes = await objects.get(`${storageKey}/${file}`);
    return bytes === null ? null : Readable.from([bytes]);
  };
}

export function versionFilesOn(directory: string): VersionFileSource {
  return ({ version }, file) => {
    // Deleted since this snapshot was taken: its files are hidden, not gone.
    const source = [version, `.tmp-deleted-${version}`]
      .map((name) => join(directory, name, file))
      .find((candidate) => existsSync(candidate));
    return Promise.resolve(source === undefined ? null : createReadStream(source));
  };
}
