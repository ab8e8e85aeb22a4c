import { Link, useSearchParams } from 'wouter';
import { Button } from '@mantine/core';
import { useModelSearch, useModelStats } from '../../api/queries.js';
import type { ModelStats } from '../../api/types.js';
import { moment } from '../../format/times.js';
import { AuditTable } from '../../ui/audit-table.js';
import { Card } from '../../ui/card.js';
import { Empty } from '../../ui/empty.js';
import { Loaded } from '../../ui/loaded.js';
import { PageHead } from '../../ui/page-head.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { DeployForm } from './deploy-form.js';
import { RollbackForm } from './rollback-form.js';
import { stateOf } from './use-switch.js';

export default function DeployPage() {
  const stats = useModelStats();
  return (
    <>
      <PageHead title="Deploy">
        Which version the consumer loads: change it, take it back, see who did.
      </PageHead>
      <Loaded query={stats} lines={8}>
        {(known) => (known.total === 0 ? <NoModels /> : <Deployments stats={known} />)}
      </Loaded>
    </>
  );
}

function NoModels() {
  return (
    <section className="card">
      <Empty
        title="There is nothing to deploy yet"
        action={
          <Button component={Link} href="/trainings/new">
            Train a model
          </Button>
        }
      >
        A version that passed its gate can be deployed here.
      </Empty>
    </section>
  );
}

function Deployments({ stats: { models } }: { readonly stats: ModelStats }) {
  const [search] = useSearchParams();
  const deployed = models.filter((model) => model.deployed !== null);
  const state = stateOf(models);
  return (
    <div className="stack">
      <Card title="What the consumer loads now">
        {deployed.length === 0 ? <p className="soft">Nothing is deployed yet.</p> : <DeployedTable />}
      </Card>
      <div className="halves">
        <DeployForm state={state} wanted={search.get('version') ?? ''} />
        {deployed.length > 0 && <RollbackForm state={state} deployed={deployed} />}
      </div>
      <Card title="History" aside={<Link href="/audit">Whole audit log</Link>}>
        <AuditTable query={{ entity: 'model_version' }} isShort />
      </Card>
    </div>
  );
}

const MOST_DEPLOYED = 200;

function DeployedTable() {
  const deployed = useModelSearch({ status: ['deployed'] }, MOST_DEPLOYED);
  return (
    <Loaded query={deployed}>
      {({ items }) => (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Model</th>
              <th scope="col">Version</th>
              <th scope="col" className="hide-narrow">
                Since
              </th>
              <th scope="col">Status</th>
            </tr>
          </thead>
          <tbody>
            {items.map((model) => (
              <tr key={model.version}>
                <th scope="row">{model.model_name}</th>
                <td>
                  <Link href={`/models/${model.version}`}>{model.version}</Link>
                </td>
                <td className="hide-narrow">{moment(model.deployed_at)}</td>
                <td>
                  <StatusBadge status="deployed" />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Loaded>
  );
}
