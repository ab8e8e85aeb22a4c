import { Button } from '@mantine/core';
import { Link } from 'wouter';
import { useModel, useModelReport } from '../../api/queries.js';
import type { ModelSummary } from '../../api/types.js';
import { decimal, figure, percent } from '../../format/numbers.js';
import { ago, moment } from '../../format/times.js';
import { labelSource } from '../../format/words.js';
import { Busy } from '../../ui/busy.js';
import { Card } from '../../ui/card.js';
import { Stats } from '../../ui/stats.js';
import { StatusBadge } from '../../ui/status-badge.js';

/** The deployed version of one model, or the next step towards one. */
export function ChampionCard({
  name,
  versions,
}: {
  readonly name: string;
  readonly versions: readonly ModelSummary[];
}) {
  const deployed = versions.find(({ status }) => status === 'deployed');
  if (deployed !== undefined) return <Deployed model={deployed} newer={newerThan(deployed, versions)} />;
  const candidate = versions.find(({ status }) => status === 'available');
  return (
    <Card title={name} aside={<span className="badge badge-warn">nothing deployed</span>}>
      {candidate === undefined ? (
        <p className="soft">
          None of its {versions.length} versions may be deployed.{' '}
          <Link href={`/models?model=${name}`}>See why</Link>.
        </p>
      ) : (
        <div className="stack">
          <p className="soft">
            The consumer has no model yet. Version{' '}
            <Link href={`/models/${candidate.version}`}>{candidate.version}</Link> of{' '}
            {moment(candidate.created_at)} passed its gate.
          </p>
          <div>
            <Button component={Link} href={`/deploy?version=${candidate.version}`}>
              Deploy {candidate.version}
            </Button>
          </div>
        </div>
      )}
    </Card>
  );
}

const newerThan = (deployed: ModelSummary, versions: readonly ModelSummary[]): ModelSummary | undefined =>
  versions.find(({ status, created_at: at }) => status === 'available' && at > deployed.created_at);

function Deployed({
  model,
  newer,
}: {
  readonly model: ModelSummary;
  readonly newer: ModelSummary | undefined;
}) {
  const detail = useModel(model.version);
  const report = useModelReport(model.version);
  const free = report.data?.evaluation?.label_free;
  const metrics = detail.data?.metrics;
  return (
    <Card title={model.model_name} aside={<StatusBadge status="deployed" />}>
      <div className="stack">
        <p>
          Version <Link href={`/models/${model.version}`}>{model.version}</Link>, deployed{' '}
          <span title={moment(model.deployed_at)}>
            {model.deployed_at === null ? '' : ago(model.deployed_at)}
          </span>
        </p>
        {detail.data === undefined || report.isPending ? (
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
        {newer !== undefined && (
          <p className="soft">
            A newer version waits:{' '}
            <Link href={`/compare?a=${model.version}&b=${newer.version}`}>compare it</Link> or{' '}
            <Link href={`/deploy?version=${newer.version}`}>deploy {newer.version}</Link>.
          </p>
        )}
      </div>
    </Card>
  );
}
