/** Where the labels of a metric come from, for a person. */
export function labelSource(source: string | null | undefined): string {
  switch (source) {
    case 'injected':
      return 'planted anomalies';
    case 'ground_truth':
      return 'real labels';
    case 'feedback':
      return 'operator feedback';
    case 'none':
      return 'no labels needed';
    default:
      return source ?? 'unknown';
  }
}

const METRICS: Readonly<Record<string, string>> = {
  roc_auc: 'ROC AUC',
  average_precision: 'Average precision',
  precision: 'Precision',
  recall: 'Recall',
  f1_score: 'F1 score',
  accuracy: 'Accuracy',
  flag_rate: 'Flagged windows',
  alerts_per_day: 'Alerts a day, all devices',
  alerts_per_day_per_device: 'Alerts a day for each device',
};

export const metricName = (metric: string): string => METRICS[metric] ?? metric.replace(/_/g, ' ');

/** Shortened hash; the whole stands in the title. */
export const shortHash = (hash: string): string => hash.slice(0, 12);
