import type { Comparison } from '../../api/types.js';
import { figure, NONE } from '../../format/numbers.js';
import { labelSource, metricName } from '../../format/words.js';

const signed = (value: number | null): string =>
  value === null ? NONE : `${value > 0 ? '+' : ''}${figure(value)}`;

export function RecordedMetrics({ comparison: { a, b, recorded } }: { readonly comparison: Comparison }) {
  return (
    <div className="stack-tight">
      <p className="soft small">
        {recorded.same_inputs
          ? 'Both were trained and judged on the same files.'
          : 'Each was judged on its own held-out windows: differences may come from the data.'}
      </p>
      <div className="scroll-x">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Metric</th>
              <th scope="col" className="hide-narrow">
                Labels
              </th>
              <th scope="col" className="right">
                A <span className="hide-narrow">{a}</span>
              </th>
              <th scope="col" className="right">
                B <span className="hide-narrow">{b}</span>
              </th>
              <th scope="col" className="right">
                B − A
              </th>
            </tr>
          </thead>
          <tbody>
            {recorded.metrics.map((item) => (
              <tr key={`${item.label_source} ${item.metric}`}>
                <th scope="row">{metricName(item.metric)}</th>
                <td className="hide-narrow">{labelSource(item.label_source)}</td>
                <td className="right">{figure(item.a)}</td>
                <td className="right">{figure(item.b)}</td>
                <td className="right">{signed(item.delta)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
