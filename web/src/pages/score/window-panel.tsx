import type { FeatureExplanation, ScoredWindow } from '../../api/score-types.js';
import { count, decimal, figure, percent } from '../../format/numbers.js';
import { clock, moment } from '../../format/times.js';
import { Card } from '../../ui/card.js';
import { Facts } from '../../ui/stats.js';

/** One window: why it has its score, what would have been normal, and what was logged. */
export function WindowPanel({
  window,
  threshold,
}: {
  readonly window: ScoredWindow;
  readonly threshold: number;
}) {
  const { device, start, end, score, confidence, is_anomaly: isFlagged } = window;
  return (
    <Card
      title={`Device ${device}, ${moment(start)}`}
      aside={
        <span className={`badge ${isFlagged ? 'badge-bad' : ''}`}>
          {isFlagged ? 'flagged' : 'not flagged'}
        </span>
      }
    >
      <div className="stack" aria-live="polite">
        <Facts
          items={[
            ['Score', `${decimal(score)} (threshold ${decimal(threshold)})`],
            ['Confidence', percent(confidence, 0)],
            ['Window', start === null || end === null ? 'no time' : `${moment(start)} to ${clock(end)}`],
            ['Log lines', count(window.log_count)],
          ]}
        />
        <Why window={window} />
        <Lines window={window} />
      </div>
    </Card>
  );
}

function Why({ window: { explanation, is_anomaly: isFlagged } }: { readonly window: ScoredWindow }) {
  if (explanation === undefined) {
    return (
      <p className="soft">
        {isFlagged
          ? 'There are more flagged windows than are explained at a time; this is one of the lower scores.'
          : 'Only flagged windows are explained: nothing about this one is unusual enough.'}
      </p>
    );
  }
  const most = Math.max(...explanation.top.map(({ contribution }) => Math.abs(contribution)), 1e-9);
  return (
    <section>
      <h3>Why</h3>
      {explanation.top.map((item) => (
        <Reason key={item.feature} item={item} most={most} />
      ))}
      <p className="soft small">
        A window without any evidence has {decimal(explanation.base_score)}; these add to it, all other
        features {signed(explanation.other_contribution)}.
      </p>
    </section>
  );
}

const signed = (value: number): string => `${value >= 0 ? '+' : '−'}${decimal(Math.abs(value))}`;

function Reason({ item, most }: { readonly item: FeatureExplanation; readonly most: number }) {
  const { feature, value, contribution, nearest_normal: normal, best } = item;
  const width = `${(Math.abs(contribution) / most) * 100}%`;
  return (
    <div className="why">
      <span className="wrap">
        <code>{feature}</code> {value === null ? 'was missing' : `= ${figure(value)}`}
      </span>
      <span className="number">{signed(contribution)}</span>
      <div className={contribution < 0 ? 'bar bar-down' : 'bar'} style={{ width }} />
      {normal !== null && (
        <p className="soft small">
          Normal if {normal.comparison === '=' ? '' : `${normal.comparison} `}
          {figure(normal.value)}: the score would be {decimal(normal.score)}.
        </p>
      )}
      {normal === null && best !== null && (
        <p className="soft small">
          No value alone makes it normal; {figure(best.value)} would come closest ({decimal(best.score)}).
        </p>
      )}
    </div>
  );
}

function Lines({ window: { lines, line_count: all } }: { readonly window: ScoredWindow }) {
  if (lines === undefined) return null;
  if (lines.length === 0)
    return <p className="soft">Nothing was logged in it: its silence is what stands out.</p>;
  return (
    <section className="stack-tight">
      <h3>
        Log lines{' '}
        <span className="soft small">
          {all !== undefined && all > lines.length && `first ${lines.length} of ${count(all)}`}
        </span>
      </h3>
      <ol className="lines" tabIndex={0} aria-label="Log lines of the window">
        {lines.map(({ timestamp, program, message, truncated }, i) => (
          <li key={`${timestamp} ${i}`}>
            <span className="soft">{clock(timestamp, { seconds: true })}</span> {program ?? '–'}: {message}
            {truncated === true && '…'}
          </li>
        ))}
      </ol>
    </section>
  );
}
