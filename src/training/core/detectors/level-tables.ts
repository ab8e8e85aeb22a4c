/**
 * Makes raw scores comparable: raw score -> level, -log of the share of a group's training rows that score at least as
 * high. Piecewise linear between at most 64 order statistics; beyond the highest one it goes on along an exponential tail
 * (mean excess over the 98 % quantile), so that a level never saturates and never decreases.
 */
export interface LevelTables {
  /** Group -> first knot; length groups + 1. */
  readonly start: Int32Array;
  /** Raw scores, ascending inside a group. */
  readonly knots: Float64Array;
  /** Level at each knot. */
  readonly levels: Float64Array;
  /** Level per unit of raw score beyond the last knot, one a group; > 0. */
  readonly slope: Float64Array;
}

const MAX_KNOTS = 64;
const TAIL_SHARE = 0.02;

interface GroupLevels {
  readonly knots: number[];
  readonly levels: number[];
  readonly slope: number;
}

/** @param sorted n >= 1 ascending raw scores of one group */
function groupLevels(sorted: Float64Array): GroupLevels {
  const n = sorted.length;
  const levelAt = (index: number): number => Math.log((n + 1) / (n - index + 1));
  const knots: number[] = [];
  const levels: number[] = [];
  // Evenly spaced in the level: the far end gets most of them, one by one.
  const highest = levelAt(n - 1);
  for (let k = 0; k < MAX_KNOTS; k++) {
    const wanted = (highest * k) / (MAX_KNOTS - 1);
    const index = Math.min(n - 1, Math.max(0, Math.round(n + 1 - (n + 1) * Math.exp(-wanted))));
    const raw = sorted[index];
    if (knots.length > 0 && raw <= knots[knots.length - 1]) continue;
    // Rows that score the same count from the first of them.
    knots.push(raw);
    levels.push(levelAt(firstAtLeast(sorted, raw)));
  }
  const from = Math.min(n - 1, Math.floor(n * (1 - TAIL_SHARE)));
  let excess = 0;
  for (let i = from; i < n; i++) excess += sorted[i] - sorted[from];
  const meanExcess = excess / (n - from);
  const spread = sorted[n - 1] - sorted[0];
  const scale = meanExcess > 0 ? meanExcess : spread > 0 ? spread : Math.max(1, Math.abs(sorted[n - 1]));
  return { knots, levels, slope: 1 / scale };
}

/** @param rawOfGroup training scores of each group; group 0 = all rows */
export function fitLevels(rawOfGroup: readonly Float64Array[]): LevelTables {
  const groups = rawOfGroup.map((raw) => groupLevels(raw.slice().sort()));
  const start = new Int32Array(groups.length + 1);
  groups.forEach(({ knots }, group) => {
    start[group + 1] = start[group] + knots.length;
  });
  return {
    start,
    knots: Float64Array.from(groups.flatMap(({ knots }) => knots)),
    levels: Float64Array.from(groups.flatMap(({ levels }) => levels)),
    slope: Float64Array.from(groups, ({ slope }) => slope),
  };
}

/** Level of a raw score in its group; >= 0, grows with the raw score. */
export function levelOf({ start, knots, levels, slope }: LevelTables, group: number, raw: number): number {
  const first = start[group];
  const last = start[group + 1] - 1;
  if (raw <= knots[first]) return levels[first];
  if (raw >= knots[last]) return levels[last] + (raw - knots[last]) * slope[group];
  let from = first;
  let to = last;
  while (to - from > 1) {
    const middle = (from + to) >>> 1;
    if (knots[middle] <= raw) from = middle;
    else to = middle;
  }
  const share = (raw - knots[from]) / (knots[to] - knots[from]);
  return levels[from] + share * (levels[to] - levels[from]);
}

export function findLevelDamage(tables: LevelTables, groups: number): string | undefined {
  const { start, knots, levels, slope } = tables;
  if (start.length !== groups + 1 || slope.length !== groups || start[0] !== 0) {
    return `its levels are not those of ${groups} groups`;
  }
  for (let group = 0; group < groups; group++)
    if (start[group + 1] <= start[group]) return 'a group has no levels';
  if (knots.length !== start[groups] || levels.length !== start[groups])
    return 'its levels do not have their lengths';
  const bad = [...slope].some((value) => !(value > 0 && value < Infinity));
  if (bad || !levels.every(Number.isFinite) || !knots.every(Number.isFinite))
    return 'a level is not a number';
  return undefined;
}

/** First index of an ascending list whose value is >= limit. */
export function firstAtLeast(sorted: Float64Array, limit: number): number {
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (sorted[middle] < limit) from = middle + 1;
    else to = middle;
  }
  return from;
}
