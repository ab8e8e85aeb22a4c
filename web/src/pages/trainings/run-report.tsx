import { Link } from 'wouter';
import type { RunResult } from '../../api/types.js';
import { count, decimal, figure, percent } from '../../format/numbers.js';
import { duration } from '../../format/times.js';
import { labelSource } from '../../format/words.js';
import { Card } from '../../ui/card.js';
import { GateChecks } from '../../ui/gate-checks.js';
import { Notice } from '../../ui/notice.js';
import { Stats } from '../../ui/stats.js';

/** What came out, in the order somebody asks: may it be used, what will it do, how good is it. */
export function RunReport({ result }: { readonly result: RunResult }) {
  const { gate, metrics, label_free: free, recommendations, warnings, version } = result;
  return (
    <>
      {gate.passed ? (
        <Notice tone="good" title={`Version ${version} passed its gate`}>
          <Link href={`/models/${version}`}>Look at it</Link>,{' '}
          <Link href={`/score?version=${version}`}>score an export</Link> with it, or{' '}
          <Link href={`/deploy?version=${version}`}>deploy it</Link>.
        </Notice>
      ) : (
        <Notice tone="bad" title={`Version ${version} did not pass its gate`}>
          It is kept for study and is never deployed. The checks below say what is wrong and what to do.
        </Notice>
      )}
      <Card title="Result">
        <Stats
          items={[
            {
              name: 'Expected alerts a day',
              value: figure(free.alerts_per_day),
              note: `all devices; ${figure(free.alerts_per_day_per_device)} for each`,
            },
            {
              name: 'ROC AUC',
              value: decimal(metrics.roc_auc),
              note: `labels: ${labelSource(metrics.label_source)}`,
            },
            {
              name: 'Average precision',
              value: decimal(metrics.average_precision),
              note: `labels: ${labelSource(metrics.label_source)}`,
            },
            { name: 'Flagged windows', value: percent(free.flag_rate, 2), note: 'of the held-out days' },
            {
              name: 'Training windows',
              value: count(result.training_samples),
              note: `${count(result.log_count)} log lines`,
            },
            { name: 'Training time', value: duration(result.training_duration) },
          ]}
        />
      </Card>
      <Card title="Gate">
        <GateChecks checks={gate.checks} />
      </Card>
      {[...recommendations, ...warnings].length > 0 && (
        <Card title="Advice">
          <ul>
            {recommendations.map(({ code, message }) => (
              <li key={code}>{message}</li>
            ))}
            {warnings.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </Card>
      )}
    </>
  );
}
