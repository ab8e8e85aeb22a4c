import { Button } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'wouter';
import { useModelSearch, useModelStats, useRuns } from '../../api/queries.js';
import type { ModelStanding } from '../../api/types.js';
import { plural } from '../../format/numbers.js';
import { Card } from '../../ui/card.js';
import { Empty } from '../../ui/empty.js';
import { Loaded } from '../../ui/loaded.js';
import { PageHead } from '../../ui/page-head.js';
import { RunTable } from '../../ui/run-table.js';
import { Attention } from './attention.js';
import { ChampionCard } from './champion-card.js';
import { QueueCard } from './queue-card.js';

export default function OverviewPage() {
  const models = useModelStats();
  const corrupt = useModelSearch({ status: ['corrupt'] });
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
        <Attention corrupt={corrupt.data?.items ?? []} runs={runs.data?.items ?? []} />
        <Loaded query={models} lines={6}>
          {({ models: standings }) => <Champions models={standings} />}
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

/** Each card asks for its version: so many are looked at at once. */
const FIRST = 12;

function Champions({ models }: { readonly models: readonly ModelStanding[] }) {
  const [isWhole, setWhole] = useState(false);
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
  const hidden = isWhole ? 0 : models.length - FIRST;
  return (
    <>
      <div className="halves">
        {(isWhole ? models : models.slice(0, FIRST)).map((standing) => (
          <ChampionCard key={standing.model_name} standing={standing} />
        ))}
      </div>
      {hidden > 0 && (
        <div>
          <Button
            variant="default"
            onClick={() => {
              setWhole(true);
            }}
          >
            Show {plural(hidden, 'more model')}
          </Button>
        </div>
      )}
    </>
  );
}
