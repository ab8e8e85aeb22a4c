import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { crc32 as zlibCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plantedAnomalies } from '../../../../test/support/planted-anomalies.js';
import { AppError } from '../../../shared/errors.js';
import { decodeForest, encodeForest } from './codec.js';
import { crc32 } from './crc32.js';
import { depthLimit } from './forest-params.js';
import type { Forest } from './forest.js';
import { growTrees } from './grow.js';
import { scoreSamples } from './score.js';

const GOLDEN = new URL('../../../../test/golden/forest/one-tree.v1.mtif', import.meta.url);

const stump: Forest = {
  treeCount: 1,
  featureCount: 3,
  maxFeatures: 2,
  maxSamples: 4,
  treeStart: Int32Array.of(0, 3),
  treeFeatures: Int32Array.of(2, 0),
  left: Int32Array.of(1, -1, -1),
  right: Int32Array.of(2, -1, -1),
  feature: Int32Array.of(1, -2, -2),
  threshold: Float64Array.of(0.25, -2, -2),
  nodeSamples: Int32Array.of(4, 1, 3),
};

/** The stump's file, byte by byte from the header table in codec.ts. */
function handWrittenFile(): Uint8Array {
  const file = new Uint8Array(184);
  const view = new DataView(file.buffer);
  const u32 = (at: number, ...words: number[]): void => {
    words.forEach((word, i) => {
      view.setUint32(at + 4 * i, word, true);
    });
  };
  const i32 = (at: number, ...words: number[]): void => {
    words.forEach((word, i) => {
      view.setInt32(at + 4 * i, word, true);
    });
  };
  file.set([0x4d, 0x54, 0x49, 0x46]); // MTIF
  u32(4, 0x0a0b0c0d, 1, 80, 184, 0);
  u32(24, 1, 3, 2, 4, 3, 0);
  u32(48, 80, 88, 96, 112, 128, 144, 168, 0);
  i32(80, 0, 3);
  i32(88, 2, 0);
  i32(96, 1, -1, -1);
  i32(112, 2, -1, -1);
  i32(128, 1, -2, -2);
  [0.25, -2, -2].forEach((threshold, i) => {
    view.setFloat64(144 + 8 * i, threshold, true);
  });
  i32(168, 4, 1, 3);
  u32(20, zlibCrc32(file));
  return file;
}

function damageOf(file: Uint8Array): AppError {
  try {
    decodeForest(file.buffer, file.byteOffset, file.byteLength);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('The file was accepted.');
}

/** Changes the stump's file and makes the checksum right again: what is left is damage by a wrong writer. */
function altered(change: (view: DataView) => void): Uint8Array {
  const file = handWrittenFile();
  const view = new DataView(file.buffer);
  change(view);
  view.setUint32(20, 0, true);
  view.setUint32(20, zlibCrc32(file), true);
  return file;
}

describe('the forest file, version 1', () => {
  it('is what the header table says', () => {
    expect(encodeForest(stump)).toEqual(handWrittenFile());
  });

  it('loads from a file written by the first release', () => {
    if (process.env.UPDATE_GOLDEN === '1') {
      mkdirSync(new URL('.', GOLDEN), { recursive: true });
      writeFileSync(GOLDEN, handWrittenFile());
    }
    const file = readFileSync(GOLDEN);
    expect(decodeForest(file.buffer, file.byteOffset, file.byteLength)).toEqual(stump);
  });

  it('comes back as views of the same memory, also of shared memory', () => {
    const file = encodeForest(stump);
    const shared = new SharedArrayBuffer(file.length + 16);
    new Uint8Array(shared).set(file, 16);
    const forest = decodeForest(shared, 16);
    expect(forest).toEqual(stump);
    expect(forest.threshold.buffer).toBe(shared);
    expect(forest.left.byteOffset).toBe(16 + 96);
  });

  it('is copied when it begins at an odd place', () => {
    const file = encodeForest(stump);
    const moved = new Uint8Array(file.length + 3);
    moved.set(file, 3);
    expect(decodeForest(moved.buffer, 3)).toEqual(stump);
  });

  it('scores like the forest it was made from', () => {
    const { x, rows, columns } = plantedAnomalies(3, 300, 6);
    const params = {
      nEstimators: 10,
      maxSamples: 64,
      maxFeatures: 4,
      maxDepth: depthLimit(64),
      bootstrap: false,
      seed: 1,
      contamination: 'auto',
      warnings: [],
    } as const;
    const forest = growTrees(x, rows, columns, params, 0, 10);
    const before = new Float64Array(rows);
    const after = new Float64Array(rows);
    scoreSamples(forest, x, rows, before);
    scoreSamples(decodeForest(encodeForest(forest).buffer), x, rows, after);
    expect(after).toEqual(before);
  });
});

describe('a damaged forest file', () => {
  it.each([
    ['is empty', () => new Uint8Array(0), 'it has 0 bytes'],
    ['is cut short', () => handWrittenFile().subarray(0, 176), 'its header says 184'],
    ['is too long', () => Uint8Array.of(...handWrittenFile(), 0), 'it has 185 bytes'],
    [
      'is something else',
      () =>
        altered((view) => {
          view.setUint8(0, 0x50);
        }),
      "begin with 'MTIF'",
    ],
    [
      'has the other byte order',
      () =>
        altered((view) => {
          view.setUint32(4, 0x0a0b0c0d, false);
        }),
      'byte order',
    ],
    [
      'is of a later version',
      () =>
        altered((view) => {
          view.setUint32(8, 2, true);
        }),
      'its version is 2',
    ],
    [
      'has a flipped bit',
      () => {
        const file = handWrittenFile();
        file[150] ^= 4;
        return file;
      },
      'checksum',
    ],
    [
      'has wrong counts',
      () =>
        altered((view) => {
          view.setUint32(40, 4, true);
        }),
      'do not fit',
    ],
    [
      'has a huge count',
      () =>
        altered((view) => {
          view.setUint32(24, 0xffffffff, true);
        }),
      'do not fit',
    ],
    [
      'has no tree',
      () =>
        altered((view) => {
          view.setUint32(24, 0, true);
        }),
      'do not fit',
    ],
    [
      'has a child before its parent',
      () =>
        altered((view) => {
          view.setInt32(96, 0, true);
        }),
      'has the child 0',
    ],
    [
      'has a child out of range',
      () =>
        altered((view) => {
          view.setInt32(112, 3, true);
        }),
      'has the child 3',
    ],
    [
      'has a child twice',
      () =>
        altered((view) => {
          view.setInt32(112, 1, true);
        }),
      'one child twice',
    ],
    [
      'has a leaf with a child',
      () =>
        altered((view) => {
          view.setInt32(100, 2, true);
        }),
      'leaf with children',
    ],
    [
      'splits an unknown column',
      () =>
        altered((view) => {
          view.setInt32(128, 2, true);
        }),
      'splits column 2 of 2',
    ],
    [
      'uses an unknown column',
      () =>
        altered((view) => {
          view.setInt32(88, 3, true);
        }),
      'uses column 3 of 3',
    ],
    [
      'has a threshold that is no number',
      () =>
        altered((view) => {
          view.setFloat64(144, NaN, true);
        }),
      'threshold NaN',
    ],
    [
      'has an infinite threshold',
      () =>
        altered((view) => {
          view.setFloat64(152, Infinity, true);
        }),
      'threshold Infinity',
    ],
    [
      'has a node without rows',
      () =>
        altered((view) => {
          view.setInt32(172, 0, true);
        }),
      'has 0 training rows',
    ],
    [
      'has an empty tree',
      () =>
        altered((view) => {
          view.setInt32(84, 0, true);
        }),
      'tree 0 has no node',
    ],
    [
      'has a tree that begins late',
      () =>
        altered((view) => {
          view.setInt32(80, 1, true);
        }),
      'begin at node 0',
    ],
    [
      'has more columns per tree than columns',
      () =>
        altered((view) => {
          view.setUint32(28, 1, true);
        }),
      '2 columns per tree of 1',
    ],
  ])('that %s is refused with the reason', (_what, file, reason) => {
    const error = damageOf(file());
    expect(error.code).toBe('artifact_integrity');
    expect(error.message).toContain(reason);
    expect(error.hint).toBeDefined();
  });

  it('never gets through with any single byte changed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 183 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const file = handWrittenFile();
        file[at] ^= flip;
        expect(damageOf(file).code).toBe('artifact_integrity');
      }),
      { seed: 5, numRuns: 400 },
    );
  });

  it('never loops or reads out of range when its words are arbitrary but its checksum is right', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 6, max: 45 }), fc.integer({ min: -3, max: 4 })), {
          maxLength: 4,
        }),
        (changes) => {
          const file = altered((view) => {
            for (const [word, value] of changes) view.setInt32(4 * word, value, true);
          });
          try {
            const forest = decodeForest(file.buffer);
            const out = new Float64Array(1);
            scoreSamples(forest, new Float32Array(forest.featureCount), 1, out);
            expect(Number.isFinite(out[0])).toBe(true);
          } catch (error) {
            expect(error).toBeInstanceOf(AppError);
          }
        },
      ),
      { seed: 6, numRuns: 500 },
    );
  });
});

describe('encodeForest', () => {
  it('refuses a forest that no reader would accept', () => {
    const broken = { ...stump, threshold: Float64Array.of(NaN, -2, -2) };
    expect(() => encodeForest(broken)).toThrow('node 0 of tree 0 has the threshold NaN');
  });

  it('refuses all columns in another order, because scikit-learn would ignore the order', () => {
    const broken = { ...stump, featureCount: 2, treeFeatures: Int32Array.of(1, 0) };
    expect(() => encodeForest(broken)).toThrow('not in order');
  });
});

describe('crc32', () => {
  it('gives the check value of its catalogue and goes on from a part', () => {
    const digits = new TextEncoder().encode('123456789');
    expect(crc32(digits)).toBe(0xcbf43926);
    expect(crc32(digits.subarray(4), crc32(digits.subarray(0, 4)))).toBe(0xcbf43926);
  });
});
