import { Button, Select, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useCallback, useState } from 'react';
import { Link, useSearchParams } from 'wouter';
import { useModelPages, useModelStats } from '../../api/queries.js';
import type { VersionStatus } from '../../api/types.js';
import { count, plural } from '../../format/numbers.js';
import { Empty } from '../../ui/empty.js';
import { Loaded } from '../../ui/loaded.js';
import { PageHead } from '../../ui/page-head.js';
import { DeletedNotice } from './delete-model.js';
import { ModelRows } from './model-rows.js';

const STATUSES: readonly VersionStatus[] = ['deployed', 'available', 'archived', 'rejected', 'corrupt'];
const PAUSE_MS = 250;

export default function ModelsPage() {
  const [search, setSearch] = useSearchParams();
  const [text, setText] = useState(search.get('q') ?? '');
  const [q] = useDebouncedValue(text, PAUSE_MS);
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const status = STATUSES.find((known) => known === search.get('status')) ?? null;
  const deleted = search.get('deleted');
  const choose = (version: string): void => {
    setChosen(
      chosen.includes(version) ? chosen.filter((other) => other !== version) : [...chosen.slice(-1), version],
    );
  };
  return (
    <>
      <PageHead title="Models" actions={<CompareAction chosen={chosen} />}>
        Every version that was trained or imported, newest first.
      </PageHead>
      {deleted !== null && (
        <div className="before-card">
          <DeletedNotice version={deleted} />
        </div>
      )}
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
            clearButtonProps={{ 'aria-label': 'Any status' }}
            data={[...STATUSES]}
            value={status}
            onChange={(next) => {
              const rest = Object.fromEntries([...search].filter(([name]) => name !== 'status'));
              setSearch(next === null ? rest : { ...rest, status: next }, { replace: true });
            }}
          />
        </div>
        <Versions q={q} status={status} model={search.get('model')} chosen={chosen} onChoose={choose} />
      </section>
    </>
  );
}

interface VersionsProps {
  readonly q: string;
  readonly status: VersionStatus | null;
  readonly model: string | null;
  readonly chosen: readonly string[];
  readonly onChoose: (version: string) => void;
}

function Versions({ q, status, model, chosen, onChoose }: VersionsProps) {
  const models = useModelPages({ status: status === null ? undefined : [status], model, q });
  const stats = useModelStats();
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = models;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const isFiltered = q !== '' || status !== null || model !== null;
  const total = isFiltered ? undefined : stats.data?.total;
  return (
    <Loaded query={models} lines={8}>
      {({ pages }) => {
        const items = pages.flatMap((page) => page.items);
        if (items.length === 0) return <NoModels isFiltered={isFiltered} />;
        return (
          <>
            <p className="soft small" aria-live="polite">
              {hasNextPage
                ? `${total === undefined ? `More than ${count(items.length)}` : count(total)} versions; more are fetched as you scroll.`
                : plural(items.length, 'version')}
            </p>
            <ModelRows
              models={items}
              total={hasNextPage ? (total ?? -1) : items.length}
              chosen={chosen}
              onChoose={onChoose}
              onEnd={more}
            />
          </>
        );
      }}
    </Loaded>
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
