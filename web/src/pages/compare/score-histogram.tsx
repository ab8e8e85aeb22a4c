import { useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { sendJson } from '../../api/client.js';
import type { ScoreReport } from '../../api/score-types.js';
import { axis, Chart, tooltip, type ChartOption } from '../../charts/chart.js';
import type { Palette } from '../../charts/palette.js';
import { decimal } from '../../format/numbers.js';
import { Card } from '../../ui/card.js';
import { Loaded } from '../../ui/loaded.js';

const BINS = 40;

function usePlainScores(version: string, exportId: string) {
  return useQuery({
    queryKey: ['plain-scores', version, exportId],
    queryFn: ({ signal }) =>
      sendJson<ScoreReport>(`/models/${version}/predict`, {
        method: 'POST',
        body: { export_id: exportId },
        signal,
      }),
    staleTime: Infinity,
    gcTime: 60_000,
  });
}

/** How the scores of both lie, each with its threshold. */
export function ScoreHistogram({
  a,
  b,
  exportId,
}: {
  readonly a: string;
  readonly b: string;
  readonly exportId: string;
}) {
  const ofA = usePlainScores(a, exportId);
  const ofB = usePlainScores(b, exportId);
  return (
    <Card title="Scores on this export">
      <Loaded query={ofA}>
        {(reportA) => <Loaded query={ofB}>{(reportB) => <Histogram a={reportA} b={reportB} />}</Loaded>}
      </Loaded>
    </Card>
  );
}

function Histogram({ a, b }: { readonly a: ScoreReport; readonly b: ScoreReport }) {
  const option = useCallback((colours: Palette) => histogramOption(a, b, colours), [a, b]);
  return (
    <>
      <Chart label="Histogram of the scores of both versions" height={320} option={option} />
      <p className="soft small">
        Score 0 to 1, higher = more anomalous. Windows beyond the threshold are flagged: A{' '}
        {decimal(a.threshold, 4)}, B {decimal(b.threshold, 4)}. The number axis is logarithmic, so that the
        few high scores can be seen.
      </p>
    </>
  );
}

function histogramOption(a: ScoreReport, b: ScoreReport, colours: Palette): ChartOption {
  const all = [...a.windows, ...b.windows].map(({ score }) => score);
  const least = Math.floor(all.reduce((min, score) => Math.min(min, score), 1) * 20) / 20;
  const most = Math.ceil(all.reduce((max, score) => Math.max(max, score), 0) * 20) / 20;
  const width = Math.max(most - least, 0.05) / BINS;
  const points = ({ windows }: ScoreReport): (number | null)[][] => {
    const counts = new Array<number>(BINS).fill(0);
    for (const { score } of windows) counts[Math.min(BINS - 1, Math.floor((score - least) / width))]++;
    return counts.map((n, i) => [least + (i + 0.5) * width, n === 0 ? null : n]);
  };
  return {
    grid: { left: 28, right: 20, top: 40, bottom: 40, containLabel: true },
    xAxis: axis(colours, 'Score', { type: 'value', min: least, max: most }),
    yAxis: axis(colours, 'Windows', { type: 'log', nameGap: 44, min: 1 }),
    tooltip: { ...tooltip(colours), trigger: 'axis' },
    series: [a, b].map((report, i) => ({
      name: `${'AB'[i]} ${report.version}`,
      type: 'line',
      step: 'middle',
      data: points(report),
      showSymbol: false,
      connectNulls: false,
      markLine: {
        symbol: 'none',
        silent: true,
        data: [{ xAxis: report.threshold }],
        label: { show: false },
        lineStyle: { type: i === 0 ? 'solid' : 'dashed', color: colours.series[i] },
      },
    })),
  };
}
