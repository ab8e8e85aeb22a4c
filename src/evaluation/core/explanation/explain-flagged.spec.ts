import { describe, expect, it } from 'vitest';
import { forestOf } from '../../../../test/support/hand-written-forest.js';
import { identityPreprocessing } from '../../../features/core/preprocess.js';
import { explainFlagged } from './explain-flagged.js';

/** x0 <= 10 is common; beyond it x1 decides between one row and two. Column x2 is never asked for. */
const forest = forestOf(3, 15, [[[1, 2, 0, 10, 15], [12], [3, 4, 1, 20, 3], [1], [2]]]);
const names = ['lines', 'seconds', 'unused'];
const model = {
  forest,
  // Scaled by 2 around 1; a missing value of the last column is 4.
  preprocessing: {
    ...identityPreprocessing(15, 3),
    mean: Float64Array.of(1, 1, 1),
    scale: Float64Array.of(2, 2, 2),
    imputeValue: Float64Array.of(0, 0, 4),
  },
  offset: -0.6,
  features: names.map((name, i) => ({ name, kind: i === 0 ? ('count' as const) : ('measure' as const) })),
};
// Thresholds in the features' own units: 10 x 2 + 1 = 21 and 20 x 2 + 1 = 41.
const TABLE = Float32Array.of(5, 7, 1, 30, 8, NaN, 30, 50, 2);

describe('explaining rows of a table', () => {
  it('adds up to the score in every row, whatever number of features is shown', () => {
    for (const count of [0, 1, 3]) {
      for (const row of explainFlagged(model, TABLE, [0, 1, 2], count)) {
        const shown = row.top.reduce((sum, { contribution }) => sum + contribution, 0);
        expect(row.base_score + shown + row.other_contribution).toBeCloseTo(row.score, 14);
        expect(row.top.length).toBeLessThanOrEqual(count);
      }
    }
  });

  it('names what raised the score first, and what it would have to be', () => {
    const [row] = explainFlagged(model, TABLE, [1], 3);
    expect(row.path_length).toBe(2);
    // Without x0, x1 <= 20 leads to the shorter of two rare leaves, so both raise the score; x0 by far more.
    expect(row.top.map(({ feature, value }) => [feature, value])).toEqual([
      ['lines', 30],
      ['seconds', 8],
    ]);
    expect(row.top[0].contribution).toBeGreaterThan(row.top[1].contribution);
    expect(row.top[0].path_length_contribution).toBeLessThan(0);
    expect(row.top[0].nearest_normal).toMatchObject({ value: 21, comparison: '<=', until: null });
    // Beyond 41 the row would be in the leaf of two, which is not normal either.
    expect(row.top[1].nearest_normal).toBeNull();
    expect(row.top[1].best).toMatchObject({ comparison: '>=', until: null });
    expect(row.top[1].best?.value).toBeCloseTo(41, 5);
    expect(row.top[1].best?.value).toBeGreaterThan(41);
    expect(row.top[1].best?.score).toBeLessThan(row.score);
  });

  it('shows a missing value as missing, and says what it was taken for', () => {
    const asked = {
      ...model,
      forest: forestOf(3, 15, [[[1, 2, 2, 1.2, 15], [12], [3, 4, 1, 20, 3], [1], [2]]]),
    };
    const [row] = explainFlagged(asked, TABLE, [1], 1);
    // 4 is scaled to 1.5, beyond 1.2; normal is up to 1.2 x 2 + 1 = 3.4.
    expect(row.top[0]).toMatchObject({ feature: 'unused', value: null, imputed_value: 4 });
    expect(row.top[0].nearest_normal?.value).toBeCloseTo(3.4, 5);
  });

  it('gives the rows in the order asked for', () => {
    const scores = explainFlagged(model, TABLE, [2, 0], 0).map(({ score }) => score);
    const [first, , third] = explainFlagged(model, TABLE, [0, 1, 2], 0);
    expect(scores).toEqual([third.score, first.score]);
    expect(() => explainFlagged(model, TABLE, [3], 1)).toThrow('Cannot explain row 3 of 3 columns');
  });
});
