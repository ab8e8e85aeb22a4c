import {
  fixed,
  percent,
  short,
  sourceText,
  whole,
  type CardInput,
  type LooseEvaluation,
} from './card-input.js';
import { factList, html, htmlTable, type Fragment, type Html } from './html.js';
import {
  curveCharts,
  episodeKindsChart,
  importanceChart,
  plantedKindsChart,
  scoreChart,
  sweepChart,
  type LabelledPart,
} from './result-charts.js';

/** The figures by the source of their labels, real ones first. */
export function labelledParts(evaluation: LooseEvaluation): LabelledPart[] {
  const real = [evaluation.ground_truth, evaluation.feedback].flatMap((report): LabelledPart[] =>
    report?.basic_metrics == null
      ? []
      : [
          {
            ...report.basic_metrics,
            label_source: report.label_source,
            detail: report.advanced_metrics ?? {},
          },
        ],
  );
  const { basic_metrics: basic, advanced_metrics: advanced } = evaluation;
  if (basic == null || advanced == null) return real;
  return [...real, { ...basic, detail: advanced }];
}

const METRICS = [
  ['roc_auc', 'ROC AUC'],
  ['average_precision', 'average precision'],
  ['precision', 'precision at the threshold'],
  ['recall', 'recall at the threshold'],
  ['f1_score', 'F1 at the threshold'],
  ['accuracy', 'accuracy at the threshold'],
  ['prevalence', 'share of anomalies among the rows'],
] as const;

export function resultsSection(input: CardInput): Html {
  const { evaluation } = input;
  const parts = labelledParts(evaluation);
  return html`<section aria-labelledby="results">
    <h2 id="results">Results on held-out windows</h2>
    ${
      parts.length === 0
        ? html`<p>The model was not evaluated.</p>`
        : html`<p>
              Measured on windows after the training span. Every figure names where its labels come from;
              figures of different sources cannot be compared with each other.
            </p>
            ${metricTable(parts)}`
    }
    ${episodeFacts(evaluation)}
    <div class="charts">
      ${parts.map((part, i) => curveCharts(part, `curves-${i}`))}
      ${parts.map((part, i) => sweepChart(part, `curves-${i}`))} ${scoreChart(input)}
      ${episodeKindsChart(input)} ${plantedKindsChart(input)} ${importanceChart(input)}
    </div>
    ${parts.map(sweepTable)}
  </section>`;
}

function metricTable(parts: readonly LabelledPart[]): Html {
  const value = (part: LabelledPart, name: string): Fragment => {
    const figure = (part as unknown as Readonly<Record<string, unknown>>)[name];
    return fixed(typeof figure === 'number' ? figure : null);
  };
  return htmlTable(
    'Metrics and where their labels come from',
    ['metric', ...parts.map(({ label_source: source }) => sourceText(source))],
    METRICS.map(([name, title]) => [title, ...parts.map((part) => value(part, name))]),
    { numeric: parts.map((_, i) => i + 1) },
  );
}

function episodeFacts({ ground_truth: truth, feedback }: LooseEvaluation): Html | null {
  const episodes = (truth ?? feedback)?.episodes;
  if (episodes == null) return null;
  return html`<h3>Episodes (${sourceText(episodes.label_source)})</h3>
    ${factList([
      ['Episodes found', `${whole(episodes.hit)} of ${whole(episodes.episodes)}`],
      ['Alerts', whole(episodes.alerts)],
      ['False alerts', whole(episodes.false_alerts)],
      ['Alerts that are right', percent(episodes.alert_precision)],
    ])}`;
}

function sweepTable(part: LabelledPart): Html | null {
  const sweep = part.detail.threshold_analysis ?? [];
  if (sweep.length === 0) return null;
  return htmlTable(
    `Other thresholds (${sourceText(part.label_source)})`,
    ['alert above', 'windows flagged', 'alerts per day', 'precision', 'recall', 'F1'],
    sweep.map((point) => [
      html`${fixed(point.threshold, 4)}${point.operating_point === true ? ' (this model)' : ''}`,
      percent(point.flag_rate, 2),
      short(point.alerts_per_day),
      fixed(point.precision),
      fixed(point.recall),
      fixed(point.f1_score),
    ]),
    { numeric: [1, 2, 3, 4, 5] },
  );
}

/** When a window becomes an alert, and how often that happens. */
export function alertSection({ metadata, evaluation }: CardInput): Html {
  const free = evaluation.label_free;
  const stability = free?.seed_stability;
  return html`<section aria-labelledby="alerts">
    <h2 id="alerts">Threshold and alerts</h2>
    <p>
      A window is an alert when its score is above ${fixed(-metadata.offset, 4)} (policy
      ${metadata.thresholdPolicy}). Scores go from 0 to 1, higher is more anomalous. The figures below need no
      labels.
    </p>
    ${factList([
      ['Alert threshold', fixed(-metadata.offset, 4)],
      ['Held-out windows', whole(free?.holdout_rows)],
      ['Flagged', percent(free?.flag_rate, 2)],
      ['Alerts per day', short(free?.alerts_per_day)],
      ['Alerts per day and device', short(free?.alerts_per_day_per_device)],
      [
        'Agreement of other seeds',
        html`${fixed(stability?.mean_spearman)} <small>Spearman, 1 = same ranking</small>`,
      ],
      [
        'Training to held-out shift',
        html`${fixed(free?.train_holdout_ks)} <small>Kolmogorov-Smirnov, 0 = alike</small>`,
      ],
    ])}
  </section>`;
}

/** The checks that decide whether a model may be deployed. */
export function gateSection({ evaluation }: CardInput): Html {
  const gate = evaluation.gate;
  const checks = gate?.checks ?? [];
  const verdict = ({ passed, skipped }: (typeof checks)[number]): Html => {
    if (skipped === true) return html`<span class="soft">not applicable</span>`;
    return passed === true ? html`<span class="good">passed</span>` : html`<span class="bad">failed</span>`;
  };
  return html`<section aria-labelledby="gate">
    <h2 id="gate">Gate</h2>
    <p>
      ${
        gate?.passed === true
          ? 'All checks hold: the model may be deployed.'
          : 'The model did not pass and cannot be deployed.'
      }
    </p>
    ${
      checks.length === 0
        ? null
        : htmlTable(
            'Gate checks',
            ['check', 'verdict', 'value', 'limit', 'what was found'],
            checks.map((check) => [
              `${check.id ?? ''}: ${check.name ?? ''}`,
              verdict(check),
              short(check.value),
              short(check.limit),
              check.message ?? '',
            ]),
            { numeric: [2, 3], stacked: true },
          )
    }
    ${adviceList(evaluation)}
  </section>`;
}

function adviceList({ recommendations }: LooseEvaluation): Html | null {
  if (recommendations == null || recommendations.length === 0) return null;
  return html`<h3>What could be done next</h3>
    <ul>
      ${recommendations.map(({ message }) => html`<li>${message ?? ''}</li>`)}
    </ul>`;
}
