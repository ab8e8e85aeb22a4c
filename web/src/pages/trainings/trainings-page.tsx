import { Button, SegmentedControl } from '@mantine/core';
import { Link, useLocation, useSearchParams } from 'wouter';
import { useRunPages, useRuns } from '../../api/queries.js';
import { withNewest } from './with-newest.js';
import { Empty } from '../../ui/empty.js';
import { Loaded } from '../../ui/loaded.js';
import { PageHead } from '../../ui/page-head.js';
import { RunTable } from '../../ui/run-table.js';

const FILTERS = ['all', 'running', 'completed', 'rejected', 'failed'];

export default function TrainingsPage() {
  const [search] = useSearchParams();
  const [, navigate] = useLocation();
  const status = search.get('status') ?? 'all';
  const wanted = status === 'all' ? null : status;
  const runs = useRunPages(wanted);
  const newest = useRuns(20, wanted);
  return (
    <>
      <PageHead
        title="Trainings"
        actions={
          <Button component={Link} href="/trainings/new">
            New training
          </Button>
        }
      >
        Every run, whoever started it: here, over REST, by a schedule or on the command line.
      </PageHead>
      <section className="card stack" aria-label="Runs">
        <div className="scroll-x">
          <SegmentedControl
            aria-label="Show"
            value={status}
            onChange={(next) => {
              navigate(next === 'all' ? '/trainings' : `/trainings?status=${next}`, { replace: true });
            }}
            data={FILTERS}
          />
        </div>
        <Loaded query={runs}>
          {({ pages }) => {
            const items = withNewest(
              pages.flatMap((page) => page.items),
              newest.data?.items ?? [],
            );
            return items.length === 0 ? <NoRuns status={status} /> : <RunTable runs={items} />;
          }}
        </Loaded>
        {runs.hasNextPage && (
          <div>
            <Button
              variant="default"
              loading={runs.isFetchingNextPage}
              onClick={() => void runs.fetchNextPage()}
            >
              Show more
            </Button>
          </div>
        )}
      </section>
    </>
  );
}

function NoRuns({ status }: { readonly status: string }) {
  if (status !== 'all') return <Empty title={`No training is ${status}`} />;
  return (
    <Empty
      title="No training yet"
      action={
        <Button component={Link} href="/exports">
          Upload an export
        </Button>
      }
    >
      A training needs an export of at least one day of logs. Two weeks are a good start.
    </Empty>
  );
}
