import { useCallback } from 'react';
import type { AdvancedMetrics, Evaluation } from '../../api/types.js';
import { axis, Chart, tooltip, type ChartOption } from '../../charts/chart.js';
import type { Palette } from '../../charts/palette.js';
import { decimal, figure, percent } from '../../format/numbers.js';
import { labelSource } from '../../format/words.js';
import { Card } from '../../ui/card.js';

const HEIGHT = 300;
const MOST_FEATURES = 15;

export function Curves({ evaluation }: { readonly evaluation: Evaluation }) {
  const advanced = evaluation.advanced_metrics;
  if (advanced == null) return null;
  const source = <span className="badge">labels: {labelSource(advanced.label_source)}</span>;
  return (
    <div className="halves">
      <Card title="ROC curve" aside={source}>
        <RocCurve advanced={advanced} />
      </Card>
      <Card title="Precision and recall" aside={source}>
        <PrecisionRecall advanced={advanced} />
      </Card>
      <Card title="What another threshold would do" aside={source}>
        <Thresholds advanced={advanced} />
      </Card>
      <Card title="Anomalies that were planted" aside={source}>
        <Kinds advanced={advanced} />
      </Card>
    </div>
  );
}

const share = { min: 0, max: 1 };

function line(colours: Palette, x: string, y: string, points: number[][], note: (i: number) => string): ChartOption {
  return {
    legend: { show: false },
    grid: { left: 28, right: 16, top: 12, bottom: 40, containLabel: true },
    xAxis: axis(colours, x, { type: 'value', ...share }),
    yAxis: axis(colours, y, { type: 'value', ...share, nameGap: 36 }),
    tooltip: {
      ...tooltip(colours),
      trigger: 'axis',
      formatter: (items: unknown) => note((items as { dataIndex: number }[])[0].dataIndex),
    },
    series: [{ type: 'line', data: points, showSymbol: false, lineStyle: { width: 2 } }],
  };
}

function RocCurve({ advanced: { roc_curve: curve } }: { readonly advanced: AdvancedMetrics }) {
  const option = useCallback(
    (colours: Palette) =>
      line(
        colours,
        'False positive rate',
        'Recall',
        curve.map((point) => [point.false_positive_rate, point.recall]),
        (i) =>
          `threshold ${decimal(curve[i].threshold)}\nrecall ${percent(curve[i].recall)}\nfalse positives ${percent(curve[i].false_positive_rate)}`,
      ),
    [curve],
  );
  return <Chart label="ROC curve: recall by false positive rate" height={HEIGHT} option={option} />;
}

function PrecisionRecall({ advanced: { precision_recall_curve: curve } }: { readonly advanced: AdvancedMetrics }) {
  const option = useCallback(
    (colours: Palette) =>
      line(
        colours,
        'Recall',
        'Precision',
        curve.map((point) => [point.recall, point.precision]),
        (i) =>
          `threshold ${decimal(curve[i].threshold)}\nprecision ${percent(curve[i].precision)}\nrecall ${percent(curve[i].recall)}`,
      ),
    [curve],
  );
  return <Chart label="Precision by recall" height={HEIGHT} option={option} />;
}

function Thresholds({ advanced }: { readonly advanced: AdvancedMetrics }) {
  return (
    <div className="scroll-x">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Threshold</th>
            <th scope="col" className="right">
              Alerts a day
            </th>
            <th scope="col" className="right">
              Recall
            </th>
            <th scope="col" className="right hide-narrow">
              Precision
            </th>
          </tr>
        </thead>
        <tbody>
          {advanced.threshold_analysis.map((point) => (
            <tr key={`${point.threshold} ${String(point.operating_point)}`}>
              <th scope="row" className="number">
                {decimal(point.threshold, 4)}{' '}
                {point.operating_point && <span className="badge badge-active">in use</span>}
              </th>
              <td className="right">{figure(point.alerts_per_day)}</td>
              <td className="right">{percent(point.recall)}</td>
              <td className="right hide-narrow">{percent(point.precision)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const KINDS: Readonly<Record<string, string>> = {
  global: 'far out of range in many features',
  spike: 'a spike in a few features',
  tail: 'usual values in an unusual combination, or a little out of range',
};

function Kinds({ advanced }: { readonly advanced: AdvancedMetrics }) {
  const kinds = Object.entries(advanced.injected_kinds ?? {});
  const { confusion_matrix: matrix } = advanced;
  return (
    <div className="stack">
      {kinds.length > 0 && (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Kind</th>
              <th scope="col" className="right">
                Found
              </th>
              <th scope="col" className="right">
                ROC AUC
              </th>
            </tr>
          </thead>
          <tbody>
            {kinds.map(([kind, { recall, roc_auc: auc }]) => (
              <tr key={kind}>
                <th scope="row">
                  {kind} <div className="soft small">{KINDS[kind] ?? ''}</div>
                </th>
                <td className="right">{percent(recall)}</td>
                <td className="right">{decimal(auc)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <p className="soft small">
        At the threshold in use: {matrix.true_positives} found, {matrix.false_negatives} missed, {matrix.false_positives}{' '}
        false alerts, {matrix.true_negatives} rightly quiet. Planted anomalies show that the model can tell windows apart;
        they do not say how many real attacks it finds.
      </p>
    </div>
  );
}

export function Importance({ evaluation }: { readonly evaluation: Evaluation }) {
  const importance = evaluation.feature_importance;
  const option = useCallback(
    (colours: Palette): ChartOption => {
      const features = (importance?.features ?? []).slice(0, MOST_FEATURES);
      return {
        legend: { show: false },
        grid: { left: 12, right: 24, top: 4, bottom: 40, containLabel: true },
        xAxis: axis(colours, 'ROC AUC lost without it', { type: 'value' }),
        yAxis: {
          type: 'category',
          inverse: true,
          data: features.map(({ feature }) => feature),
          axisLabel: { color: colours.text, width: 170, overflow: 'truncate' },
          axisTick: { show: false },
          axisLine: { show: false },
        },
        tooltip: {
          ...tooltip(colours),
          formatter: (item: unknown) => {
            const { name, value } = item as { name: string; value: number };
            return `${name}\n${figure(value)}`;
          },
        },
        series: [{ type: 'bar', data: features.map((item) => item.importance), barMaxWidth: 16 }],
      };
    },
    [importance],
  );
  if (importance == null || importance.features.length === 0) return null;
  const shown = Math.min(MOST_FEATURES, importance.features.length);
  return (
    <Card
      title="What the scores depend on"
      aside={<span className="badge">labels: {labelSource(importance.label_source)}</span>}
    >
      <Chart label={`The ${shown} most important features`} height={shown * 26 + 60} option={option} />
      {importance.features.length > shown && (
        <p className="soft small">The {shown} most important of {importance.features.length} features.</p>
      )}
    </Card>
  );
}
