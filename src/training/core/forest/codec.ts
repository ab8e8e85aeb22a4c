/**
 * The forest file: a header and the forest's arrays as they lie in memory. Reading makes VIEWS over the buffer and
 * checks them; nothing is parsed or copied, so a SharedArrayBuffer with a file in it is a forest for every thread.
 *
 * Version 1. All numbers little-endian, unsigned 32-bit unless said otherwise; every section begins at a multiple of 8
 * and follows the one before (gaps are zero).
 *
 * | offset | what                                                     |
 * |--------|----------------------------------------------------------|
 * | 0      | magic, the ASCII characters `MTIF`                       |
 * | 4      | byte order mark, 0x0A0B0C0D                              |
 * | 8      | version, 1                                               |
 * | 12     | header bytes, 80                                         |
 * | 16     | file bytes                                               |
 * | 20     | CRC-32 of the whole file, this field taken as 0          |
 * | 24     | T, trees                                                 |
 * | 28     | F, columns of the input                                  |
 * | 32     | k, columns per tree                                      |
 * | 36     | psi, rows per tree                                       |
 * | 40     | N, nodes of all trees                                    |
 * | 44     | 0                                                        |
 * | 48     | offset of treeStart, int32 x (T + 1)                     |
 * | 52     | offset of treeFeatures, int32 x (T x k)                  |
 * | 56     | offset of left, int32 x N                                |
 * | 60     | offset of right, int32 x N                               |
 * | 64     | offset of feature, int32 x N                             |
 * | 68     | offset of threshold, float64 x N                         |
 * | 72     | offset of nodeSamples, int32 x N                         |
 * | 76     | 0                                                        |
 */
import { AppError } from '../../../shared/errors.js';
import { crc32 } from './crc32.js';
import type { Forest } from './forest.js';
import { findForestDamage } from './validate-forest.js';

const MAGIC = 0x4649544d; // 'MTIF' read as a little-endian word
const BYTE_ORDER_MARK = 0x0a0b0c0d;
const VERSION = 1;
const HEADER_BYTES = 80;
const CRC_OFFSET = 20;
const SECTIONS_OFFSET = 48;
const MAX_FILE_BYTES = 2 ** 32 - 1;

interface Counts {
  readonly treeCount: number;
  readonly featureCount: number;
  readonly maxFeatures: number;
  readonly maxSamples: number;
  readonly nodeCount: number;
}

/** Where each section begins, in file order, and where the file ends. */
interface FileLayout {
  readonly offsets: readonly number[];
  readonly fileBytes: number;
}

/**
 * The file of a forest; equal forests give equal bytes.
 *
 * @throws AppError `internal` when the forest breaks its own rules or needs more than 4 GiB.
 */
export function encodeForest(forest: Forest): Uint8Array {
  const damage = findForestDamage(forest);
  if (damage !== undefined) throw new AppError('internal', `The forest cannot be written: ${damage}.`);
  const nodeCount = forest.treeStart[forest.treeCount];
  const { offsets, fileBytes } = layOut({ ...forest, nodeCount });
  if (fileBytes > MAX_FILE_BYTES)
    throw new AppError('internal', 'A forest file cannot be larger than 4 GiB.');
  const bytes = new Uint8Array(fileBytes);
  const header = new DataView(bytes.buffer);
  const words = [
    [0, MAGIC],
    [4, BYTE_ORDER_MARK],
    [8, VERSION],
    [12, HEADER_BYTES],
    [16, fileBytes],
    [24, forest.treeCount],
    [28, forest.featureCount],
    [32, forest.maxFeatures],
    [36, forest.maxSamples],
    [40, nodeCount],
    ...offsets.map((offset, i) => [SECTIONS_OFFSET + 4 * i, offset]),
  ];
  for (const [at, word] of words) header.setUint32(at, word, true);
  assertLittleEndianHost(bytes.buffer);
  const views = viewSections(bytes.buffer, 0, forest, nodeCount, offsets);
  views.treeStart.set(forest.treeStart.subarray(0, forest.treeCount + 1));
  views.treeFeatures.set(forest.treeFeatures.subarray(0, views.treeFeatures.length));
  for (const name of ['left', 'right', 'feature', 'threshold', 'nodeSamples'] as const) {
    views[name].set(forest[name].subarray(0, nodeCount));
  }
  header.setUint32(CRC_OFFSET, fileChecksum(bytes), true);
  return bytes;
}

/**
 * A forest whose arrays are views of `buffer`. Whatever is accepted here can be scored without an endless loop or an
 * access out of range: children lie behind their parent inside the tree, columns exist, thresholds are finite.
 *
 * @param byteOffset where the file begins; if that is no multiple of 8 the file is copied once.
 * @throws AppError `artifact_integrity` naming what is wrong.
 */
export function decodeForest(
  buffer: ArrayBufferLike,
  byteOffset = 0,
  byteLength = buffer.byteLength - byteOffset,
): Forest {
  if (byteLength < HEADER_BYTES) {
    throw damaged(`it has ${byteLength} bytes, the header alone takes ${HEADER_BYTES}`);
  }
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  if (byteOffset % 8 !== 0) return decodeForest(bytes.slice().buffer);
  const header = new DataView(buffer, byteOffset, HEADER_BYTES);
  const word = (at: number): number => header.getUint32(at, true);
  checkIdentity(word, byteLength);
  assertLittleEndianHost(buffer, byteOffset);
  if (word(CRC_OFFSET) !== fileChecksum(bytes)) throw damaged('its checksum does not match its content');
  const counts: Counts = {
    treeCount: word(24),
    featureCount: word(28),
    maxFeatures: word(32),
    maxSamples: word(36),
    nodeCount: word(40),
  };
  const { offsets, fileBytes } = layOut(counts);
  if (fileBytes !== byteLength || offsets.some((offset, i) => word(SECTIONS_OFFSET + 4 * i) !== offset)) {
    throw damaged('its sections do not fit its counts');
  }
  const forest = viewSections(buffer, byteOffset, counts, counts.nodeCount, offsets);
  const damage = findForestDamage(forest);
  if (damage !== undefined) throw damaged(damage);
  return forest;
}

function checkIdentity(word: (at: number) => number, byteLength: number): void {
  if (word(0) !== MAGIC) throw damaged("it does not begin with 'MTIF'");
  if (word(4) !== BYTE_ORDER_MARK) throw damaged('its byte order mark is wrong');
  if (word(8) !== VERSION) {
    throw damaged(`its version is ${word(8)}, this program reads version ${VERSION}`);
  }
  if (word(12) !== HEADER_BYTES) throw damaged(`its header says ${word(12)} bytes, expected ${HEADER_BYTES}`);
  if (word(16) !== byteLength) throw damaged(`it has ${byteLength} bytes, its header says ${word(16)}`);
}

function layOut(counts: Counts): FileLayout {
  const { treeCount, maxFeatures, nodeCount } = counts;
  const int32 = 4 * nodeCount;
  const lengths = [
    4 * (treeCount + 1),
    4 * treeCount * maxFeatures,
    int32,
    int32,
    int32,
    8 * nodeCount,
    int32,
  ];
  const offsets: number[] = [];
  let end = HEADER_BYTES;
  for (const length of lengths) {
    offsets.push(end);
    end += Math.ceil(length / 8) * 8;
  }
  return { offsets, fileBytes: end };
}

function viewSections(
  buffer: ArrayBufferLike,
  byteOffset: number,
  counts: Omit<Counts, 'nodeCount'>,
  nodeCount: number,
  offsets: readonly number[],
): Forest {
  const { treeCount, featureCount, maxFeatures, maxSamples } = counts;
  const int32 = (section: number, length: number): Int32Array =>
    new Int32Array(buffer, byteOffset + offsets[section], length);
  return {
    treeCount,
    featureCount,
    maxFeatures,
    maxSamples,
    treeStart: int32(0, treeCount + 1),
    treeFeatures: int32(1, treeCount * maxFeatures),
    left: int32(2, nodeCount),
    right: int32(3, nodeCount),
    feature: int32(4, nodeCount),
    threshold: new Float64Array(buffer, byteOffset + offsets[5], nodeCount),
    nodeSamples: int32(6, nodeCount),
  };
}

/** The checksum field itself counts as four zero bytes. */
function fileChecksum(bytes: Uint8Array): number {
  const head = crc32(bytes.subarray(0, CRC_OFFSET));
  return crc32(bytes.subarray(CRC_OFFSET + 4), crc32(new Uint8Array(4), head));
}

/** Views read numbers in the machine's own order; every machine Node.js runs on but s390x is little-endian. */
function assertLittleEndianHost(buffer: ArrayBufferLike, byteOffset = 0): void {
  if (new Uint32Array(buffer, byteOffset + 4, 1)[0] === BYTE_ORDER_MARK) return;
  throw new AppError('internal', 'Forest files can only be used on little-endian machines.');
}

function damaged(reason: string): AppError {
  return new AppError('artifact_integrity', `The forest file is damaged: ${reason}.`, {
    hint: 'Restore the file from a backup or train the model again.',
  });
}
