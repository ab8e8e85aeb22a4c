import { imputeAndClip, scaleToFloat32 } from '../../features/core/preprocess.js';
import type { Preprocessing } from '../../features/core/preprocessing.js';
import type { GoldenSample } from '../../registry/core/golden-sample.js';
import type { Forest } from '../../training/core/forest/forest.js';

/** The four numbers the consumer's tools print, under their names (interop page, 7.5). All in their natural range. */
export interface QualityAssessment {
  readonly model_quality_score: number;
  readonly silhouette_score: number;
  readonly feature_utilization: number;
  readonly training_data_quality: number;
}

export interface QualityInput {
  /** `evaluation_info` of metadata.json. */
  readonly evaluation: {
    readonly label_source: string;
    readonly basic_metrics: { readonly roc_auc: number | null };
  };
  readonly golden: GoldenSample;
  readonly preprocessing: Preprocessing;
  readonly forest: Forest;
  /** Lines of the training export, and how many of them could be used. */
  readonly lines: { readonly total: number; readonly valid: number; readonly unit?: 'lines' | 'rows' };
}

/**
 * The numbers and one sentence about each: none of them is a grade of its own making, and none may be null, because the
 * original scripts format them as numbers.
 */
export function assessQuality(input: QualityInput): {
  readonly quality_assessment: QualityAssessment;
  readonly quality_assessment_note: string;
} {
  const { evaluation, golden, preprocessing, forest, lines } = input;
  const used = usedFeatures(forest);
  const silhouette = goldenSilhouette(golden, preprocessing);
  return {
    quality_assessment: {
      model_quality_score: evaluation.basic_metrics.roc_auc ?? 0,
      silhouette_score: silhouette,
      feature_utilization: used / forest.featureCount,
      training_data_quality: lines.total > 0 ? lines.valid / lines.total : 0,
    },
    quality_assessment_note: [
      `model_quality_score: area under the ROC curve on held-out windows, label source "${evaluation.label_source}"${
        evaluation.label_source === 'injected'
          ? ' (anomalies planted into real windows, not real attacks)'
          : ''
      }.`,
      'silhouette_score: how far flagged and normal golden rows lie apart in scaled features, -1 to 1, mean over all' +
        ` ${golden.labels.length} rows; 0 also when all rows have one label. Few anomalies form a cluster, so a low value is no fault.`,
      `feature_utilization: ${used} of ${forest.featureCount} features are split on by at least one tree.`,
      `training_data_quality: ${lines.valid} of ${lines.total} ${lines.unit ?? 'lines'} of the training input could be used.`,
    ].join(' '),
  };
}

/** Columns that at least one tree splits on. */
function usedFeatures(forest: Forest): number {
  const { treeCount, treeStart, treeFeatures, maxFeatures, feature, featureCount } = forest;
  const used = new Uint8Array(featureCount);
  for (let tree = 0; tree < treeCount; tree++) {
    for (let node = treeStart[tree]; node < treeStart[tree + 1]; node++) {
      if (feature[node] >= 0) used[treeFeatures[tree * maxFeatures + feature[node]]] = 1;
    }
  }
  return used.reduce((sum, one) => sum + one, 0);
}

function goldenSilhouette(golden: GoldenSample, preprocessing: Preprocessing): number {
  const rows = golden.X.length;
  const columns = golden.feature_names.length;
  const values = Float64Array.from(golden.X.flat());
  imputeAndClip(values, rows, columns, preprocessing, values);
  const scaled = new Float32Array(values.length);
  scaleToFloat32(values, rows, columns, preprocessing, scaled);
  return silhouetteScore(scaled, columns, golden.labels);
}

/**
 * Mean silhouette (Rousseeuw 1987, `sklearn.metrics.silhouette_score`, Euclidean) of two clusters; 0 when one is empty.
 * Quadratic in the rows: for a sample.
 *
 * @param x rows x columns
 * @param labels 1 or -1 per row
 */
export function silhouetteScore(x: Float32Array, columns: number, labels: readonly number[]): number {
  const rows = labels.length;
  const flagged = labels.filter((label) => label === -1).length;
  if (flagged === 0 || flagged === rows) return 0;
  let total = 0;
  for (let row = 0; row < rows; row++) {
    let own = 0;
    let other = 0;
    for (let peer = 0; peer < rows; peer++) {
      const distance = euclidean(x, columns, row, peer);
      if (labels[peer] === labels[row]) own += distance;
      else other += distance;
    }
    const ownSize = labels[row] === -1 ? flagged : rows - flagged;
    // A cluster of one has no inner distance; its silhouette is 0 by definition.
    if (ownSize === 1) continue;
    const inner = own / (ownSize - 1);
    const outer = other / (rows - ownSize);
    const larger = Math.max(inner, outer);
    if (larger > 0) total += (outer - inner) / larger;
  }
  return total / rows;
}

function euclidean(x: Float32Array, columns: number, a: number, b: number): number {
  let sum = 0;
  for (let column = 0; column < columns; column++) {
    const difference = x[a * columns + column] - x[b * columns + column];
    sum += difference * difference;
  }
  return Math.sqrt(sum);
}
