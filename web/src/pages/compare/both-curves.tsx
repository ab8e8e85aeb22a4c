import { useCallback } from 'react';
import type { Evaluation } from '../../api/types.js';
import { axis, Chart, tooltip, type ChartOption } from '../../charts/chart.js';
import type { Palette } from '../../charts/palette.js';
import { labelSource } from '../../format/words.js';
import { Card } from '../../ui/card.js';

interface Side {
  readonly version: string;
  readonly evaluation: Evaluation;
}

const HEIGHT = 320;
const MOST_FEATURES = 12;

export function BothCurves({ a, b }: { readonly a: Side; readonly b: Side }) {
  const roc = useCallback(
    (colours: Palette) =>
      curves(colours, ['False positive rate', 'Recall'], [a, b], ({ evaluation }) =>
        (evaluation.advanced_metrics?.roc_curve ?? []).map((p) => [p.false_positive_rate, p.recall]),
      ),
    [a, b],
  );
  const pr = useCallback(
    (colours: Palette) =>
      curves(colours, ['Recall', 'Precision'], [a, b], ({ evaluation }) =>
        (evaluation.advanced_metrics?.precision_recall_curve ?? []).map((p) => [p.recall, p.precision]),
      ),
    [a, b],
  );
  const features = useCallback((colours: Palette) => importance(colours, a, b), [a, b]);
  const source = <span className="badge">labels: {labelSource(a.evaluation.label_source)}</span>;
  return (
    <>
      <div className="halves">
        <Card title="ROC curves" aside={source}>
          <Chart label="ROC curves of both versions" height={HEIGHT} option={roc} />
        </Card>
        <Card title="Precision and recall" aside={source}>
          <Chart label="Precision by recall of both versions" height={HEIGHT} option={pr} />
        </Card>
      </div>
      <Card title="What the scores depend on" aside={source}>
        <Chart
          label="Feature importance of both versions"
          height={MOST_FEATURES * 30 + 90}
          option={features}
        />
      </Card>
    </>
  );
}

function curves(
  colours: Palette,
  [x, y]: readonly [string, string],
  sides: readonly Side[],
  points: (side: Side) => number[][],
): ChartOption {
  const share = { type: 'value', min: 0, max: 1 };
  return {
    grid: { left: 28, right: 16, top: 40, bottom: 40, containLabel: true },
    xAxis: axis(colours, x, share),
    yAxis: axis(colours, y, { ...share, nameGap: 36 }),
    tooltip: { show: false },
    series: sides.map((side, i) => ({
      name: `${'AB'[i]} ${side.version}`,
      type: 'line',
      data: points(side),
      showSymbol: false,
      lineStyle: { width: 2, type: i === 0 ? 'solid' : 'dashed' },
    })),
  };
}

function importance(colours: Palette, a: Side, b: Side): ChartOption {
  const of = ({ evaluation }: Side): Map<string, number> =>
    new Map((evaluation.feature_importance?.features ?? []).map((item) => [item.feature, item.importance]));
  const [inA, inB] = [of(a), of(b)];
  const names = [...new Set([...inA.keys(), ...inB.keys()])]
    .sort((x, y) => Math.max(inA.get(y) ?? 0, inB.get(y) ?? 0) - Math.max(inA.get(x) ?? 0, inB.get(x) ?? 0))
    .slice(0, MOST_FEATURES);
  return {
    grid: { left: 12, right: 24, top: 40, bottom: 40, containLabel: true },
    xAxis: axis(colours, 'ROC AUC lost without it', { type: 'value' }),
    yAxis: {
      type: 'category',
      inverse: true,
      data: names,
      axisLabel: { color: colours.text, width: 170, overflow: 'truncate' },
      axisTick: { show: false },
      axisLine: { show: false },
    },
    tooltip: tooltip(colours),
    series: [
      { name: `A ${a.version}`, type: 'bar', data: names.map((name) => inA.get(name) ?? 0) },
      { name: `B ${b.version}`, type: 'bar', data: names.map((name) => inB.get(name) ?? 0) },
    ],
  };
}
