import type { DetectionDetail } from '../../../evaluation/core/label-source.js';
import { fixed, percent, short, sourceText, whole, type CardInput, type Loose } from './card-input.js';
import { barChart, histogram, lineChart } from './charts.js';
import { html, type Html } from './html.js';

/** What a report may hold about one source of labels. */
export interface LabelledPart {
  readonly label_source?: string | null;
  readonly roc_auc?: number | null;
  readonly average_precision?: number | null;
  readonly prevalence?: number | null;
  readonly detail: Loose<DetectionDetail> & Loose<CurvePoints>;
}

interface CurvePoints {
  readonly roc_curve: readonly { readonly false_positive_rate: number; readonly recall: number }[];
  readonly precision_recall_curve: readonly { readonly recall: number; readonly precision: number }[];
}

const BINS = 40;
const LISTED_FEATURES = 15;

type Point = readonly [number, number];

const pairs = <T>(
  list: readonly T[] | null | undefined,
  x: (item: T) => number | null | undefined,
  y: (item: T) => number | null | undefined,
): Point[] =>
  (list ?? []).flatMap((item): Point[] => {
    const [a, b] = [x(item), y(item)];
    return typeof a === 'number' && typeof b === 'number' ? [[a, b]] : [];
  });

/** ROC and precision-recall curve, where the report has their points. */
export function curveCharts(part: LabelledPart, id: string): Html | null {
  const source = sourceText(part.label_source);
  const roc = pairs(
    part.detail.roc_curve,
    (point) => point.false_positive_rate,
    (point) => point.recall,
  );
  const precision = pairs(
    part.detail.precision_recall_curve,
    (point) => point.recall,
    (point) => point.precision,
  );
  if (roc.length === 0 && precision.length === 0) return null;
  const share = { low: 0, high: 1 };
  return html`${
    roc.length === 0
      ? null
      : lineChart({
          id: `${id}-roc`,
          title: `ROC curve (${source})`,
          description: `Share of anomalies found over the share of normal windows flagged; area ${fixed(part.roc_auc)}, where 0.5 is chance.`,
          x: { label: 'normal windows flagged (share)', ...share },
          y: { label: 'anomalies found (share)', ...share },
          series: [
            { name: 'model', points: [[0, 0], ...roc] },
            {
              name: 'chance',
              points: [
                [0, 0],
                [1, 1],
              ],
              secondary: true,
            },
          ],
        })
  }
  ${precision.length === 0 ? null : precisionChart(part, id, source, precision)}`;
}

function precisionChart(part: LabelledPart, id: string, source: string, points: readonly Point[]): Html {
  const { prevalence } = part;
  const chance = { name: 'chance', points: [[0, prevalence ?? 0] as const, [1, prevalence ?? 0] as const] };
  return lineChart({
    id: `${id}-pr`,
    title: `Precision and recall (${source})`,
    description: `Share of alerts that are right over the share of anomalies found; average precision ${fixed(part.average_precision)}, by chance ${fixed(prevalence)}.`,
    x: { label: 'anomalies found (recall)', low: 0, high: 1 },
    y: { label: 'alerts that are right (precision)', low: 0, high: 1 },
    series: [
      { name: 'model', points },
      ...(typeof prevalence === 'number' ? [{ ...chance, secondary: true }] : []),
    ],
  });
}

/** What another threshold would find, and cost. */
export function sweepChart(part: LabelledPart, id: string): Html | null {
  const sweep = part.detail.threshold_analysis ?? [];
  const perDay = sweep.every(({ alerts_per_day: alerts }) => typeof alerts === 'number');
  const cost = (point: (typeof sweep)[number]): number | null | undefined =>
    perDay ? point.alerts_per_day : (point.flag_rate ?? 0) * 100;
  const found = pairs(sweep, cost, (point) => point.recall);
  const right = pairs(sweep, cost, (point) => point.precision);
  const costs = found.map(([x]) => x).filter((x) => x > 0);
  if (found.length < 2 || costs.length === 0) return null;
  const own = sweep.find(({ operating_point: isOwn }) => isOwn === true);
  const at = own === undefined ? null : cost(own);
  return lineChart({
    id: `${id}-sweep`,
    title: `Other thresholds (${sourceText(part.label_source)})`,
    description: `Recall and precision over the number of alerts. The model's threshold gives ${short(at)} ${perDay ? 'alerts a day' : '% of the windows'}.`,
    x: {
      label: perDay ? 'alerts per day, all devices (log scale)' : 'windows flagged, % (log scale)',
      low: Math.min(...costs),
      high: Math.max(...costs),
      log: true,
    },
    y: { label: 'share', low: 0, high: 1 },
    series: [
      { name: 'anomalies found (recall)', points: found },
      { name: 'alerts that are right (precision)', points: right, secondary: true },
    ],
    mark: typeof at === 'number' && at > 0 ? { at, label: 'this model' } : null,
  });
}

/** How the scores of the training windows lie, and where an alert begins. */
export function scoreChart({ trainScores, metadata }: CardInput): Html | null {
  const scores = Float64Array.from(trainScores, (score) => -score);
  const threshold = -metadata.offset;
  const low = scores.reduce((a, b) => Math.min(a, b), threshold);
  const high = scores.reduce((a, b) => Math.max(a, b), threshold);
  if (scores.length === 0 || !Number.isFinite(low) || !(high > low)) return null;
  const counts = new Array<number>(BINS).fill(0);
  for (const score of scores) {
    counts[Math.min(BINS - 1, Math.floor(((score - low) / (high - low)) * BINS))]++;
  }
  const above = scores.reduce((sum, score) => sum + Number(score > threshold), 0);
  return histogram({
    id: 'scores',
    title: 'Scores of training windows',
    description: `${whole(scores.length)} windows score between ${fixed(low)} and ${fixed(high)}; ${whole(above)} are above the threshold ${fixed(threshold, 4)}.`,
    xLabel: 'score, 0 to 1, higher = more anomalous',
    yLabel: 'windows (log scale)',
    edges: Array.from({ length: BINS + 1 }, (_, i) => low + ((high - low) * i) / BINS),
    counts,
    mark: { at: threshold, label: 'alert' },
  });
}

/** Recall for each kind of planted anomaly. */
export function plantedKindsChart({ evaluation }: CardInput): Html | null {
  const kinds = Object.entries(evaluation.advanced_metrics?.injected_kinds ?? {});
  if (kinds.length === 0) return null;
  return barChart({
    id: 'planted-kinds',
    title: 'Planted anomalies found, by kind (injected)',
    description: kinds.map(([kind, figures]) => `${kind}: ${percent(figures?.recall)}`).join(', '),
    full: 1,
    items: kinds.map(([kind, figures]) => ({
      label: `${kind} (ROC AUC ${fixed(figures?.roc_auc)})`,
      value: figures?.recall ?? 0,
      text: percent(figures?.recall, 0),
    })),
  });
}

/** Episodes of each kind that labels name, and how many were hit. */
export function episodeKindsChart({ evaluation }: CardInput): Html | null {
  const episodes = (evaluation.ground_truth ?? evaluation.feedback)?.episodes;
  const kinds = Object.entries(episodes?.by_kind ?? {});
  if (kinds.length === 0) return null;
  return barChart({
    id: 'episode-kinds',
    title: `Episodes found, by kind (${sourceText(episodes?.label_source)})`,
    description: kinds
      .map(([kind, count]) => `${kind}: ${whole(count?.hit)} of ${whole(count?.episodes)}`)
      .join(', '),
    full: 1,
    items: kinds.map(([kind, count]) => ({
      label: kind,
      value: (count?.hit ?? 0) / Math.max(1, count?.episodes ?? 0),
      text: `${whole(count?.hit)} of ${whole(count?.episodes)}`,
    })),
  });
}

/** The features whose shuffling costs most. */
export function importanceChart({ evaluation }: CardInput): Html | null {
  const report = evaluation.feature_importance;
  const features = (report?.features ?? []).slice(0, LISTED_FEATURES);
  if (features.length === 0) return null;
  return barChart({
    id: 'importance',
    title: `Feature importance (${sourceText(report?.label_source)})`,
    description: `ROC AUC lost when one feature is shuffled, of ${fixed(report?.baseline_auc)}: ${features
      .slice(0, 5)
      .map(({ feature, importance }) => `${feature ?? ''} ${fixed(importance)}`)
      .join(', ')}.`,
    full: Math.max(...features.map(({ importance }) => importance ?? 0)),
    items: features.map(({ feature, importance }) => ({
      label: feature ?? '',
      value: importance ?? 0,
      text: `${fixed(importance)} AUC`,
    })),
  });
}
