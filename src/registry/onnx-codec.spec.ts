import { describe, expect, it } from 'vitest';
import { goldenForest, readGolden } from '../../test/support/sklearn-golden.js';
import { encodeOnnxInTurns, encodeOnnxModel } from './onnx-codec.js';

describe('an ONNX file that is written in turns', () => {
  it('has the same bytes, and others get their turn', async () => {
    const forest = goldenForest(readGolden('subsampled-features'));
    const columns = forest.featureCount;
    const meta = {
      mean: new Float64Array(columns).fill(0.25),
      scale: new Float64Array(columns).fill(2),
      offset: -0.5,
      featureNames: Array.from({ length: columns }, (_, i) => `f${i}`),
    };
    let turns = 0;
    const bytes = await encodeOnnxInTurns(null, forest, meta, () => Promise.resolve(turns++));
    expect(Buffer.from(bytes).equals(encodeOnnxModel(forest, meta))).toBe(true);
    expect(turns).toBeGreaterThan(10);
  });
});
