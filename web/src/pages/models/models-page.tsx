import { Button, Select, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import { Link, useSearchParams } from 'wouter';
import { useModelPages } from '../../api/queries.js';
import type { VersionStatus } from '../../api/types.js';
import { plural } from '../../format/numbers.js';
import { Empty } from '../../ui/empty.js';
import { Loaded } from '../../ui/loaded.js';
import { PageHead } from '../../ui/page-head.js';
import { ModelRows } from './model-rows.js';

const STATUSES: readonly VersionStatus[] = ['deployed', 'available', 'archived', 'rejected', 'corrupt'];
const PAUSE_MS = 250;

export default function ModelsPage() {
  const [search, setSearch] = useSearchParams();
  const [text, setText] = useState(search.get('q') ?? '');
  const [typed] = useDebouncedValue(text, PAUSE_MS);
  const status = STATUSES.find((known) => known === search.get('status')) ?? null;
  const model = search.get('model');
  const models = useModelPages({ status, model, q: typed === '' ? null : typed });
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = models;
  // All versions are wanted for the list, and they come a page at a time.
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const choose = (version: string): void => {
    setChosen(
      chosen.includes(version) ? chosen.filter((other) => other !== version) : [...chosen.slice(-1), version],
    );
  };
  return (
    <>
      <PageHead
        title="Models"
        actions={<CompareAction chosen={chosen} />}
      >
        Every version that was trained or imported, newest first.
      </PageHead>
      <section className="card stack" aria-label="Versions">
        <div className="fields">
          <TextInput
            label="Find"
            placeholder="version, model, tag, note"
            value={text}
            onChange={(event) => {
              setText(event.currentTarget.value);
            }}
          />
          <Select
            label="Status"
            placeholder="any"
            clearable
            data={[...STATUSES]}
            value={status}
            onChange={(next) => {
              setSearch(next === null ? {} : { status: next }, { replace: true });
            }}
          />
        </div>
        <Loaded query={models} lines={8}>
          {({ pages }) => {
            const items = pages.flatMap((page) => page.items);
            if (items.length === 0) return <NoModels isFiltered={typed !== '' || status !== null} />;
            return (
              <>
                <p className="soft small" aria-live="polite">
                  {plural(items.length, 'version')}
                  {hasNextPage ? ', more on their way' : ''}
                </p>
                <ModelRows models={items} chosen={chosen} onChoose={choose} />
              </>
            );
          }}
        </Loaded>
      </section>
    </>
  );
}

function NoModels({ isFiltered }: { readonly isFiltered: boolean }) {
  if (isFiltered) return <Empty title="No version is like that">Change what you look for.</Empty>;
  return (
    <Empty
      title="No model yet"
      action={
        <Button component={Link} href="/trainings/new">
          Train the first one
        </Button>
      }
    >
      A model appears here as soon as its training has ended, also when it did not pass its gate.
    </Empty>
  );
}

function CompareAction({ chosen }: { readonly chosen: readonly string[] }) {
  if (chosen.length < 2) return <span className="soft small">Tick two versions to compare them.</span>;
  const [b, a] = [...chosen].sort().reverse();
  return (
    <Button component={Link} href={`/compare?a=${a}&b=${b}`}>
      Compare {a} and {b}
    </Button>
  );
}
