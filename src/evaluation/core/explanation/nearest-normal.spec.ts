import { describe, expect, it } from 'vitest';
import { forestOf } from '../../../../test/support/hand-written-forest.js';
import { plantedAnomalies } from '../../../../test/support/planted-anomalies.js';
import { FEATURE_CATALOGUE } from '../../../features/core/feature-catalogue.js';
import {
  fitPreprocessing,
  identityPreprocessing,
  imputeAndClip,
  scaleToFloat32,
  scaledValue,
} from '../../../features/core/preprocess.js';
import type { Preprocessing } from '../../../features/core/preprocessing.js';
import { createRng, nextBelow, nextFloat } from '../../../shared/rng.js';
import { parseForestParams, resolveForestParams } from '../../../training/core/forest/forest-params.js';
import type { Forest } from '../../../training/core/forest/forest.js';
import { growTrees } from '../../../training/core/forest/grow.js';
import { scoreSamples } from '../../../training/core/forest/score.js';
import { contaminationOffset, isAnomaly } from '../../../training/core/threshold.js';
import {
  nearestNormal,
  type ExplainedFeature,
  type ExplainedModel,
  type SuggestedValues,
} from './nearest-normal.js';

const NO_PREPROCESSING = (columns: number): Preprocessing => identityPreprocessing(1, columns);
const MEASURE: ExplainedFeature = { kind: 'measure' };

/** Score of a row as extracted: the product's way from a value to its score. */
function scoreOf({ forest, preprocessing }: ExplainedModel, extracted: Float32Array): number {
  const clean = new Float32Array(extracted.length);
  imputeAndClip(extracted, 1, extracted.length, preprocessing, clean);
  const scaled = new Float32Array(extracted.length);
  scaleToFloat32(clean, 1, extracted.length, preprocessing, scaled);
  const out = new Float64Array(1);
  scoreSamples(forest, scaled, 1, out);
  return -out[0];
}

function ask(
  model: ExplainedModel,
  feature: ExplainedFeature,
  extracted: Float32Array,
  column: number,
): SuggestedValues {
  const scaled = extracted.map((value, c) => scaledValue(value, c, model.preprocessing));
  return nearestNormal(model, feature, scaled, column, extracted[column]);
}

const withValue = (row: Float32Array, column: number, value: number): Float32Array => {
  const changed = row.slice();
  changed[column] = value;
  return changed;
};

/**
 * One column, 15 rows: x <= 10 is common (12 rows), 10 < x <= 20 rare (1 row at depth 2), beyond it two rows (c(2) = 1).
 * Paths: 1 + c(12) = 6.2..., 2, 3; c(15) = 4.9...: scores 0.41, 0.75, 0.65.
 */
const oneColumn = forestOf(1, 15, [[[1, 2, 0, 10, 15], [12], [3, 4, 0, 20, 3], [1], [2]]]);

describe('the nearest normal value, by hand', () => {
  const model = { forest: oneColumn, preprocessing: NO_PREPROCESSING(1), offset: -0.6 };

  it('is the last value before the threshold', () => {
    const { nearest_normal: found, best } = ask(model, MEASURE, Float32Array.of(15), 0);
    expect(found).toMatchObject({ value: 10, comparison: '<=', until: null });
    expect(found?.score).toBe(scoreOf(model, Float32Array.of(10)));
    expect(best).toBeNull();
  });

  it('lies on the nearer side, just beyond the threshold', () => {
    // With 0.7 as the limit both sides of (10, 20] are normal; from 19 the upper one is nearer.
    const lenient = { ...model, offset: -0.7 };
    expect(ask(lenient, MEASURE, Float32Array.of(19), 0).nearest_normal).toMatchObject({
      // The first float32 above 20 is 20 + 2^-19.
      value: 20 + 2 ** -19,
      comparison: '>=',
      until: null,
    });
    expect(ask(lenient, MEASURE, Float32Array.of(12), 0).nearest_normal?.value).toBe(10);
    // Five to each side: the smaller value, always.
    expect(ask(lenient, { kind: 'count' }, Float32Array.of(15.5), 0).nearest_normal?.value).toBe(10);
  });

  it('tells where the other end of the normal values is', () => {
    // Normal only between 0 and 10: below 0 is another rare piece.
    const forest = forestOf(1, 15, [
      [[1, 4, 0, 10, 15], [2, 3, 0, 0, 13], [1], [12], [5, 6, 0, 20, 2], [1], [1]],
    ]);
    const found = ask({ ...model, forest }, MEASURE, Float32Array.of(15), 0).nearest_normal;
    expect(found).toMatchObject({ value: 10, comparison: '<=', until: 2 ** -149 });
    expect(ask({ ...model, forest }, MEASURE, Float32Array.of(-3), 0).nearest_normal).toMatchObject({
      value: 2 ** -149,
      comparison: '>=',
      until: 10,
    });
    expect(ask({ ...model, forest }, { kind: 'count' }, Float32Array.of(15), 0).nearest_normal).toMatchObject(
      { value: 10, until: 1 },
    );
  });

  it('is whole for a count, on the right side of a threshold between two counts', () => {
    const forest = forestOf(1, 15, [[[1, 2, 0, 10.4, 15], [12], [3, 4, 0, 20.7, 3], [1], [2]]]);
    const count = { kind: 'count' } as const;
    expect(ask({ ...model, forest }, count, Float32Array.of(15), 0).nearest_normal?.value).toBe(10);
    expect(
      ask({ ...model, forest, offset: -0.7 }, count, Float32Array.of(19), 0).nearest_normal,
    ).toMatchObject({ value: 21, comparison: '>=' });
  });

  it('passes over normal values that a count cannot take', () => {
    // The common piece is (10.2, 10.7]: no whole number is in it, and nothing else is normal.
    const forest = forestOf(1, 15, [[[1, 2, 0, 10.2, 15], [1], [3, 4, 0, 10.7, 14], [13], [1]]]);
    expect(ask({ ...model, forest }, MEASURE, Float32Array.of(12), 0).nearest_normal).not.toBeNull();
    const { nearest_normal: found, best } = ask(
      { ...model, forest },
      { kind: 'count' },
      Float32Array.of(12),
      0,
    );
    expect(found).toBeNull();
    // Path 1 below, 2 where it is: no count lowers the score.
    expect(best).toBeNull();
  });

  it('is the best value where no value is normal', () => {
    const strict = { ...model, offset: -0.3 };
    const { nearest_normal: found, best } = ask(strict, MEASURE, Float32Array.of(15), 0);
    expect(found).toBeNull();
    expect(best).toMatchObject({ value: 10, comparison: '<=', until: null });
    expect(best?.score).toBe(scoreOf(strict, Float32Array.of(10)));
    expect(ask(strict, MEASURE, Float32Array.of(5), 0)).toEqual({ nearest_normal: null, best: null });
  });

  it('decides a score on the limit to the last bit, as scoring does', () => {
    const limit = -scoreOf(model, Float32Array.of(25));
    const at = (offset: number): number | undefined =>
      ask({ ...model, offset }, MEASURE, Float32Array.of(19), 0).nearest_normal?.value;
    expect(at(limit)).toBe(20 + 2 ** -19);
    expect(at(limit + Number.EPSILON)).toBe(10);
    const common = -scoreOf(model, Float32Array.of(5));
    expect(at(common)).toBe(10);
    expect(at(common + Number.EPSILON)).toBeUndefined();
  });

  it('is nothing for a row that is not flagged, or a feature that no tree asks for', () => {
    const nothing = { nearest_normal: null, best: null };
    expect(ask(model, MEASURE, Float32Array.of(5), 0)).toEqual(nothing);
    const unused = {
      ...model,
      forest: forestOf(2, 15, [[[1, 2, 0, 10, 15], [12], [3, 4, 0, 20, 3], [1], [2]]]),
    };
    unused.preprocessing = NO_PREPROCESSING(2);
    expect(ask(unused, MEASURE, Float32Array.of(15, 1), 1)).toEqual(nothing);
  });

  it('is one of the codes of a category', () => {
    // Codes 0 and 1 are rare (paths 3 and 3), 3 is common, 2 does not exist though (1.5, 2.5] would be as common.
    const forest = forestOf(1, 15, [
      [[1, 4, 0, 1.5, 15], [2, 3, 0, 0.5, 2], [1], [1], [5, 6, 0, 3.5, 13], [12], [1]],
    ]);
    const feature = { kind: 'categorical', categories: { unknown: 0, odd: 1, common: 3, rare: 4 } } as const;
    expect(ask({ ...model, forest }, feature, Float32Array.of(1), 0).nearest_normal).toMatchObject({
      value: 3,
      comparison: '=',
      until: null,
    });
    expect(ask({ ...model, forest, offset: -0.3 }, feature, Float32Array.of(1), 0)).toMatchObject({
      nearest_normal: null,
      best: { value: 3 },
    });
    const flags = forestOf(1, 15, [[[1, 2, 0, 0.2, 15], [14], [1]]]);
    expect(
      ask({ ...model, forest: flags }, { kind: 'flag' }, Float32Array.of(1), 0).nearest_normal,
    ).toMatchObject({ value: 0, comparison: '=' });
  });
});

describe('clipping, scaling and missing values', () => {
  it('takes a value beyond the clip bound for what it is clipped to', () => {
    // Everything beyond 18 is clipped to 18: the piece above 20 cannot be reached any more.
    const preprocessing = { ...NO_PREPROCESSING(1), clipHigh: Float64Array.of(18) };
    const model = { forest: oneColumn, preprocessing, offset: -0.7 };
    const { nearest_normal: found } = ask(model, MEASURE, Float32Array.of(1000), 0);
    expect(found).toMatchObject({ value: 10, comparison: '<=' });
    const low = { ...NO_PREPROCESSING(1), clipLow: Float64Array.of(12) };
    expect(
      ask({ ...model, preprocessing: low }, MEASURE, Float32Array.of(13), 0).nearest_normal,
    ).toMatchObject({
      value: 20 + 2 ** -19,
      comparison: '>=',
    });
  });

  it('measures the distance of a missing value from what stands in for it', () => {
    const preprocessing = { ...NO_PREPROCESSING(1), imputeValue: Float64Array.of(19) };
    const model = { forest: oneColumn, preprocessing, offset: -0.7 };
    expect(ask(model, MEASURE, Float32Array.of(NaN), 0).nearest_normal?.comparison).toBe('>=');
  });
});

/** Counts, shares, a code, a flag and measures, with an anomaly now and then; 600 rows. */
function grown(change: object): {
  model: ExplainedModel;
  features: ExplainedFeature[];
  x: Float32Array;
  rows: number;
} {
  const names = ['log_count', 'deauth_ratio', 'device_type', 'signal_missing', 'mean_signal_strength'];
  const features = names.map((name) => FEATURE_CATALOGUE.get(name)!);
  const [rows, columns] = [600, names.length];
  const rng = createRng(77);
  const x = Float32Array.from({ length: rows * columns }, (_, i) => {
    const odd = i % 97 === 0 ? 6 : 1;
    const draws = [
      () => Math.round(nextFloat(rng) * nextFloat(rng) * 40 * odd),
      () => Math.min(1, nextFloat(rng) ** 4 * odd),
      () => (nextFloat(rng) < 0.9 ? 1 : nextBelow(rng, 5)),
      () => (nextFloat(rng) < 0.95 ? 0 : 1),
      () => (nextFloat(rng) < 0.1 ? NaN : -50 - 12 * nextFloat(rng) * odd),
    ];
    return draws[i % columns]();
  });
  const preprocessing = fitPreprocessing(x, rows, columns, { impute: 'median', clip: 'quantiles' }, features);
  const scaled = x.map((value, i) => scaledValue(value, i % columns, preprocessing));
  const plain = {
    n_estimators: 20,
    max_samples: 'auto' as const,
    max_features: 1,
    contamination: 'auto' as const,
    bootstrap: false,
    random_state: 9,
    ...change,
  };
  const params = resolveForestParams(parseForestParams(plain), rows, columns);
  const forest: Forest = growTrees(scaled, rows, columns, params, 0, params.nEstimators);
  const scores = new Float64Array(rows);
  scoreSamples(forest, scaled, rows, scores);
  return { model: { forest, preprocessing, offset: contaminationOffset(scores, 0.06) }, features, x, rows };
}

describe('against every value that a feature can take', () => {
  /** All values near a threshold of the column, and the whole numbers: where the score can change, from both sides. */
  function candidates(
    { forest, preprocessing }: ExplainedModel,
    { kind, categories }: ExplainedFeature,
    column: number,
  ) {
    if (kind === 'flag') return [0, 1];
    if (categories !== undefined) return Object.values(categories);
    if (kind === 'count') return Array.from({ length: 400 }, (_, i) => i);
    const { mean, scale } = preprocessing;
    const float = new Float32Array(1);
    const bits = new Int32Array(float.buffer);
    return Array.from(forest.threshold.keys()).flatMap((node) => {
      const tree = forest.treeStart.findLastIndex((start) => start <= node);
      if (forest.feature[node] < 0) return [];
      if (forest.treeFeatures[tree * forest.maxFeatures + forest.feature[node]] !== column) return [];
      float[0] = forest.threshold[node] * scale[column] + mean[column];
      const center = bits[0];
      return Array.from({ length: 17 }, (_, i) => {
        bits[0] = center + i - 8;
        return float[0];
      });
    });
  }

  it.each([
    ['all columns', {}],
    ['some columns a tree', { max_features: 0.6 }],
  ])('%s: none is nearer, none is better', (_name, change) => {
    const { model, features, x, rows } = grown(change);
    const columns = features.length;
    const values = features.map((feature, column) => candidates(model, feature, column));
    let found = 0;
    let bests = 0;
    for (let row = 0; row < rows; row++) {
      const extracted = x.slice(row * columns, (row + 1) * columns);
      const flagged = (candidate: Float32Array): boolean =>
        isAnomaly(-scoreOf(model, candidate), model.offset);
      if (!flagged(extracted)) continue;
      features.forEach((feature, column) => {
        const { nearest_normal: nearest, best } = ask(model, feature, extracted, column);
        const tried = values[column].map((value) => ({
          value,
          score: scoreOf(model, withValue(extracted, column, value)),
        }));
        const normal = tried.filter(({ score }) => !isAnomaly(-score, model.offset));
        const lowest = Math.min(...tried.map(({ score }) => score));
        if (nearest === null) {
          expect(normal).toEqual([]);
          const present = scoreOf(model, extracted);
          if (best === null) expect(lowest).toBeGreaterThan(present - 1e-8);
          else {
            bests++;
            expect(best.score).toBe(scoreOf(model, withValue(extracted, column, best.value)));
            expect(Math.abs(best.score - lowest)).toBeLessThan(1e-8);
          }
          return;
        }
        found++;
        const { value, comparison, until, score } = nearest;
        expect(score).toBe(scoreOf(model, withValue(extracted, column, value)));
        expect(isAnomaly(-score, model.offset)).toBe(false);
        const imputed = model.preprocessing.imputeValue[column];
        const present = Number.isNaN(extracted[column]) ? imputed : extracted[column];
        const distances = normal.map((one) => Math.abs(one.value - present));
        if (comparison === '=') expect(score).toBe(lowest);
        else expect(Math.abs(value - present)).toBeLessThanOrEqual(Math.min(...distances));
        // All that is said to be normal is.
        const [low, high] =
          comparison === '<='
            ? [until ?? -Infinity, value]
            : [value, comparison === '=' ? value : (until ?? Infinity)];
        const said = tried.filter((one) => one.value >= low && one.value <= high);
        expect(said.filter((one) => isAnomaly(-one.score, model.offset))).toEqual([]);
      });
    }
    expect(found).toBeGreaterThan(50);
    expect(bests).toBeGreaterThan(5);
  });
});

describe('a large forest', () => {
  it('is searched in all of its columns without a value that is not exact', () => {
    const { x, rows, columns } = plantedAnomalies(8, 3000, 27);
    const plain = {
      n_estimators: 500,
      max_samples: 1024,
      max_features: 1,
      contamination: 0.02,
      bootstrap: false,
    };
    const params = resolveForestParams(parseForestParams({ ...plain, random_state: 1 }), rows, columns);
    const forest = growTrees(x, rows, columns, params, 0, 500);
    const scores = new Float64Array(rows);
    scoreSamples(forest, x, rows, scores);
    const model = {
      forest,
      preprocessing: NO_PREPROCESSING(columns),
      offset: contaminationOffset(scores, 0.02),
    };
    const flagged = Array.from(scores.keys()).filter((row) => isAnomaly(scores[row], model.offset));
    expect(flagged.length).toBeGreaterThan(20);
    for (const row of flagged.slice(0, 3)) {
      const extracted = x.slice(row * columns, (row + 1) * columns);
      for (let column = 0; column < columns; column++) {
        const { nearest_normal: nearest, best } = ask(model, MEASURE, extracted, column);
        const suggested = nearest ?? best;
        if (suggested === null) continue;
        expect(suggested.score).toBe(scoreOf(model, withValue(extracted, column, suggested.value)));
        expect(isAnomaly(-suggested.score, model.offset)).toBe(nearest === null);
      }
    }
  });
});
