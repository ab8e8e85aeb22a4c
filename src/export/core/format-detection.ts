import { INCOMPLETE, JsonScanner, skipSpace } from './json-scanner.js';
import { SLOT } from './field-spans.js';
import { fatal, type ParserContext } from './parser-context.js';

/** The reader a file needs. `object` = an object that holds the list of records. */
export type DetectedFormat = 'object' | 'array' | 'ndjson' | 'csv';

const MAGIC: readonly { readonly bytes: readonly number[]; readonly name: string; readonly how: string }[] = [
  { bytes: [0x1f, 0x8b], name: 'compressed with gzip', how: 'gunzip' },
  { bytes: [0x28, 0xb5, 0x2f, 0xfd], name: 'compressed with zstd', how: 'unzstd' },
  { bytes: [0x50, 0x4b, 0x03, 0x04], name: 'a zip archive', how: 'unzip' },
  { bytes: [0x42, 0x5a, 0x68], name: 'compressed with bzip2', how: 'bunzip2' },
  { bytes: [0xfd, 0x37, 0x7a, 0x58], name: 'compressed with xz', how: 'unxz' },
];

/** Length of a UTF-8 byte order mark at the start, 0 without one. */
export function bomLength(buf: Uint8Array, pos: number, end: number): number {
  return end - pos >= 3 && buf[pos] === 0xef && buf[pos + 1] === 0xbb && buf[pos + 2] === 0xbf ? 3 : 0;
}

/** Refuses files that are recognisably something else, by their first bytes (at least 4 unless the file is shorter). */
export function refuseForeign(context: ParserContext, buf: Uint8Array, pos: number, end: number): void {
  for (const { bytes, name, how } of MAGIC) {
    if (end - pos < bytes.length || !bytes.every((byte, i) => buf[pos + i] === byte)) continue;
    const hint = `Unpack it first (${how}), then use the file inside.`;
    throw fatal(context, pos, `the file is ${name}; the reader needs the plain text`, hint, 'compressed');
  }
  const [first, second] = [buf[pos], end - pos > 1 ? buf[pos + 1] : 1];
  const isUtf16 =
    (first === 0xff && second === 0xfe) ||
    (first === 0xfe && second === 0xff) ||
    (first === 0x7b && second === 0);
  if (isUtf16) {
    const hint = 'Save or export the file as UTF-8, with or without byte order mark.';
    throw fatal(context, pos, 'the file is encoded as UTF-16', hint, 'utf16');
  }
}

/**
 * Decides from the first bytes (behind the byte order mark and white space) how a file is to be read. Returns null
 * when more bytes are needed to tell.
 */
export function detectFormat(
  context: ParserContext,
  buf: Uint8Array,
  pos: number,
  end: number,
  final: boolean,
): DetectedFormat | null {
  if (buf[pos] === 91) return 'array';
  if (buf[pos] !== 123) return 'csv';
  // Past the limit it cannot be a record, and the object reader says what is wrong.
  const tooLong = end - pos > context.limits.maxRecordBytes;
  return (
    probeObject(new JsonScanner(context.limits.maxDepth), buf, pos, end) ??
    (final || tooLong ? 'object' : null)
  );
}

/**
 * Looks at the keys of the first object: a `logs` or `data` array makes it the envelope of an export, record fields or
 * another object behind it make it the first line of NDJSON.
 */
function probeObject(scanner: JsonScanner, buf: Uint8Array, pos: number, end: number): DetectedFormat | null {
  let p = skipSpace(buf, pos + 1, end);
  let recordFields = false;
  const onBroken = (): DetectedFormat => (recordFields ? 'ndjson' : 'object');
  while (p < end && buf[p] !== 125) {
    const keyAt = p;
    const colonEnd = scanner.scanKey(buf, p, end);
    if (colonEnd < 0) return colonEnd === INCOMPLETE ? null : onBroken();
    const slot = scanner.slot;
    const value = skipSpace(buf, colonEnd, end);
    if (value >= end) return null;
    if (buf[value] === 91 && isRecordsKey(buf, keyAt)) return 'object';
    const after = scanner.scanValue(buf, value, end, 1);
    if (slot === SLOT.timestamp || slot === SLOT.message) recordFields = true;
    if (after < 0) return after === INCOMPLETE ? null : onBroken();
    p = skipSpace(buf, after, end);
    if (p < end && buf[p] === 44) p = skipSpace(buf, p + 1, end);
    else if (p < end && buf[p] !== 125) return onBroken();
  }
  if (p >= end) return null;
  if (recordFields) return 'ndjson';
  const next = skipSpace(buf, p + 1, end);
  if (next >= end) return null;
  return buf[next] === 123 ? 'ndjson' : 'object';
}

/** `"logs"` or `"data"`. */
const RECORD_KEYS = [
  [34, 108, 111, 103, 115, 34],
  [34, 100, 97, 116, 97, 34],
] as const;

function isRecordsKey(buf: Uint8Array, at: number): boolean {
  return RECORD_KEYS.some((key) => key.every((byte, i) => buf[at + i] === byte));
}
