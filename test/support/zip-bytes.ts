import { crc32, deflateRawSync } from 'node:zlib';

/** One entry; everything a header says may be a lie. */
export interface ZipEntryBytes {
  readonly name: string | Buffer;
  readonly data?: Uint8Array | string;
  /** Default: deflated. */
  readonly stored?: boolean;
  /** Name in the header before the data, when it differs. */
  readonly localName?: string;
  /** What the headers claim instead of the truth. */
  readonly claimedSize?: number;
  readonly flags?: number;
  readonly externalAttributes?: number;
  readonly extra?: Buffer;
  readonly method?: number;
  /** Position of another entry whose bytes this one uses. */
  readonly offsetOf?: number;
  readonly crc?: number;
}

const HOST_UNIX = 3 << 8;

/** A zip written by hand, so that a test can say what no library would write. */
export function zipBytes(entries: readonly ZipEntryBytes[], end: { readonly entries?: number } = {}): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  const offsets: number[] = [];
  let at = 0;
  for (const entry of entries) {
    const { local, central } = headers(entry, entry.offsetOf === undefined ? at : offsets[entry.offsetOf]);
    offsets.push(at);
    directory.push(central);
    if (entry.offsetOf !== undefined) continue;
    parts.push(local);
    at += local.length;
  }
  const central = Buffer.concat(directory);
  const tail = Buffer.alloc(22);
  tail.writeUInt32LE(0x06054b50, 0);
  tail.writeUInt16LE(end.entries ?? entries.length, 8);
  tail.writeUInt16LE(end.entries ?? entries.length, 10);
  tail.writeUInt32LE(central.length, 12);
  tail.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, central, tail]);
}

function headers(entry: ZipEntryBytes, offset: number): { local: Buffer; central: Buffer } {
  const raw = Buffer.from(entry.data ?? '');
  const data = entry.stored === true ? raw : deflateRawSync(raw);
  const name = Buffer.from(entry.name);
  const localName = entry.localName === undefined ? name : Buffer.from(entry.localName);
  const extra = entry.extra ?? Buffer.alloc(0);
  // From the flags to the size: the same in both headers.
  const common = Buffer.alloc(20);
  common.writeUInt16LE(entry.flags ?? 0, 0);
  common.writeUInt16LE(entry.method ?? (entry.stored === true ? 0 : 8), 2);
  common.writeUInt16LE(0x21, 6);
  common.writeUInt32LE(entry.crc ?? crc32(raw), 8);
  common.writeUInt32LE(data.length, 12);
  common.writeUInt32LE(entry.claimedSize ?? raw.length, 16);
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(20, 4);
  common.copy(local, 6);
  local.writeUInt16LE(localName.length, 26);
  const central = Buffer.alloc(46);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt16LE(HOST_UNIX + 20, 4);
  central.writeUInt16LE(20, 6);
  common.copy(central, 8);
  central.writeUInt16LE(name.length, 28);
  central.writeUInt16LE(extra.length, 30);
  central.writeUInt32LE((entry.externalAttributes ?? 0o100644 << 16) >>> 0, 38);
  central.writeUInt32LE(offset, 42);
  return {
    local: Buffer.concat([local, localName, data]),
    central: Buffer.concat([central, name, extra]),
  };
}

/** Unix mode of an entry as its external attributes. */
export const unixMode = (mode: number): number => (mode << 16) >>> 0;
