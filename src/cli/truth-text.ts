import type { RealLabelReport } from '../evaluation/core/real-label-report.js';
import { renderTable } from './output.js';

/** What real labels say, without the curves. */
type Truth = Omit<RealLabelReport, 'advanced_metrics'>;

const number = (value: number | null, digits = 3): string => value?.toFixed(digits) ?? '-';

/** Rows of a result table; none without real labels. */
export function truthRows(truth: Truth | null): (readonly [string, string])[] {
  if (truth === null) return [];
  const { basic_metrics: metrics, episodes, label_source: source } = truth;
  const rows: (readonly [string, string])[] = [];
  if (metrics !== null) {
    rows.push(['ROC AUC', `${number(metrics.roc_auc)}   (labels: ${source})`]);
    rows.push(['average precision', `${number(metrics.average_precision)}   (labels: ${source})`]);
  }
  if (episodes !== null) {
    const { hit, episodes: all, alerts, false_alerts: wrong } = episodes;
    rows.push(['episodes hit', `${hit} of ${all}   (labels: ${source})`]);
    rows.push(['alerts', `${alerts}, ${wrong} of them false   (labels: ${source})`]);
  }
  return rows;
}

/** Which kinds of attack are found, at the threshold and at the alert budget; '' without episodes. */
export function kindTable(truth: Truth | null): string {
  const { episodes, at_alert_budget: budget } = truth ?? { episodes: null, at_alert_budget: null };
  if (episodes === null || budget === null || episodes.episodes === 0) return '';
  return renderTable(
    ['kind', 'episodes', 'hit', `hit at ${budget.alerts_per_day_per_device} alerts a day for each device`],
    Object.entries(episodes.by_kind).map(([kind, count]) => [
      kind,
      count.episodes,
      count.hit,
      budget.by_kind[kind].hit,
    ]),
  );
}
