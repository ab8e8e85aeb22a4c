import { readdirSync, statSync, type BigIntStats } from 'node:fs';
import { join, resolve } from 'node:path';
import { EXPORT_NAMES, isExportName } from '../export/core/export-file-name.js';
import { AppError } from '../shared/errors.js';
import type { InputName } from '../workers/open-input.js';

/** The path that stands for standard input, and how it is called in reports. */
export const STANDARD_INPUT = '-';
export const STANDARD_INPUT_NAME = '(standard input)';

export interface InputFiles {
  readonly files: readonly InputName[];
  /** What the directories hold besides, as the user would write it. */
  readonly ignored: readonly string[];
}

/**
 * The files that the paths of a command stand for: a directory is all exports directly in it, sorted by name (UTF-16
 * code units, so that the order does not depend on the locale). A path that does not exist is kept: reading it says so.
 *
 * @throws AppError usage: a file or standard input twice; export_invalid: a directory without exports
 */
export function inputFiles(paths: readonly string[]): InputFiles {
  const files: InputName[] = [];
  const ignored: string[] = [];
  for (const path of paths) {
    if (path === STANDARD_INPUT) files.push({ path, name: STANDARD_INPUT_NAME });
    else if (statOf(path)?.isDirectory() === true) {
      const found = filesIn(path);
      files.push(...found.files);
      ignored.push(...found.ignored);
    } else files.push({ path: resolve(path), name: path });
  }
  assertDistinct(files);
  return { files, ignored };
}

function filesIn(directory: string): InputFiles {
  const files: InputName[] = [];
  const ignored: string[] = [];
  for (const entry of namesIn(directory)) {
    if (entry.startsWith('.')) continue;
    const name = join(directory, entry);
    // A link to nothing is kept: an export that is missing must not go unnoticed.
    const isFile = statOf(name)?.isFile() ?? true;
    if (isExportName(entry) && isFile) files.push({ path: resolve(name), name });
    else ignored.push(name);
  }
  if (files.length > 0) return { files, ignored };
  throw new AppError('export_invalid', `The directory ${directory} holds no export.`, {
    hint: `Files whose names end in ${EXPORT_NAMES} are taken, not those in its sub-directories.`,
    details: { directory, ignored: ignored.slice(0, 20), reason: 'empty_directory' },
  });
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new AppError('file_not_found', `The directory ${directory} cannot be read (${code}).`, {
      cause: error,
      hint: 'Check its permissions.',
    });
  }
}

/** null: there is no such file, or it cannot be seen. */
function statOf(path: string): BigIntStats | null {
  try {
    return statSync(path, { bigint: true });
  } catch {
    return null;
  }
}

/** One file under two names (a path and its directory, links) would count every line twice. */
function assertDistinct(files: readonly InputName[]): void {
  const seen = new Map<string, string>();
  for (const { path, name } of files) {
    const stat = path === STANDARD_INPUT ? null : statOf(path);
    const identity = stat === null ? path : `${stat.dev}:${stat.ino}`;
    const other = seen.get(identity);
    if (other === undefined) {
      seen.set(identity, name);
      continue;
    }
    throw new AppError(
      'usage',
      other === name ? `${name} is given twice.` : `${other} and ${name} are the same file.`,
      { hint: 'Give each file once: its lines would count twice.' },
    );
  }
}
