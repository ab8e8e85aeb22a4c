/**
 * detector.bin: a fitted detector as one file. All numbers little-endian.
 *
 * | offset | what                                                        |
 * |--------|-------------------------------------------------------------|
 * | 0      | magic, the ASCII characters `MTDT`                          |
 * | 4      | byte order mark, 0x0A0B0C0D                                 |
 * | 8      | version, 1                                                  |
 * | 12     | file bytes                                                  |
 * | 16     | CRC-32 of the whole file, this field taken as 0             |
 * | 20     | bytes of the description                                    |
 * | 24     | the description, JSON in ASCII; then zeros up to a multiple of 8 |
 * | ...    | the arrays, each beginning at a multiple of 8               |
 *
 * The description is the detector with `{"$": kind, "at": offset, "length": n}` in place of each typed array; offsets
 * count from the end of the padded description.
 */
import { AppError } from '../../../shared/errors.js';
import { crc32 } from '../forest/crc32.js';
import { findDetectorDamage } from './detector-damage.js';
import type { FittedDetector } from './fitted-detector.js';

const MAGIC = 0x5444544d; // 'MTDT' read as a little-endian word
const BYTE_ORDER_MARK = 0x0a0b0c0d;
const VERSION = 1;
const CRC_OFFSET = 16;
const HEADER_BYTES = 24;

const KINDS = { f64: Float64Array, f32: Float32Array, i32: Int32Array } as const;
type Kind = keyof typeof KINDS;
type NumberArray = Float64Array | Float32Array | Int32Array;

interface Place {
  readonly $: Kind;
  readonly at: number;
  readonly length: number;
}

const padded = (bytes: number): number => Math.ceil(bytes / 8) * 8;

/** The file of a detector; equal detectors give equal bytes. */
export function encodeDetector(detector: FittedDetector): Uint8Array {
  const arrays: NumberArray[] = [];
  let end = 0;
  const describe = (_: string, value: unknown): unknown => {
    const kind = kindOf(value);
    if (kind === undefined) return value;
    const array = value as NumberArray;
    const place: Place = { $: kind, at: end, length: array.length };
    arrays.push(array);
    end += padded(array.byteLength);
    return place;
  };
  const description = toAscii(JSON.stringify(detector, describe));
  const body = HEADER_BYTES + padded(description.length);
  const bytes = new Uint8Array(body + end);
  const header = new DataView(bytes.buffer);
  [MAGIC, BYTE_ORDER_MARK, VERSION, bytes.length, 0, description.length].forEach((word, i) => {
    header.setUint32(4 * i, word, true);
  });
  bytes.set(description, HEADER_BYTES);
  let at = body;
  for (const array of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
    at += padded(array.byteLength);
  }
  header.setUint32(CRC_OFFSET, checksum(bytes), true);
  return bytes;
}

/**
 * Reads and checks a detector: whatever is accepted can be scored without an access out of range.
 *
 * @throws AppError `artifact_integrity` naming what is wrong
 */
export function decodeDetector(file: Uint8Array): FittedDetector {
  // A copy of its own: views need alignment, and the caller's buffer may be pooled.
  const bytes = new Uint8Array(file);
  if (bytes.length < HEADER_BYTES) throw damaged(`it has ${bytes.length} bytes`);
  const word = new DataView(bytes.buffer);
  const read = (i: number): number => word.getUint32(4 * i, true);
  if (read(0) !== MAGIC) throw damaged("it does not begin with 'MTDT'");
  if (read(1) !== BYTE_ORDER_MARK) throw damaged('its byte order mark is wrong');
  if (read(2) !== VERSION) throw damaged(`its version is ${read(2)}, this program reads version ${VERSION}`);
  if (read(3) !== bytes.length) throw damaged(`it has ${bytes.length} bytes, its header says ${read(3)}`);
  if (read(4) !== checksum(bytes)) throw damaged('its checksum does not match its content');
  const body = HEADER_BYTES + padded(read(5));
  if (body > bytes.length) throw damaged('its description does not fit into it');
  const text = fromAscii(bytes.subarray(HEADER_BYTES, HEADER_BYTES + read(5)));
  const detector = parse(text, (place) => view(bytes.buffer, body, place));
  const damage = findDetectorDamage(detector);
  if (damage !== undefined) throw damaged(damage);
  return detector as FittedDetector;
}

function parse(text: string, arrayAt: (place: Place) => NumberArray): unknown {
  try {
    return JSON.parse(text, (_, value: unknown) => (isPlace(value) ? arrayAt(value) : value));
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw damaged('its description is not JSON');
  }
}

function view(buffer: ArrayBuffer, body: number, { $: kind, at, length }: Place): NumberArray {
  const Type = KINDS[kind];
  const sound = Number.isInteger(at) && Number.isInteger(length) && at >= 0 && length >= 0 && at % 8 === 0;
  if (!sound || body + at + length * Type.BYTES_PER_ELEMENT > buffer.byteLength) {
    throw damaged('an array lies outside of it');
  }
  return new Type(buffer, body + at, length);
}

/** JSON without a character above 127: those are written as escapes. */
function toAscii(json: string): Uint8Array {
  const escaped = json.replace(
    /[\u0080-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return Uint8Array.from(escaped, (char) => char.charCodeAt(0));
}

function fromAscii(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += 4096)
    parts.push(String.fromCharCode(...bytes.subarray(at, at + 4096)));
  return parts.join('');
}

function kindOf(value: unknown): Kind | undefined {
  return (Object.keys(KINDS) as Kind[]).find((kind) => value instanceof KINDS[kind]);
}

function isPlace(value: unknown): value is Place {
  return typeof value === 'object' && value !== null && '$' in value && Object.hasOwn(KINDS, String(value.$));
}

/** The checksum field itself counts as four zero bytes. */
function checksum(bytes: Uint8Array): number {
  const head = crc32(bytes.subarray(0, CRC_OFFSET));
  return crc32(bytes.subarray(CRC_OFFSET + 4), crc32(new Uint8Array(4), head));
}

function damaged(reason: string): AppError {
  return new AppError('artifact_integrity', `The detector file is damaged: ${reason}.`, {
    hint: 'Restore the file from a backup or train the model again.',
  });
}
