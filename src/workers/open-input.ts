import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { AppError } from '../shared/errors.js';

/** An input file: where it is, and what the user calls it. */
export interface InputName {
  /** Absolute path; opened once, never followed by name again. */
  readonly path: string;
  /** Name shown to the user. */
  readonly name: string;
}

/**
 * Opens a regular file for reading.
 *
 * @param noFollow refuse a symbolic link as the last component, and a file with a second name (files named over the
 *   network: a link could lead out of the exports directory)
 * @throws AppError file_not_found, export_invalid, export_not_allowed
 */
export function openInput(
  file: InputName,
  noFollow: boolean,
): { readonly fd: number; readonly size: number } {
  let fd: number;
  try {
    // O_NONBLOCK: opening a FIFO must answer, not wait for a writer; regular files ignore the flag.
    fd = openSync(
      file.path,
      constants.O_RDONLY | constants.O_NONBLOCK | (noFollow ? constants.O_NOFOLLOW : 0),
    );
  } catch (error) {
    throw openError(file, error);
  }
  const stat = fstatSync(fd);
  if (stat.isFile() && !(noFollow && stat.nlink > 1)) return { fd, size: stat.size };
  closeSync(fd);
  throw new AppError(
    noFollow ? 'export_not_allowed' : 'export_invalid',
    `${file.name} is ${stat.isDirectory() ? 'a directory' : 'not a regular file'}, expected a log export file.`,
    {
      hint: noFollow
        ? 'Give the path of a JSON, NDJSON or CSV export.'
        : 'Give the path of a JSON, NDJSON or CSV export, or pipe it into the command with "-" as the path.',
    },
  );
}

function openError(file: InputName, error: unknown): AppError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new AppError('file_not_found', `${file.name} does not exist.`, { cause: error });
  }
  if (code === 'ELOOP') {
    return new AppError('export_not_allowed', `${file.name} is a symbolic link, which is not followed.`, {
      cause: error,
    });
  }
  return new AppError(
    'file_not_found',
    `${file.name} cannot be read (${code === '' ? String(error) : code}).`,
    {
      cause: error,
      hint: 'Check the permissions of the file and of its directory.',
    },
  );
}
