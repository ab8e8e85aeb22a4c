import { describe, expect, it } from 'vitest';
import { assessQuality, silhouetteScore } from './package-quality.js';

describe('silhouette of flagged and normal rows', () => {
  it('is the mean of (b - a) / max(a, b), worked out by hand', () => {
    // 0, 2 | 10, 12: a = 2 everywhere, b = 11, 9, 9, 11.
    expect(silhouetteScore(Float32Array.of(0, 2, 10, 12), 1, [1, 1, -1, -1])).toBeCloseTo(
      (9 / 11 + 7 / 9 + 7 / 9 + 9 / 11) / 4,
      12,
    );
  });

  it('measures the distance over all columns', () => {
    // (0,0), (0,0) | (3,4), (3,4): a = 0, b = 5.
    expect(silhouetteScore(Float32Array.of(0, 0, 0, 0, 3, 4, 3, 4), 2, [1, 1, -1, -1])).toBe(1);
  });

  it('gives a cluster of one the silhouette 0', () => {
    // 0, 1 | 3: a = 1; b = 3 and 2.
    expect(silhouetteScore(Float32Array.of(0, 1, 3), 1, [1, 1, -1])).toBeCloseTo((2 / 3 + 1 / 2 + 0) / 3, 12);
  });

  it('is 0 when all rows have one label, and never NaN', () => {
    expect(silhouetteScore(Float32Array.of(0, 1), 1, [1, 1])).toBe(0);
    expect(silhouetteScore(Float32Array.of(5, 5, 5, 5), 1, [1, 1, -1, -1])).toBe(0);
  });
});

describe('quality assessment', () => {
  const input = {
    evaluation: { label_source: 'injected', basic_metrics: { roc_auc: 0.93 } },
    golden: {
      feature_names: ['a', 'b'],
      X: [
        [0, 0],
        [2, 0],
      ],
      labels: [1, 1],
      score_samples: [-0.4, -0.4],
      decision_function: [0.1, 0.1],
    } as const,
    preprocessing: {
      imputeValue: new Float64Array(2),
      clipLow: Float64Array.of(-Infinity, -Infinity),
      clipHigh: Float64Array.of(Infinity, Infinity),
      mean: new Float64Array(2),
      variance: Float64Array.of(1, 1),
      scale: Float64Array.of(1, 1),
      samplesSeen: 2,
    },
    // Two trees of one split each; the second one sees the columns in the order b, a and splits on its column 1 = a.
    forest: {
      treeCount: 2,
      featureCount: 2,
      maxFeatures: 2,
      maxSamples: 2,
      treeStart: Int32Array.of(0, 3, 6),
      treeFeatures: Int32Array.of(0, 1, 1, 0),
      left: Int32Array.of(1, -1, -1, 1, -1, -1),
      right: Int32Array.of(2, -1, -1, 2, -1, -1),
      feature: Int32Array.of(0, -2, -2, 1, -2, -2),
      threshold: Float64Array.of(1, -2, -2, 1, -2, -2),
      nodeSamples: Int32Array.of(2, 1, 1, 2, 1, 1),
    },
    lines: { total: 200, valid: 190 },
  };

  it('counts a feature as used by its column, not by its place in a tree', () => {
    expect(assessQuality(input).quality_assessment).toEqual({
      model_quality_score: 0.93,
      silhouette_score: 0,
      feature_utilization: 0.5,
      training_data_quality: 0.95,
    });
  });

  it('says where the labels of the quality score came from', () => {
    expect(assessQuality(input).quality_assessment_note).toContain('planted into real windows');
    const real = { label_source: 'ground_truth', basic_metrics: { roc_auc: null } };
    const { quality_assessment, quality_assessment_note } = assessQuality({ ...input, evaluation: real });
    expect(quality_assessment.model_quality_score).toBe(0);
    expect(quality_assessment_note).toContain('"ground_truth"');
    expect(quality_assessment_note).not.toContain('planted');
  });
});
