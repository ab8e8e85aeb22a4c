import { crc32 } from 'node:zlib';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { AppError } from '../../shared/errors.js';
import {
  ARCHIVE_LIMITS,
  archiveRefused,
  checkEntry,
  checkLocalHeader,
  checkSize,
  entryName,
} from './archive-entry.js';

/** Bytes of the archive that belong to one entry: its header and its data. */
interface Extent {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** What was read of an archive, all in memory. */
export interface ReadArchive {
  /** Every entry, in the order of the archive. */
  readonly names: readonly string[];
  /** The wanted entries that are there. */
  readonly files: ReadonlyMap<string, Buffer>;
}

/**
 * Reads some entries of a zip from elsewhere into memory. Nothing is ever written to a disk, and no entry leads to
 * another archive. All entries are checked before one is inflated, and the whole archive is refused for one that is
 * bad: also one that nobody wants says what the archive was made for.
 *
 * @param wanted entry name -> most bytes it may have
 * @throws AppError `validation_failed` naming the entry
 */
export async function readArchive(bytes: Buffer, wanted: ReadonlyMap<string, number>): Promise<ReadArchive> {
  try {
    const zip = await yauzl.fromBufferPromise(bytes, { decodeStrings: false, validateEntrySizes: true });
    const entries = await listEntries(zip);
    const files = new Map<string, Buffer>();
    for (const [name, entry] of entries) {
      const limit = wanted.get(name);
      if (limit !== undefined) files.set(name, await inflate(zip, entry, name, limit));
    }
    return { names: [...entries.keys()], files };
  } catch (error) {
    if (error instanceof AppError) throw error;
    // The library's messages carry no text of the archive: names were not decoded.
    const reason = error instanceof Error ? error.message : String(error);
    throw archiveRefused(`it is damaged or cut off (${reason.slice(0, 120)})`, error);
  }
}

async function listEntries(zip: ZipFile): Promise<Map<string, Entry>> {
  if (zip.entryCount > ARCHIVE_LIMITS.entries) {
    throw archiveRefused(`it has ${zip.entryCount} entries, at most ${ARCHIVE_LIMITS.entries} are allowed`);
  }
  const entries = new Map<string, Entry>();
  const extents: Extent[] = [];
  let compressed = 0;
  let uncompressed = 0;
  for await (const entry of zip.eachEntry()) {
    const name = entryName(entry);
    if (entries.has(name)) throw archiveRefused(`"${name}" is there twice`);
    checkEntry(entry, name);
    compressed += entry.compressedSize;
    uncompressed += entry.uncompressedSize;
    checkSize('it', compressed, uncompressed);
    const local = await zip.readLocalFileHeaderPromise(entry);
    checkLocalHeader(entry, local, name);
    extents.push({
      name,
      start: entry.relativeOffsetOfLocalHeader,
      end: local.fileDataStart + entry.compressedSize,
    });
    entries.set(name, entry);
  }
  assertApart(extents);
  return entries;
}

/** Entries that share their bytes make a small archive unpack to any size. */
function assertApart(extents: Extent[]): void {
  extents.sort((a, b) => a.start - b.start);
  for (let i = 1; i < extents.length; i++) {
    if (extents[i].start >= extents[i - 1].end) continue;
    throw archiveRefused(`"${extents[i - 1].name}" and "${extents[i].name}" share their bytes`);
  }
}

/** Counts what really comes out: the sizes in the headers are claims. */
async function inflate(zip: ZipFile, entry: Entry, name: string, limit: number): Promise<Buffer> {
  if (entry.uncompressedSize > limit) {
    throw archiveRefused(`"${name}" has ${entry.uncompressedSize} bytes, at most ${limit} are read`);
  }
  const chunks: Buffer[] = [];
  let size = 0;
  const stream = await zip.openReadStreamPromise(entry);
  // Leaving the loop destroys the stream, and with it the inflater.
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > entry.uncompressedSize) {
      throw archiveRefused(`"${name}" unpacks to more than the ${entry.uncompressedSize} bytes it announces`);
    }
    chunks.push(chunk);
  }
  const data = Buffer.concat(chunks, size);
  if (size !== entry.uncompressedSize || crc32(data) !== entry.crc32) {
    throw archiveRefused(`"${name}" is damaged: its length or its checksum is not the announced one`);
  }
  return data;
}
