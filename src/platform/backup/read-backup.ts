import { createHash } from 'node:crypto';
import { Transform, Writable, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { AppError } from '../../shared/errors.js';
import {
  backupDamaged,
  MANIFEST_ENTRY,
  MANIFEST_HASH_ENTRY,
  parseManifest,
  tableEntry,
  type BackupManifest,
} from './manifest.js';

const MAX_MANIFEST_BYTES = 256 * 1024 * 1024;

/** An archive whose list was read and found sound. Its entries are read in pieces, and each is compared with its hash. */
export class BackupReader {
  private constructor(
    private readonly zip: ZipFile,
    private readonly entries: ReadonlyMap<string, Entry>,
    readonly manifest: BackupManifest,
  ) {}

  /** @throws AppError `file_not_found`, `artifact_integrity` (damaged), `conflict` (of a newer program) */
  static async open(path: string): Promise<BackupReader> {
    let zip: ZipFile;
    try {
      zip = await yauzl.openPromise(path, { autoClose: false, validateEntrySizes: true });
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
        throw new AppError('file_not_found', `There is no file ${path}.`);
      }
      throw backupDamaged(`it is no complete archive (${reasonOf(error)})`, error);
    }
    try {
      const entries = new Map<string, Entry>();
      for await (const entry of zip.eachEntry()) entries.set(entry.fileName, entry);
      const text = await readText(zip, entries, MANIFEST_ENTRY);
      const hash = (await readText(zip, entries, MANIFEST_HASH_ENTRY)).trim();
      if (createHash('sha256').update(text).digest('hex') !== hash)
        throw backupDamaged('its list was changed');
      const manifest = parseManifest(text);
      const expected = [
        ...manifest.tables.map(({ name }) => tableEntry(name)),
        ...manifest.files.map(({ path: name }) => name),
      ];
      const missing = expected.find((name) => !entries.has(name));
      if (missing !== undefined) throw backupDamaged(`${missing} is missing`);
      return new BackupReader(zip, entries, manifest);
    } catch (error) {
      zip.close();
      throw error instanceof AppError ? error : backupDamaged(reasonOf(error), error);
    }
  }

  close(): void {
    this.zip.close();
  }

  /** Reads everything once and compares it with the list. */
  async verify(): Promise<void> {
    for (const { name, sha256 } of this.manifest.tables) await this.drain(tableEntry(name), sha256);
    for (const { path, sha256 } of this.manifest.files) await this.drain(path, sha256);
  }

  /** The stream fails at its end when the content is not what the list says. */
  async stream(name: string, sha256: string): Promise<Readable> {
    const entry = this.entries.get(name);
    if (entry === undefined) throw backupDamaged(`${name} is missing`);
    const hash = createHash('sha256');
    const check = new Transform({
      transform(chunk: Buffer, _, done) {
        hash.update(chunk);
        done(null, chunk);
      },
      flush(done) {
        done(hash.digest('hex') === sha256 ? null : backupDamaged(`${name} was changed`));
      },
    });
    const source = await this.zip.openReadStreamPromise(entry);
    source.once('error', (error: Error) =>
      check.destroy(backupDamaged(`${name}: ${reasonOf(error)}`, error)),
    );
    return source.pipe(check);
  }

  /** Lines of a table. */
  async *lines(table: string, sha256: string): AsyncGenerator<string> {
    let rest: Buffer = Buffer.alloc(0);
    // By the byte: a text may hold characters that other readers of lines take for the end of one.
    for await (const chunk of (await this.stream(tableEntry(table), sha256)) as AsyncIterable<Buffer>) {
      const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let start = 0;
      for (let end = data.indexOf(0x0a); end >= 0; end = data.indexOf(0x0a, start)) {
        yield data.toString('utf8', start, end);
        start = end + 1;
      }
      rest = data.subarray(start);
    }
    if (rest.length > 0) throw backupDamaged(`the last line of table ${table} is incomplete`);
  }

  private async drain(name: string, sha256: string): Promise<void> {
    try {
      const nowhere = new Writable({
        write(_chunk, _encoding, done) {
          done();
        },
      });
      await pipeline(await this.stream(name, sha256), nowhere);
    } catch (error) {
      throw error instanceof AppError ? error : backupDamaged(`${name}: ${reasonOf(error)}`, error);
    }
  }
}

async function readText(zip: ZipFile, entries: ReadonlyMap<string, Entry>, name: string): Promise<string> {
  const entry = entries.get(name);
  if (entry === undefined) throw backupDamaged('it was not written by "mcp-training backup"');
  if (entry.uncompressedSize > MAX_MANIFEST_BYTES) throw backupDamaged(`${name} is too large`);
  const chunks: Buffer[] = [];
  const stream = await zip.openReadStreamPromise(entry);
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 120);
}
