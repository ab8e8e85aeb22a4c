import { shortNumber } from './gate/gate-check.js';
import type { KnownLabelSource } from './label-source.js';

export interface RecommendationInput {
  /** The labels the figures below come from. */
  readonly labelSource: KnownLabelSource;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly rocAuc: number | null;
  readonly precisionTarget: number;
  readonly recallTarget: number;
  readonly aucTarget: number;
  /** Share of training windows the threshold was set to flag; null = another threshold policy. */
  readonly contamination: number | null;
  readonly flagRate: number;
  readonly alertsPerDayPerDevice: number | null;
  readonly seedStability: number | null;
}

export interface Recommendation {
  readonly code: string;
  readonly message: string;
}

/** More alerts than this for one device and day, and nobody reads them. */
const MANY_ALERTS = 10;
/** A hundred trees of 256 rows reach about 0.9 on ordinary tables. */
const STABLE = 0.8;

/**
 * The threshold trades precision against recall, so only one of them can be bought by moving it. A higher
 * contamination flags more windows: recall rises, precision falls.
 */
function thresholdAdvice(input: RecommendationInput): Recommendation[] {
  const { precision, recall, precisionTarget, recallTarget, labelSource, contamination } = input;
  const lowPrecision = precision !== null && precision < precisionTarget;
  const lowRecall = recall !== null && recall < recallTarget;
  const now = contamination === null ? '' : ` (now ${contamination})`;
  if (lowPrecision && lowRecall) {
    const message =
      `Precision ${shortNumber(precision)} and recall ${shortNumber(recall)} (labels: ${labelSource}) are both low: ` +
      'contamination cannot raise both. Try other features, a longer training span or another detector.';
    return [{ code: 'weak_ranking', message }];
  }
  if (lowPrecision) {
    const message =
      `Precision is ${shortNumber(precision)} (labels: ${labelSource}): lower model.contamination${now} ` +
      'to flag fewer windows.';
    return [{ code: 'lower_contamination', message }];
  }
  if (lowRecall) {
    const message =
      `Recall is ${shortNumber(recall)} (labels: ${labelSource}): raise model.contamination${now} ` +
      'to flag more windows, at the price of more alerts.';
    return [{ code: 'raise_contamination', message }];
  }
  return [];
}

/** What a person could do next, most useful first. */
export function recommend(input: RecommendationInput): Recommendation[] {
  const { rocAuc, aucTarget, labelSource, contamination, flagRate, alertsPerDayPerDevice, seedStability } =
    input;
  const advice = thresholdAdvice(input);
  if (rocAuc !== null && rocAuc < aucTarget) {
    const message =
      `ROC AUC is ${shortNumber(rocAuc)} (labels: ${labelSource}): no threshold helps. Add features that move during ` +
      'the anomalies you care about, or compare detectors with "tune".';
    advice.push({ code: 'weak_auc', message });
  }
  if (contamination !== null && flagRate > 3 * contamination && flagRate > 0.01) {
    const message =
      `${shortNumber(100 * flagRate)} % of the held-out windows are flagged, ${shortNumber(100 * contamination)} % were ` +
      'expected: the network has changed since the training span. Look at the flagged windows, then train on a later period.';
    advice.push({ code: 'flag_rate_above_contamination', message });
  }
  if (alertsPerDayPerDevice !== null && alertsPerDayPerDevice > MANY_ALERTS) {
    const message =
      `${shortNumber(alertsPerDayPerDevice)} alerts a day for each device: lower model.contamination, or set an alert ` +
      'budget as threshold policy.';
    advice.push({ code: 'many_alerts', message });
  }
  if (seedStability !== null && seedStability < STABLE) {
    const message =
      `Forests of other seeds rank the windows differently (Spearman ${shortNumber(seedStability)}): raise ` +
      'model.n_estimators, for example to 300.';
    advice.push({ code: 'unstable_ranking', message });
  }
  if (labelSource === 'injected') {
    const message =
      'These figures come from planted anomalies. Give a labels file, or mark alerts as right or wrong, ' +
      'to measure detection of real ones.';
    advice.push({ code: 'no_real_labels', message });
  }
  return advice;
}
