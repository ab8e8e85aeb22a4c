import type { FeatureSpecEntry } from '../../../features/core/feature-spec-json.js';
import type { FeatureValues } from '../../../features/core/preprocessing.js';
import { imputeAndClip, scaleToFloat32 } from '../../../features/core/preprocess.js';
import { nearestNormal, type ExplainedModel, type SuggestedValues } from './nearest-normal.js';
import { explainRows, noSuchRow, type RowAttribution } from './path-attribution.js';

/** Why a row is flagged. base_score + contributions of top + other_contribution = score. */
export interface RowExplanation {
  /** 0 to 1, higher = more anomalous. */
  readonly score: number;
  /** Score of a row with the expected path length, the same for all rows of a model. */
  readonly base_score: number;
  /** Mean number of edges over the trees; shorter = more anomalous. */
  readonly path_length: number;
  readonly expected_path_length: number;
  /** Features that raise the score, the largest contribution first. */
  readonly top: readonly FeatureExplanation[];
  /** Sum over all features that are not in `top`. */
  readonly other_contribution: number;
}

export interface FeatureExplanation extends SuggestedValues {
  readonly feature: string;
  /** As extracted; null = missing. */
  readonly value: number | null;
  /** What stood in for a missing value; null for a value that was there. */
  readonly imputed_value: number | null;
  /** On the score scale, see ScoreAttribution. */
  readonly contribution: number;
  /** Exact Shapley value of the path length, in edges; negative. */
  readonly path_length_contribution: number;
}

/**
 * Explains rows of a scored table: the features that made each one anomalous, and what would have been normal.
 *
 * @param features in column order; a feature spec's entries
 * @param values the table's values as extracted, rows x columns, row-major, NaN = missing
 * @param rows indices into the table
 * @param topCount features a row at most
 * @throws AppError `internal` for a row that is not there, `validation_failed` for a value that is still missing or
 *   infinite after imputation and clipping
 */
export function explainFlagged(
  model: ExplainedModel & {
    readonly features: readonly Pick<FeatureSpecEntry, 'name' | 'kind' | 'categories'>[];
  },
  values: FeatureValues,
  rows: readonly number[] | Int32Array,
  topCount: number,
): RowExplanation[] {
  const { forest, preprocessing, features } = model;
  const columns = features.length;
  return Array.from(rows, (row) => {
    if (!(row >= 0 && (row + 1) * columns <= values.length)) throw noSuchRow(row, columns, values.length);
    const extracted = values.slice(row * columns, (row + 1) * columns);
    const clean = extracted.slice();
    imputeAndClip(extracted, 1, columns, preprocessing, clean);
    const scaled = new Float32Array(columns);
    scaleToFloat32(clean, 1, columns, preprocessing, scaled);
    const [attribution] = explainRows(forest, scaled, [0]);
    const top = topColumns(attribution, topCount).map((column): FeatureExplanation => {
      const value = extracted[column];
      return {
        feature: features[column].name,
        value: Number.isNaN(value) ? null : value,
        imputed_value: Number.isNaN(value) ? clean[column] : null,
        contribution: attribution.score.contributions[column],
        path_length_contribution: attribution.path.contributions[column],
        ...nearestNormal(model, features[column], scaled, column, value),
      };
    });
    const shown = top.reduce((sum, { contribution }) => sum + contribution, 0);
    const { score, path } = attribution;
    return {
      score: score.score,
      base_score: score.baseScore,
      path_length: path.pathLength,
      expected_path_length: path.expectedPathLength,
      top,
      other_contribution: score.score - score.baseScore - shown,
    };
  });
}

/** Columns that raise the score, by contribution; equal ones in column order. */
function topColumns({ score: { contributions } }: RowAttribution, topCount: number): number[] {
  return Array.from(contributions.keys())
    .filter((column) => contributions[column] > 0)
    .sort((a, b) => contributions[b] - contributions[a] || a - b)
    .slice(0, topCount);
}
