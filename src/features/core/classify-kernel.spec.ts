import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ClassifierPair, type Line } from '../../../test/support/classifier-pair.js';

const pair = new ClassifierPair();
const CORPUS = '../shared/data/wifi/corpus.jsonl.gz';
const present = existsSync(CORPUS);
if (!present) console.warn(`SKIPPED: the corpus of real log lines is not at ${CORPUS}.`);

describe.skipIf(!present)('the compiled classifier on 23,559 real lines', () => {
  it('gives the columns of its twin', () => {
    const lines = gunzipSync(readFileSync(CORPUS))
      .toString('utf8')
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text) as { process_name: string | null; message: string })
      .map(({ process_name: program, message }): Line => ({ program: program ?? '', message }));
    const before = pair.kernel.rowsLeft;
    expect(pair.differences(lines).slice(0, 5)).toEqual([]);
    expect(pair.kernel.rowsLeft - before).toBeLessThan(20);
  });
});
