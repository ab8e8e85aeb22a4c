import {
  codesOf,
  NOTHING,
  type ExplainedFeature,
  type SuggestedValue,
  type SuggestedValues,
} from './nearest-normal.js';
import { COUNT_AXIS, lastAtMost, REAL_AXIS, type ValueAxis } from './value-axis.js';

export interface BisectedFeature {
  readonly feature: ExplainedFeature;
  /** Present value of the flagged row, in the units of the feature. */
  readonly present: number;
  /** Values that are likely to be normal; what is not finite is passed over. */
  readonly anchors: readonly number[];
  /** The product's score of the row with this value, 0 to 1. */
  readonly scoreAt: (value: number) => number;
  readonly isFlagged: (score: number) => boolean;
}

/**
 * The nearest normal value of one feature where the score rises with the distance from the middle of the feature's
 * values, as tail probabilities do: between the present value and the nearest anchor that is normal, the border is found
 * to the last float32 (or whole number) by bisection. `until` is as far as the anchors reach, which is not the end of
 * what is normal. Nothing when no anchor is normal: then this feature alone does not make the row normal.
 */
export function nearestByBisection(input: BisectedFeature): SuggestedValues {
  const codes = codesOf(input.feature);
  const nearest = codes === null ? alongAxis(input) : amongCodes(input, codes);
  return nearest === null ? NOTHING : { nearest_normal: nearest, best: null };
}

function amongCodes(
  { scoreAt, isFlagged }: BisectedFeature,
  codes: readonly number[],
): SuggestedValue | null {
  let lowest: SuggestedValue | null = null;
  for (const value of codes) {
    const score = scoreAt(value);
    if (isFlagged(score) || (lowest !== null && score >= lowest.score)) continue;
    lowest = { value, comparison: '=', until: null, score };
  }
  return lowest;
}

function alongAxis({
  feature,
  present,
  anchors,
  scoreAt,
  isFlagged,
}: BisectedFeature): SuggestedValue | null {
  const axis = feature.kind === 'count' || feature.kind === 'categorical' ? COUNT_AXIS : REAL_AXIS;
  const isNormal = (position: number): boolean => !isFlagged(scoreAt(axis.valueAt(position)));
  const from = positionOf(axis, present);
  const reached = anchors
    .filter(Number.isFinite)
    .map((value) => positionOf(axis, value))
    .filter((position) => position >= axis.first && position <= axis.last)
    .sort((a, b) => a - b);
  const suggest = (outwards: readonly number[], comparison: '<=' | '>='): SuggestedValue | null => {
    const start = outwards.findIndex(isNormal);
    if (start < 0) return null;
    const position = border(outwards[start], from, isNormal);
    const end = outwards.findIndex((anchor, i) => i > start && !isNormal(anchor));
    const last = outwards[(end < 0 ? outwards.length : end) - 1];
    const value = axis.valueAt(position);
    return {
      value,
      comparison,
      until: comparison === '<=' && last === axis.first ? null : axis.valueAt(last),
      score: scoreAt(value),
    };
  };
  const below = suggest(reached.filter((position) => position < from).reverse(), '<=');
  const above = suggest(
    reached.filter((position) => position > from),
    '>=',
  );
  const distance = (found: SuggestedValue | null): number =>
    found === null ? Infinity : Math.abs(found.value - present);
  return distance(below) <= distance(above) ? below : above;
}

const positionOf = (axis: ValueAxis, value: number): number => lastAtMost(axis, (x) => x, value);

/** The last normal position from a normal one on the way to a flagged one. */
function border(normal: number, flagged: number, isNormal: (position: number) => boolean): number {
  let inside = normal;
  let outside = flagged;
  while (Math.abs(outside - inside) > 1) {
    const middle = Math.floor((inside + outside) / 2);
    if (isNormal(middle)) inside = middle;
    else outside = middle;
  }
  return inside;
}
