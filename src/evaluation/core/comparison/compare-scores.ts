import { spearman } from '../../../shared/stats.js';
import { bootstrapInterval, type BootstrapInterval } from '../bootstrap.js';
import { episodesOfWindowLabels, windowLabels, type EpisodeWindows } from '../episodes.js';
import type { KnownLabelSource, LabelFree, Labelled } from '../label-source.js';
import { daysCovered, finiteOrNull } from '../label-free.js';
import { flagAbove } from '../metrics.js';
import type { HoldoutLabels } from '../real-label-report.js';
import { compareEpisodes, type EpisodeComparison } from './compare-episodes.js';
import { rankingFigures, rankRows, type RankedRows } from './weighted-ranking.js';

/** One version on the rows that both have scored. */
export interface VersionScores {
  /** Higher = more anomalous. */
  readonly scores: Float64Array;
  /** Flagged: score above it. */
  readonly threshold: number;
  /** Scores of the planted rows; the same rows for both versions. */
  readonly planted: Float64Array | null;
}

export interface ComparisonInput {
  readonly a: VersionScores;
  readonly b: VersionScores;
  /** Where and when the rows are; null without times. */
  readonly windows: EpisodeWindows | null;
  readonly labels: HoldoutLabels | null;
  /** Planted row -> the row it was made from; null when nothing was planted. */
  readonly plantedFrom: Int32Array | null;
  readonly seed: number;
}

export interface AlertExample {
  readonly device: string;
  readonly start_ms: number;
  readonly score_a: number;
  readonly score_b: number;
}

export interface DeviceAlerts {
  readonly device: string;
  readonly windows: number;
  readonly alerts_a: number;
  readonly alerts_b: number;
  readonly new_alerts: number;
  readonly lost_alerts: number;
}

/** What changes for the people who get the alerts, if `b` takes the place of `a`. */
export type BlastRadius = LabelFree<{
  readonly windows: number;
  readonly days: number | null;
  readonly alerts_a: number;
  readonly alerts_b: number;
  readonly kept_alerts: number;
  readonly new_alerts: number;
  readonly lost_alerts: number;
  /** Null without times. */
  readonly alerts_per_day_a: number | null;
  readonly alerts_per_day_b: number | null;
  /** b - a. */
  readonly alerts_per_day_delta: BootstrapInterval | null;
  readonly devices: readonly DeviceAlerts[];
  /** Highest scores first, at most {@link MAX_EXAMPLES} each. */
  readonly new_examples: readonly AlertExample[];
  readonly lost_examples: readonly AlertExample[];
}>;

export type RankAgreement = LabelFree<{
  /** Spearman's correlation of the scores; null when one side is constant. */
  readonly spearman: number | null;
  /** Windows that both flag, of those that either flags; null without an alert. */
  readonly alert_jaccard: number | null;
}>;

export type MetricDelta = Labelled<{
  readonly metric: 'roc_auc' | 'average_precision';
  readonly a: number | null;
  readonly b: number | null;
  /** b - a on the same rows, each draw the same rows for both. */
  readonly delta: BootstrapInterval;
  readonly verdict: Verdict;
}>;

/** Clear: the whole interval lies on one side of 0. */
export type Verdict = 'a_is_better' | 'b_is_better' | 'not_clear';

export interface ScoreComparison {
  readonly blast_radius: BlastRadius;
  readonly agreement: RankAgreement;
  /** One entry for each source of labels and metric. */
  readonly metrics: readonly MetricDelta[];
  readonly episodes: EpisodeComparison | null;
}

export const MAX_EXAMPLES = 20;

export function verdictOf({ low, high }: BootstrapInterval): Verdict {
  if (low === null || high === null) return 'not_clear';
  if (low > 0) return 'b_is_better';
  return high < 0 ? 'a_is_better' : 'not_clear';
}

/** Row -> number of its device and day: windows of one are alike, so they are drawn together. */
function deviceDays(windows: EpisodeWindows | null, rows: number): Int32Array | undefined {
  if (windows === null) return undefined;
  const numbers = new Map<string, number>();
  return Int32Array.from({ length: rows }, (_, row) => {
    const key = `${windows.deviceIndex[row]} ${Math.floor(windows.startMs[row] / 86_400_000)}`;
    const known = numbers.get(key) ?? numbers.size;
    numbers.set(key, known);
    return known;
  });
}

/**
 * Two versions on the same rows: what would be flagged otherwise, how alike they rank, and what labels say. Intervals
 * are paired bootstrap intervals (95 %) over device-days. Deterministic for `input.seed`.
 */
export function compareScores(input: ComparisonInput): ScoreComparison {
  const { a, b, windows, labels, seed } = input;
  const rows = a.scores.length;
  const blocks = deviceDays(windows, rows);
  const flags = { a: flagAbove(a.scores, a.threshold), b: flagAbove(b.scores, b.threshold) };
  const metrics: MetricDelta[] = [];
  let episodes: EpisodeComparison | null = null;
  if (labels !== null) {
    const named =
      labels.episodes ??
      (labels.windowLabels && windows ? episodesOfWindowLabels(windows, labels.windowLabels) : null);
    const perRow = labels.windowLabels ?? (windows && named ? windowLabels(windows, named) : null);
    if (perRow !== null)
      metrics.push(...metricDeltas(labels.source, perRow, a.scores, b.scores, blocks, seed));
    if (windows !== null && named !== null)
      episodes = compareEpisodes(labels.source, windows, flags, named, seed);
  }
  metrics.push(...plantedDeltas(input, blocks));
  return {
    blast_radius: blastRadius(input, flags, blocks),
    agreement: agreement(a, b, flags),
    metrics,
    episodes,
  };
}

function plantedDeltas(
  { a, b, plantedFrom, seed }: ComparisonInput,
  blocks: Int32Array | undefined,
): MetricDelta[] {
  if (plantedFrom === null || a.planted === null || b.planted === null) return [];
  const rows = a.scores.length;
  const joined = (normal: Float64Array, planted: Float64Array): Float64Array => {
    const all = new Float64Array(normal.length + planted.length);
    all.set(normal);
    all.set(planted, normal.length);
    return all;
  };
  const perRow = new Uint8Array(rows + plantedFrom.length).fill(1, rows);
  // A planted row is drawn with the row it was made from.
  const joinedBlocks =
    blocks && Int32Array.from(perRow, (_, i) => (i < rows ? blocks[i] : blocks[plantedFrom[i - rows]]));
  return metricDeltas(
    'injected',
    perRow,
    joined(a.scores, a.planted),
    joined(b.scores, b.planted),
    joinedBlocks,
    seed,
  );
}

function metricDeltas(
  source: KnownLabelSource,
  labels: Uint8Array,
  scoresA: Float64Array,
  scoresB: Float64Array,
  blocks: Int32Array | undefined,
  seed: number,
): MetricDelta[] {
  const ranked = { a: rankRows(labels, scoresA), b: rankRows(labels, scoresB) };
  const names = [
    ['roc_auc', 'rocAuc'],
    ['average_precision', 'averagePrecision'],
  ] as const;
  return names.map(([metric, name]) => {
    const figure = (rows: RankedRows, weights: Int32Array): number | null =>
      rankingFigures(rows, weights)[name];
    const weights = new Int32Array(labels.length);
    const delta = bootstrapInterval(
      labels.length,
      (drawn) => {
        weights.fill(0);
        for (const row of drawn) weights[row]++;
        const [was, is] = [figure(ranked.a, weights), figure(ranked.b, weights)];
        return was === null || is === null ? null : is - was;
      },
      { seed, blocks },
    );
    weights.fill(1);
    return {
      label_source: source,
      metric,
      a: figure(ranked.a, weights),
      b: figure(ranked.b, weights),
      delta,
      verdict: verdictOf(delta),
    };
  });
}

interface Flags {
  readonly a: Uint8Array;
  readonly b: Uint8Array;
}

const count = (flags: Uint8Array): number => flags.reduce((sum, flag) => sum + flag, 0);

function agreement(a: VersionScores, b: VersionScores, flags: Flags): RankAgreement {
  const both = count(flags.a.map((flag, row) => flag & flags.b[row]));
  const either = count(flags.a.map((flag, row) => flag | flags.b[row]));
  return {
    label_source: 'none',
    spearman: a.scores.length < 2 ? null : finiteOrNull(spearman(a.scores, b.scores)),
    alert_jaccard: either === 0 ? null : both / either,
  };
}

function blastRadius(
  { a, b, windows, seed }: ComparisonInput,
  flags: Flags,
  blocks: Int32Array | undefined,
): BlastRadius {
  const rows = a.scores.length;
  const days = windows && finiteOrNull(daysCovered(windows));
  const fresh = flags.b.map((flag, row) => flag & ~flags.a[row] & 1);
  const lost = flags.a.map((flag, row) => flag & ~flags.b[row] & 1);
  const [alertsA, alertsB] = [count(flags.a), count(flags.b)];
  const perDay = (alerts: number): number | null => (days === null || days === 0 ? null : alerts / days);
  return {
    label_source: 'none',
    windows: rows,
    days,
    alerts_a: alertsA,
    alerts_b: alertsB,
    kept_alerts: alertsA - count(lost),
    new_alerts: count(fresh),
    lost_alerts: count(lost),
    alerts_per_day_a: perDay(alertsA),
    alerts_per_day_b: perDay(alertsB),
    alerts_per_day_delta:
      days === null || days === 0
        ? null
        : bootstrapInterval(
            rows,
            (drawn) => drawn.reduce((sum, row) => sum + flags.b[row] - flags.a[row], 0) / days,
            { seed, blocks },
          ),
    devices: windows === null ? [] : deviceAlerts(windows, flags, fresh, lost),
    new_examples: windows === null ? [] : examples(windows, fresh, a, b, b.scores),
    lost_examples: windows === null ? [] : examples(windows, lost, a, b, a.scores),
  };
}

function deviceAlerts(
  windows: EpisodeWindows,
  flags: Flags,
  fresh: Uint8Array,
  lost: Uint8Array,
): DeviceAlerts[] {
  const rows = windows.devices.map((device) => ({
    device,
    windows: 0,
    alerts_a: 0,
    alerts_b: 0,
    new_alerts: 0,
    lost_alerts: 0,
  }));
  windows.deviceIndex.forEach((index, row) => {
    const entry = rows[index];
    entry.windows++;
    entry.alerts_a += flags.a[row];
    entry.alerts_b += flags.b[row];
    entry.new_alerts += fresh[row];
    entry.lost_alerts += lost[row];
  });
  return rows.filter((entry) => entry.windows > 0);
}

function examples(
  windows: EpisodeWindows,
  chosen: Uint8Array,
  a: VersionScores,
  b: VersionScores,
  by: Float64Array,
): AlertExample[] {
  const rows = Array.from(chosen.keys()).filter((row) => chosen[row] === 1);
  rows.sort((x, y) => by[y] - by[x] || x - y);
  return rows.slice(0, MAX_EXAMPLES).map((row) => ({
    device: windows.devices[windows.deviceIndex[row]],
    start_ms: windows.startMs[row],
    score_a: a.scores[row],
    score_b: b.scores[row],
  }));
}
