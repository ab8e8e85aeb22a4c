import { describe, expect, it } from 'vitest';
import { randomExport } from '../../../test/support/random-exports.js';
import { ScanBench, type Scanned } from '../../../test/support/scan-fixtures.js';

/** All but what is only asked for between two chunks. */
const result = (scanned: Scanned): Scanned => ({ ...scanned, partFormat: null });

describe('the compiled scanner against its twin', () => {
  it('makes the same rows, findings and errors of any file, however it is cut into chunks', () => {
    const both = new ScanBench(true);
    const twin = new ScanBench(false);
    for (let seed = 1; seed <= 500; seed++) {
      const { bytes, chunks, limits } = randomExport(seed);
      // Where the first record is longer than the limit, what is said of it depends on the chunks.
      const sameChunks = limits.maxRecordBytes !== undefined;
      const expected = result(twin.read(bytes, sameChunks ? chunks : [bytes.length], { limits }));
      const actual = result(both.read(bytes, chunks, { limits }));
      // Comparing texts is quick; the difference is shown by the other comparison.
      if (JSON.stringify(actual) !== JSON.stringify(expected))
        expect(actual, `seed ${seed}`).toEqual(expected);
    }
    expect(both.compiledRows).toBeGreaterThan(2500);
  });
});
