/**
 * What one feature would have to be for a flagged row to be normal, everything else held: a counterfactual along one
 * axis, exact, because the score is constant between the forest's own thresholds.
 */
import type { FeatureKind } from '../../../features/core/feature-catalogue.js';
import { scaledValue } from '../../../features/core/preprocess.js';
import type { Preprocessing } from '../../../features/core/preprocessing.js';
import type { Forest } from '../../../training/core/forest/forest.js';
import { scoreSamples, toScore } from '../../../training/core/forest/score.js';
import { isAnomaly } from '../../../training/core/threshold.js';
import { pathLayout } from './path-layout.js';
import { pieceOf, scoreProfile, type ScoreProfile } from './score-profile.js';
import { COUNT_AXIS, lastAtMost, nextFloat32, REAL_AXIS, type ValueAxis } from './value-axis.js';

/** What is needed of a model; a loaded model has it. */
export interface ExplainedModel {
  readonly forest: Forest;
  readonly preprocessing: Preprocessing;
  /** scikit-learn's `offset_`: a row is flagged when score_samples - offset < 0. */
  readonly offset: number;
}

/** What is needed of a feature; an entry of a feature spec has it. */
export interface ExplainedFeature {
  readonly kind: FeatureKind;
  readonly categories?: Readonly<Record<string, number>>;
}

/** A value, in the units of the feature, before clipping and scaling. */
export interface SuggestedValue {
  readonly value: number;
  /** '<=': this value and smaller ones; '>=': this value and larger ones; both as far as `until`. '=': this code alone. */
  readonly comparison: '<=' | '>=' | '=';
  /** Last value for which the same holds; null = without end. */
  readonly until: number | null;
  /** Score of the row with `value`: 0 to 1, higher = more anomalous. */
  readonly score: number;
}

export interface SuggestedValues {
  /** The value nearest to the present one with which the row is not flagged; null when there is none. */
  readonly nearest_normal: SuggestedValue | null;
  /** Where there is none: the value that lowers the score most; null when none lowers it, or not needed. */
  readonly best: SuggestedValue | null;
}

export const NOTHING: SuggestedValues = { nearest_normal: null, best: null };
/** Scores closer than this are taken for equal: sums along the profile are rounded in another order than the score's. */
const SAME_SCORE = 1e-9;

/**
 * Finds the nearest normal value of one feature of a flagged row.
 *
 * Values are those that the feature can take: counts whole and not negative, a category one of its codes (of several
 * normal codes the one with the lowest score, since codes have no distance), all else any float32 number. They go
 * through the model's own clipping and scaling, so that a value beyond a clip bound counts as what it is clipped to.
 * Every threshold lies within the training range of its feature, therefore so does the value that is found.
 *
 * @param row the row as the forest takes it: imputed, clipped, scaled
 * @param value the feature's value as extracted; NaN = missing, of which the imputed value is the present one
 * @returns nothing at all for a row that is not flagged
 */
export function nearestNormal(
  model: ExplainedModel,
  feature: ExplainedFeature,
  row: Float32Array,
  column: number,
  value: number,
): SuggestedValues {
  const search = createSearch(model, row, column, value);
  if (search.profile.edges.length === 0 || !search.isFlagged(search.piece)) return NOTHING;
  const codes = codesOf(feature);
  return codes === null
    ? alongAxis(search, feature.kind === 'count' || feature.kind === 'categorical' ? COUNT_AXIS : REAL_AXIS)
    : amongCodes(search, codes);
}

/** One row and one of its columns. */
interface Search {
  readonly profile: ScoreProfile;
  /** Where the row is now. */
  readonly piece: number;
  readonly present: number;
  readonly scale: (value: number) => number;
  /** Score to rounding, higher = more anomalous. */
  readonly approximate: (piece: number) => number;
  /** As the product decides it for every value of the piece. */
  readonly isFlagged: (piece: number) => boolean;
  /** The product's score of the row with this scaled value. */
  readonly scoreAt: (scaled: number) => number;
}

function createSearch(
  { forest, preprocessing, offset }: ExplainedModel,
  row: Float32Array,
  column: number,
  value: number,
): Search {
  const layout = pathLayout(forest);
  const profile = scoreProfile(layout, row, column);
  const { edges, lengths } = profile;
  const changed = row.slice();
  const out = new Float64Array(1);
  const scoreAt = (scaled: number): number => {
    changed[column] = scaled;
    scoreSamples(forest, changed, 1, out);
    return -out[0];
  };
  const approximate = (piece: number): number => -toScore(lengths[piece], layout.denominator);
  return {
    profile,
    piece: pieceOf(profile, row[column]),
    present: Number.isNaN(value) ? preprocessing.imputeValue[column] : value,
    scale: (raw) => scaledValue(raw, column, preprocessing),
    approximate,
    isFlagged: (piece) => {
      const score = approximate(piece);
      if (Math.abs(score + offset) > SAME_SCORE) return isAnomaly(-score, offset);
      const inside = piece < edges.length ? edges[piece] : nextFloat32(edges[piece - 1]);
      return isAnomaly(-scoreAt(inside), offset);
    },
    scoreAt,
  };
}

/** Codes in ascending order; null for a feature whose values are amounts. */
export function codesOf({ kind, categories }: ExplainedFeature): number[] | null {
  if (kind === 'flag') return [0, 1];
  if (kind !== 'categorical' || categories === undefined) return null;
  return Object.values(categories).sort((a, b) => a - b);
}

function amongCodes(search: Search, codes: readonly number[]): SuggestedValues {
  let lowest: { code: number; piece: number } | null = null;
  for (const code of codes) {
    const piece = pieceOf(search.profile, search.scale(code));
    const least = search.approximate(lowest?.piece ?? search.piece);
    if (search.approximate(piece) < least - SAME_SCORE) lowest = { code, piece };
  }
  if (lowest === null) return NOTHING;
  const score = search.scoreAt(search.scale(lowest.code));
  const found: SuggestedValue = { value: lowest.code, comparison: '=', until: null, score };
  return search.isFlagged(lowest.piece)
    ? { nearest_normal: null, best: found }
    : { nearest_normal: found, best: null };
}

function alongAxis(search: Search, axis: ValueAxis): SuggestedValues {
  const { profile, piece: from, present } = search;
  const isNormal = (piece: number): boolean => !search.isFlagged(piece);
  let below: SuggestedValue | null = null;
  for (let piece = from - 1; piece >= 0 && below === null; piece--) {
    if (isNormal(piece)) below = suggest(search, axis, piece, isNormal);
  }
  let above: SuggestedValue | null = null;
  for (let piece = from + 1; piece <= profile.edges.length && above === null; piece++) {
    if (isNormal(piece)) above = suggest(search, axis, piece, isNormal);
  }
  if (below === null && above === null) return { nearest_normal: null, best: bestValue(search, axis) };
  const distance = (found: SuggestedValue | null): number =>
    found === null ? Infinity : Math.abs(found.value - present);
  return { nearest_normal: distance(below) <= distance(above) ? below : above, best: null };
}

/** The value of a piece that is nearest to the present one; null when the feature has no value in the piece. */
function suggest(
  { profile, piece: from, scale, scoreAt }: Search,
  axis: ValueAxis,
  piece: number,
  belongs: (piece: number) => boolean,
): SuggestedValue | null {
  const { edges } = profile;
  const last = (edge: number): number => lastAtMost(axis, scale, edge);
  const isBelow = piece < from;
  const position = isBelow ? last(edges[piece]) : last(edges[piece - 1]) + 1;
  if (position < axis.first || position > axis.last) return null;
  const value = axis.valueAt(position);
  const scaled = scale(value);
  if (pieceOf(profile, scaled) !== piece) return null;
  // On to the other end of the pieces for which the same holds.
  let end = piece;
  const step = isBelow ? -1 : 1;
  while (end + step >= 0 && end + step <= edges.length && belongs(end + step)) end += step;
  let until: number | null = null;
  if (isBelow && end > 0) {
    const lowest = last(edges[end - 1]) + 1;
    if (lowest > axis.first) until = axis.valueAt(lowest);
  } else if (!isBelow && end < edges.length) {
    const highest = last(edges[end]);
    if (highest < axis.last) until = axis.valueAt(highest);
  }
  return { value, comparison: isBelow ? '<=' : '>=', until, score: scoreAt(scaled) };
}

/** The piece with the longest paths that the feature has a value in; of equal ones the nearest. */
function bestValue(search: Search, axis: ValueAxis): SuggestedValue | null {
  const { profile, piece: from, approximate } = search;
  const rank = (piece: number): number => Math.round(approximate(piece) / SAME_SCORE);
  const lower = Array.from({ length: profile.edges.length + 1 }, (_, piece) => piece)
    .filter((piece) => rank(piece) < rank(from))
    .sort((a, b) => rank(a) - rank(b) || Math.abs(a - from) - Math.abs(b - from));
  for (const piece of lower) {
    const found = suggest(search, axis, piece, (other) => rank(other) === rank(piece));
    if (found !== null) return found;
  }
  return null;
}
