import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { AppError } from '../../shared/errors.js';

/** The largest model file taken in: as much as the consumer takes. */
export const MAX_MODEL_FILE_BYTES = 100 * 1024 * 1024;

export type ModelFileKind = 'package' | 'onnx';

const startsWith = (bytes: Uint8Array, ...head: readonly number[]): boolean =>
  head.every((byte, i) => bytes[i] === byte);

/** Files that people try, by their first bytes. The name of a file says nothing. */
const KNOWN_REFUSALS: readonly [matches: (bytes: Uint8Array) => boolean, what: string][] = [
  [
    (bytes) => bytes[0] === 0x80 && bytes[1] >= 2 && bytes[1] <= 5,
    'is a pickle (or joblib) file. Loading one runs whatever program is in it, so pickles are never read',
  ],
  [(bytes) => startsWith(bytes, 0x1f, 0x8b), 'is compressed with gzip'],
  [
    (bytes) => bytes[0] === 0x78 && (bytes[0] * 256 + bytes[1]) % 31 === 0,
    'is compressed with zlib, as joblib may do',
  ],
  [(bytes) => startsWith(bytes, 0x28, 0xb5, 0x2f, 0xfd), 'is compressed with zstd'],
  [(bytes) => startsWith(bytes, 0x7b) || startsWith(bytes, 0x5b), 'is JSON'],
];

/** Fields that may come first in an ONNX file: tags of `ModelProto`. */
const ONNX_FIRST_BYTES: ReadonlySet<number> = new Set([0x08, 0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42, 0x72]);

/**
 * Package or ONNX, by content.
 *
 * @throws AppError `validation_failed` saying what the file is instead
 */
export function detectModelFile(bytes: Uint8Array, name: string): ModelFileKind {
  if (startsWith(bytes, 0x50, 0x4b, 3, 4) || startsWith(bytes, 0x50, 0x4b, 5, 6)) return 'package';
  const refused = KNOWN_REFUSALS.find(([matches]) => matches(bytes));
  if (refused === undefined && bytes.length > 0 && ONNX_FIRST_BYTES.has(bytes[0])) return 'onnx';
  const what = refused?.[1] ?? (bytes.length === 0 ? 'is empty' : 'is neither a package nor an ONNX model');
  throw new AppError('validation_failed', `${name} ${what}.`, {
    hint: 'Give model_<version>_deployment.zip or model.onnx.',
    problems: [{ pointer: '/file', code: 'media_type', message: 'must be a package (zip) or an ONNX model' }],
  });
}

/**
 * A model file as a whole, because everything about it is checked before anything is used.
 *
 * @param noFollow refuse a symbolic link
 * @throws AppError `file_not_found`, `validation_failed` for what is no regular file, `payload_too_large`
 */
export function readModelFile(
  path: string,
  name: string,
  { noFollow }: { readonly noFollow: boolean },
): Buffer {
  // O_NONBLOCK: opening a FIFO must answer, not wait for a writer.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | (noFollow ? constants.O_NOFOLLOW : 0);
  let fd: number;
  try {
    fd = openSync(path, flags);
  } catch (error) {
    throw new AppError('file_not_found', `${name} does not exist or cannot be read.`, { cause: error });
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new AppError('validation_failed', `${name} is not a regular file.`);
    if (stat.size > MAX_MODEL_FILE_BYTES) throw tooLarge(name);
    const bytes = Buffer.alloc(stat.size);
    let size = 0;
    while (size < bytes.length) {
      const n = readSync(fd, bytes, size, bytes.length - size, null);
      if (n === 0) break;
      size += n;
    }
    return bytes.subarray(0, size);
  } finally {
    closeSync(fd);
  }
}

export function tooLarge(name: string): AppError {
  return new AppError('payload_too_large', `${name} is larger than ${MAX_MODEL_FILE_BYTES} bytes.`);
}
