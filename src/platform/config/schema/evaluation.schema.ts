import { Key, Section } from './key.js';
import { flag, listOf, number, oneOf, orNull, text } from './rules.js';

export const METRIC_NAMES = [
  'accuracy',
  'precision',
  'recall',
  'f1_score',
  'roc_auc',
  'average_precision',
] as const;

const share = () => number(0, 1);

export class MetricThresholds {
  @Key(share(), 'Least accuracy over windows.')
  accuracy = 0.8;

  @Key(share(), 'Least precision over windows.')
  precision = 0.7;

  @Key(share(), 'Least recall over windows.')
  recall = 0.7;

  @Key(share(), 'Least F1 over windows.')
  f1_score = 0.7;

  @Key(share(), 'Least area under the ROC curve.')
  roc_auc = 0.8;

  @Key(share(), 'Least average precision; 0 = not asked for.')
  average_precision = 0;
}

export class EpisodeThresholds {
  @Key(share(), 'Least share of anomalous episodes that are hit, with labels or at least 20 operator marks.')
  recall = 0.5;

  @Key(share(), 'Least share of alerts that are right, with labels or at least 20 operator marks.')
  precision = 0.3;
}

export class EvaluationConfig {
  @Key(
    listOf(oneOf(METRIC_NAMES), METRIC_NAMES.length),
    'Metrics in the report. Each is printed with its label source.',
  )
  metrics: string[] = [...METRIC_NAMES];

  @Section(MetricThresholds)
  thresholds = new MetricThresholds();

  @Key(flag(), 'Run the rolling-origin cross-validation.')
  cross_validation = true;

  @Key(
    flag(),
    'Let `evaluation.thresholds` reject a model. Otherwise they warn, because without ground truth they are measured on planted anomalies.',
  )
  enforce_thresholds = false;

  @Key(
    orNull(text('the name of a field', { max: 64 })),
    'Field of the log records that holds labels (true, 1, yes or anomaly; false, 0, no or normal): a window with such a record is an anomaly. For the evaluation only; reading takes longer. null = none.',
  )
  label_field: string | null = null;

  @Section(EpisodeThresholds)
  episode_thresholds = new EpisodeThresholds();
}
