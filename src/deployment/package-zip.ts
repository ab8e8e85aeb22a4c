import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';

/** The DOS epoch in local time, which is how a zip stores times: the same bytes in every time zone. */
const MODIFIED = (): Date => new Date(1980, 0, 1);
const MODE = 0o100644;

/**
 * A flat zip of the given files in the given order, each deflated. The same files give the same bytes (with the same
 * zlib): no clock, no time zone, no file system attributes.
 *
 * @param files unique names without a directory
 */
export async function zipFiles(
  files: readonly (readonly [name: string, data: Uint8Array])[],
): Promise<Buffer> {
  const names = new Set<string>();
  const zip = new ZipFile();
  const result = buffer(zip.outputStream);
  for (const [name, data] of files) {
    if (names.has(name) || !/^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(name)) {
      throw new RangeError(`"${name}" cannot be a file of a package, or is there twice.`);
    }
    names.add(name);
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    // forceDosTimestamp: without it a second, zoned time would be written beside.
    zip.addBuffer(bytes, name, { mtime: MODIFIED(), mode: MODE, compress: true, forceDosTimestamp: true });
  }
  zip.end();
  return result;
}
