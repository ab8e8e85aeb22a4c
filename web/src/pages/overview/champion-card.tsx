import { Button } from '@mantine/core';
import { Link } from 'wouter';
import { useModel, useModelReport } from '../../api/queries.js';
import type { ModelStanding } from '../../api/types.js';
import { decimal, figure, percent, plural } from '../../format/numbers.js';
import { ago, moment } from '../../format/times.js';
import { labelSource } from '../../format/words.js';
import { Busy } from '../../ui/busy.js';
import { Card } from '../../ui/card.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { Stats } from '../../ui/stats.js';
import { StatusBadge } from '../../ui/status-badge.js';

/** The deployed version of one model, or the next step towards one. */
export function ChampionCard({ standing }: { readonly standing: ModelStanding }) {
  const { model_name: name, deployed, candidate, total } = standing;
  if (deployed !== null) return <Deployed name={name} version={deployed} newer={candidate} />;
  return (
    <Card title={name} aside={<span className="badge badge-warn">nothing deployed</span>}>
      {candidate === null ? (
        <p className="soft">
          None of its {plural(total, 'version')} may be deployed.{' '}
          <Link href={`/models?model=${name}`}>See why</Link>.
        </p>
      ) : (
        <div className="stack">
          <p className="soft">
            The consumer has no model yet. Version <Link href={`/models/${candidate}`}>{candidate}</Link>{' '}
            passed its gate.
          </p>
          <div>
            <Button component={Link} href={`/deploy?version=${candidate}`}>
              Deploy {candidate}
            </Button>
          </div>
        </div>
      )}
    </Card>
  );
}

function Deployed({
  name,
  version,
  newer,
}: {
  readonly name: string;
  readonly version: string;
  readonly newer: string | null;
}) {
  const detail = useModel(version);
  const report = useModelReport(version);
  const free = report.data?.evaluation?.label_free;
  const metrics = detail.data?.metrics;
  const since = detail.data?.deployed_at ?? null;
  return (
    <Card title={name} aside={<StatusBadge status="deployed" />}>
      <div className="stack">
        <p>
          Version <Link href={`/models/${version}`}>{version}</Link>
          {since !== null && (
            <>
              , deployed <span title={moment(since)}>{ago(since)}</span>
            </>
          )}
        </p>
        {detail.isError ? (
          <ProblemNotice error={detail.error} retry={() => void detail.refetch()} />
        ) : detail.data === undefined || report.isPending ? (
          <Busy lines={3} />
        ) : (
          <Stats
            items={[
              {
                name: 'Expected alerts a day',
                value: figure(free?.alerts_per_day),
                note: `all devices; ${figure(free?.alerts_per_day_per_device)} for each`,
              },
              {
                name: 'ROC AUC',
                value: decimal(metrics?.roc_auc),
                note: `labels: ${labelSource(metrics?.label_source)}`,
              },
              { name: 'Flagged windows', value: percent(free?.flag_rate, 2), note: 'of the held-out days' },
            ]}
          />
        )}
        {newer !== null && (
          <p className="soft">
            A newer version waits: <Link href={`/compare?a=${version}&b=${newer}`}>compare it</Link> or{' '}
            <Link href={`/deploy?version=${newer}`}>deploy {newer}</Link>.
          </p>
        )}
      </div>
    </Card>
  );
}
