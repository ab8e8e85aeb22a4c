import { Button } from '@mantine/core';
import { Link } from 'wouter';
import { useModels, useRuns } from '../../api/queries.js';
import type { ModelSummary } from '../../api/types.js';
import { Card } from '../../ui/card.js';
import { Empty } from '../../ui/empty.js';
import { Loaded } from '../../ui/loaded.js';
import { PageHead } from '../../ui/page-head.js';
import { RunTable } from '../../ui/run-table.js';
import { Attention } from './attention.js';
import { ChampionCard } from './champion-card.js';
import { QueueCard } from './queue-card.js';

export default function OverviewPage() {
  const models = useModels();
  const runs = useRuns(8);
  return (
    <>
      <PageHead
        title="Overview"
        actions={
          <Button component={Link} href="/trainings/new">
            New training
          </Button>
        }
      >
        What is deployed, what is under way, and what needs you.
      </PageHead>
      <div className="stack">
        <Attention models={models.data?.items ?? []} runs={runs.data?.items ?? []} />
        <Loaded query={models} lines={6}>
          {({ items }) => <Champions models={items} />}
        </Loaded>
        <QueueCard />
        <Card title="Last trainings" aside={<Link href="/trainings">All trainings</Link>}>
          <Loaded query={runs}>
            {({ items }) =>
              items.length === 0 ? (
                <p className="soft">
                  No training yet. <Link href="/trainings/new">Start one</Link>.
                </p>
              ) : (
                <RunTable runs={items} />
              )
            }
          </Loaded>
        </Card>
      </div>
    </>
  );
}

function Champions({ models }: { readonly models: readonly ModelSummary[] }) {
  if (models.length === 0) {
    return (
      <section className="card">
        <Empty
          title="No model yet"
          action={
            <Button component={Link} href="/exports">
              Upload an export
            </Button>
          }
        >
          Upload an export of router logs, train a model on it, and deploy it. Or run{' '}
          <code>npm run demo</code> to train on a generated sample.
        </Empty>
      </section>
    );
  }
  const names = [...new Set(models.map(({ model_name: name }) => name))].sort();
  return (
    <div className="halves">
      {names.map((name) => (
        <ChampionCard
          key={name}
          name={name}
          versions={models.filter(({ model_name: own }) => own === name)}
        />
      ))}
    </div>
  );
}
