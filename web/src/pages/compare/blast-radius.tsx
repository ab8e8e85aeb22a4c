import type { Comparison } from '../../api/types.js';
import { count, decimal, figure, percent } from '../../format/numbers.js';
import { labelSource, metricName } from '../../format/words.js';
import { Card } from '../../ui/card.js';
import { Stats } from '../../ui/stats.js';

type OnExport = NonNullable<Comparison['on_export']>;

/** What a network would notice if B took the place of A. */
export function BlastRadius({
  comparison: { blast_radius: blast, agreement },
}: {
  readonly comparison: OnExport;
}) {
  return (
    <Card title="If B takes the place of A">
      <div className="stack">
        <Stats
          items={[
            {
              name: 'Alerts a day',
              value: `${figure(blast.alerts_per_day_a)} → ${figure(blast.alerts_per_day_b)}`,
              note: `${count(blast.alerts_a)} → ${count(blast.alerts_b)} in ${figure(blast.days)} days`,
            },
            { name: 'New alerts', value: count(blast.new_alerts), note: 'only B raises them' },
            { name: 'Lost alerts', value: count(blast.lost_alerts), note: 'only A raises them' },
            {
              name: 'Kept alerts',
              value: count(blast.kept_alerts),
              note: `${percent(agreement.alert_jaccard)} of all alerts`,
            },
            {
              name: 'Order of the scores',
              value: decimal(agreement.spearman),
              note: 'Spearman, 1 = the same',
            },
          ]}
        />
        <div className="scroll-x">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Device</th>
                {['Alerts of A', 'Alerts of B', 'New', 'Lost'].map((name) => (
                  <th scope="col" className="right" key={name}>
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {blast.devices.slice(0, 50).map((item) => (
                <tr key={item.device}>
                  <th scope="row">{item.device}</th>
                  <td className="right">{count(item.alerts_a)}</td>
                  <td className="right">{count(item.alerts_b)}</td>
                  <td className="right">{count(item.new_alerts)}</td>
                  <td className="right">{count(item.lost_alerts)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </div>
    </Card>
  );
}

const VERDICTS: Readonly<Record<string, string>> = {
  a_is_better: 'A is better',
  b_is_better: 'B is better',
};

export function MeasuredMetrics({ metrics }: { readonly metrics: OnExport['metrics'] }) {
  if (metrics.length === 0) return null;
  return (
    <Card title="Measured on this export">
      <div className="scroll-x">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Metric</th>
              <th scope="col" className="hide-narrow">
                Labels
              </th>
              <th scope="col" className="right">
                A
              </th>
              <th scope="col" className="right">
                B
              </th>
              <th scope="col" className="right hide-narrow">
                B − A (95 %)
              </th>
              <th scope="col">Verdict</th>
            </tr>
          </thead>
          <tbody>
            {metrics.map(({ metric, label_source: source, a, b, delta, verdict }) => (
              <tr key={`${source} ${metric}`}>
                <th scope="row">{metricName(metric)}</th>
                <td className="hide-narrow">{labelSource(source)}</td>
                <td className="right">{decimal(a)}</td>
                <td className="right">{decimal(b)}</td>
                <td className="right hide-narrow">
                  {delta === null ? '–' : `${decimal(delta.low)} to ${decimal(delta.high)}`}
                </td>
                <td>{VERDICTS[verdict] ?? 'no clear difference'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}
