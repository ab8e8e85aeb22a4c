import type { EvaluationReport } from '../evaluation/core/evaluation-report.js';
import { canonicalJson } from '../shared/digest.js';

/** What is kept of a version's evaluation; an imported one may have none. */
export interface StoredReport {
  readonly version: string;
  readonly evaluation?: Partial<{ readonly [Key in keyof EvaluationReport]: EvaluationReport[Key] | null }>;
  /** Lineage of the inputs. */
  readonly inputs?: unknown;
}

export interface RecordedMetric {
  readonly label_source: string;
  readonly metric: string;
  readonly a: number | null;
  readonly b: number | null;
  /** b - a; without an interval, because the rows are not kept. */
  readonly delta: number | null;
}

export interface RecordedComparison {
  /** Both were trained and judged on the same files; else the figures are of different windows. */
  readonly same_inputs: boolean;
  readonly metrics: readonly RecordedMetric[];
}

const METRICS = ['roc_auc', 'average_precision', 'precision', 'recall', 'f1_score'] as const;
const LABEL_FREE = ['flag_rate', 'alerts_per_day', 'alerts_per_day_per_device'] as const;

export function recordedComparison(a: StoredReport, b: StoredReport): RecordedComparison {
  return {
    same_inputs: canonicalJson(a.inputs) === canonicalJson(b.inputs),
    metrics: [
      ...metricsOf(
        'ground_truth',
        METRICS,
        a,
        b,
        ({ evaluation }) => evaluation?.ground_truth?.basic_metrics,
      ),
      ...metricsOf('feedback', METRICS, a, b, ({ evaluation }) => evaluation?.feedback?.basic_metrics),
      ...metricsOf('injected', METRICS, a, b, ({ evaluation }) => evaluation?.basic_metrics),
      ...metricsOf('none', LABEL_FREE, a, b, ({ evaluation }) => evaluation?.label_free),
    ],
  };
}

function metricsOf(
  source: string,
  names: readonly string[],
  a: StoredReport,
  b: StoredReport,
  section: (report: StoredReport) => object | null | undefined,
): RecordedMetric[] {
  const [inA, inB] = [section(a), section(b)] as (Readonly<Record<string, unknown>> | null | undefined)[];
  if (inA == null && inB == null) return [];
  return names.map((metric) => {
    const [was, is] = [numberOf(inA?.[metric]), numberOf(inB?.[metric])];
    return {
      label_source: source,
      metric,
      a: was,
      b: is,
      delta: was === null || is === null ? null : is - was,
    };
  });
}

const numberOf = (value: unknown): number | null => (typeof value === 'number' ? value : null);
