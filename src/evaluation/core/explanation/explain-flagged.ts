import type { FeatureSpecEntry } from '../../../features/core/feature-spec-json.js';
import type { FeatureValues } from '../../../features/core/preprocessing.js';
import { imputeAndClip, scaleToFloat32 } from '../../../features/core/preprocess.js';
import { nearestNormal, type ExplainedModel, type SuggestedValues } from './nearest-normal.js';
import { explainRows, noSuchRow } from './path-attribution.js';

/** Why a row is flagged. base_score + contributions of top + other_contribution = score. */
export interface RowExplanation {
  /** 0 to 1, higher = more anomalous. */
  readonly score: number;
  /** Score of a row with the expected path length, or without any evidence; the same for all rows of a model and device. */
  readonly base_score: number;
  /** Mean number of edges over the trees; shorter = more anomalous. null: the model is no plain forest. */
  readonly path_length: number | null;
  readonly expected_path_length: number | null;
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
  /** Exact Shapley value of the path length, in edges; negative. null: the model is no plain forest. */
  readonly path_length_contribution: number | null;
}

/** A model with the names and kinds of its columns. */
export interface ExplainableModel extends ExplainedModel {
  readonly features: readonly Pick<FeatureSpecEntry, 'name' | 'kind' | 'categories'>[];
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
  model: ExplainableModel,
  values: FeatureValues,
  rows: readonly number[] | Int32Array,
  topCount: number,
): RowExplanation[] {
  const { forest, features } = model;
  return Array.from(rows, (row) => {
    const prepared = prepareRow(model, values, row);
    const [{ score, path }] = explainRows(forest, prepared.scaled, [0]);
    const top = topColumns(score.contributions, topCount).map((column): FeatureExplanation => ({
      ...valueOf(model, prepared, column),
      contribution: score.contributions[column],
      path_length_contribution: path.contributions[column],
      ...nearestNormal(model, features[column], prepared.scaled, column, prepared.extracted[column]),
    }));
    return {
      score: score.score,
      base_score: score.baseScore,
      path_length: path.pathLength,
      expected_path_length: path.expectedPathLength,
      top,
      other_contribution: otherContribution(score.score, score.baseScore, top),
    };
  });
}

/** One row, each array as long as there are features. */
export interface PreparedRow {
  /** NaN = missing. */
  readonly extracted: FeatureValues;
  /** Imputed and clipped. */
  readonly clean: FeatureValues;
  /** As the model takes it. */
  readonly scaled: Float32Array;
}

/** @throws AppError `internal` for a row that is not there */
export function prepareRow(
  { preprocessing, features }: Pick<ExplainableModel, 'preprocessing' | 'features'>,
  values: FeatureValues,
  row: number,
): PreparedRow {
  const columns = features.length;
  if (!(row >= 0 && (row + 1) * columns <= values.length)) throw noSuchRow(row, columns, values.length);
  const extracted = values.slice(row * columns, (row + 1) * columns);
  const clean = extracted.slice();
  imputeAndClip(extracted, 1, columns, preprocessing, clean);
  const scaled = new Float32Array(columns);
  scaleToFloat32(clean, 1, columns, preprocessing, scaled);
  return { extracted, clean, scaled };
}

export function valueOf(
  { features }: Pick<ExplainableModel, 'features'>,
  { extracted, clean }: PreparedRow,
  column: number,
): Pick<FeatureExplanation, 'feature' | 'value' | 'imputed_value'> {
  const value = extracted[column];
  const missing = Number.isNaN(value);
  return {
    feature: features[column].name,
    value: missing ? null : value,
    imputed_value: missing ? clean[column] : null,
  };
}

export function otherContribution(
  score: number,
  baseScore: number,
  top: readonly FeatureExplanation[],
): number {
  return score - baseScore - top.reduce((sum, { contribution }) => sum + contribution, 0);
}

/** Columns that raise the score, by contribution; equal ones in column order. */
export function topColumns(contributions: Float64Array, topCount: number): number[] {
  return Array.from(contributions.keys())
    .filter((column) => contributions[column] > 0)
    .sort((a, b) => contributions[b] - contributions[a] || a - b)
    .slice(0, topCount);
}
