import type { Entry, LocalFileHeader } from 'yauzl';
import { AppError } from '../../shared/errors.js';

/** Limits of an archive from elsewhere. A package of ours has 14 entries and some megabytes. */
export const ARCHIVE_LIMITS = {
  entries: 64,
  totalBytes: 200 * 1024 * 1024,
  /** Uncompressed to compressed; a forest deflates ten times, zeros a thousand times. */
  ratio: 100,
  /** Below this a ratio harms nobody, and a small table of zeros has a high one. */
  ratioFreeBytes: 64 * 1024,
} as const;

/** One plain file name: no directory, no parent, no drive, nothing hidden, nothing a terminal or a shell would read. */
const PLAIN_NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED_BITS = 0x1 | 0x40 | 0x2000;
const DIRECTORY_BIT = 0x10;
const FILE_TYPE_MASK = 0xf000;
const REGULAR_FILE = 0x8000;
/** Extra field with a second name for the entry, which some programs prefer to the first. */
const UNICODE_PATH = 0x7075;

export function archiveRefused(reason: string, cause?: unknown): AppError {
  return new AppError('validation_failed', `The archive is refused: ${reason}.`, {
    cause,
    hint: 'A package is a flat archive of plain files, as "mcp-training package" writes it; nothing of it was unpacked.',
    problems: [{ pointer: '/file', code: 'archive_refused', message: reason }],
  });
}

/** The name of an entry from its raw bytes, or a refusal. One bad name condemns the archive. */
export function entryName({ fileNameRaw, extraFields }: Entry): string {
  const name = fileNameRaw.toString('latin1');
  if (!PLAIN_NAME.test(name)) {
    const shown = JSON.stringify(name.slice(0, 80).replace(/[^\x20-\x7e]/g, '?'));
    throw archiveRefused(`the entry ${shown} is no plain file name`);
  }
  if (extraFields.some(({ id }) => id === UNICODE_PATH)) {
    throw archiveRefused(`the entry "${name}" has a second name`);
  }
  return name;
}

/** What the directory of the archive says about an entry: kind, method, sizes. */
export function checkEntry(entry: Entry, name: string): void {
  if ((entry.generalPurposeBitFlag & ENCRYPTED_BITS) !== 0) throw archiveRefused(`"${name}" is encrypted`);
  if (entry.compressionMethod !== STORED && entry.compressionMethod !== DEFLATED) {
    throw archiveRefused(`"${name}" is compressed with method ${entry.compressionMethod}`);
  }
  const type = (entry.externalFileAttributes >>> 16) & FILE_TYPE_MASK;
  if (type !== 0 && type !== REGULAR_FILE)
    throw archiveRefused(`"${name}" is a link or another special file`);
  if ((entry.externalFileAttributes & DIRECTORY_BIT) !== 0) throw archiveRefused(`"${name}" is a directory`);
  checkSize(`"${name}"`, entry.compressedSize, entry.uncompressedSize);
}

export function checkSize(what: string, compressed: number, uncompressed: number): void {
  const { totalBytes, ratio, ratioFreeBytes } = ARCHIVE_LIMITS;
  if (uncompressed > totalBytes) {
    throw archiveRefused(`${what} unpacks to ${uncompressed} bytes, at most ${totalBytes} are allowed`);
  }
  if (uncompressed > ratioFreeBytes && uncompressed > ratio * compressed) {
    throw archiveRefused(`${what} unpacks to more than ${ratio} times its size`);
  }
}

/** The header before the data must tell the same: programs differ in which of the two they believe. */
export function checkLocalHeader(entry: Entry, local: LocalFileHeader, name: string): void {
  const same =
    local.fileName.equals(entry.fileNameRaw) &&
    local.compressionMethod === entry.compressionMethod &&
    (local.generalPurposeBitFlag & ENCRYPTED_BITS) === 0;
  if (!same) throw archiveRefused(`"${name}" is described in two ways`);
}
