import { useQuery } from '@tanstack/react-query';
import { useSearchParams } from 'wouter';
import { getJson } from '../../api/client.js';
import { useModelReport } from '../../api/queries.js';
import type { Comparison } from '../../api/types.js';
import { Card } from '../../ui/card.js';
import { Empty } from '../../ui/empty.js';
import { ExportSelect } from '../../ui/export-select.js';
import { Loaded } from '../../ui/loaded.js';
import { Notice } from '../../ui/notice.js';
import { PageHead } from '../../ui/page-head.js';
import { VersionSelect } from '../../ui/version-select.js';
import { BlastRadius, MeasuredMetrics } from './blast-radius.js';
import { BothCurves } from './both-curves.js';
import { RecordedMetrics } from './recorded-metrics.js';
import { ScoreHistogram } from './score-histogram.js';

export default function ComparePage() {
  const [search, setSearch] = useSearchParams();
  const [a, b, exportId] = ['a', 'b', 'export'].map((name) => search.get(name) ?? '');
  const change = (part: Record<string, string>): void => {
    setSearch({ ...Object.fromEntries(search), ...part }, { replace: true });
  };
  return (
    <>
      <PageHead title="Compare">
        Two versions side by side: what was measured, and what would change.
      </PageHead>
      <div className="stack">
        <section className="card" aria-label="What to compare">
          <div className="fields fields-wide">
            <VersionSelect
              label="A"
              description="What is there now"
              value={a}
              onChange={(version) => {
                change({ a: version });
              }}
            />
            <VersionSelect
              label="B"
              description="What may take its place"
              value={b}
              onChange={(version) => {
                change({ b: version });
              }}
            />
            <ExportSelect
              label="On the windows of"
              description="Both score the same windows; what changes can be counted"
              placeholder="only what was recorded"
              clearable
              value={exportId}
              onChange={(id) => {
                change({ export: id });
              }}
            />
          </div>
        </section>
        {a === '' || b === '' ? (
          <section className="card">
            <Empty title="Choose two versions">
              With an export you also see which alerts are new and which are lost when B takes the place of A.
            </Empty>
          </section>
        ) : (
          <Result a={a} b={b} exportId={exportId} />
        )}
      </div>
    </>
  );
}

function Result({ a, b, exportId }: { readonly a: string; readonly b: string; readonly exportId: string }) {
  const query = useQuery({
    queryKey: ['comparison', a, b, exportId],
    queryFn: ({ signal }) =>
      getJson<Comparison>(`/models/${a}/compare/${b}`, { export_id: exportId }, signal),
    staleTime: Infinity,
  });
  const [reportA, reportB] = [useModelReport(a), useModelReport(b)];
  return (
    <Loaded query={query} lines={10}>
      {(comparison) => (
        <>
          {comparison.warnings.length > 0 && <Notice tone="warn">{comparison.warnings.join(' ')}</Notice>}
          {comparison.on_export !== null && (
            <>
              <BlastRadius comparison={comparison.on_export} />
              <MeasuredMetrics metrics={comparison.on_export.metrics} />
              <ScoreHistogram a={a} b={b} exportId={exportId} />
            </>
          )}
          <Card title="What was recorded">
            <RecordedMetrics comparison={comparison} />
          </Card>
          {reportA.data?.evaluation != null && reportB.data?.evaluation != null && (
            <BothCurves
              a={{ version: a, evaluation: reportA.data.evaluation }}
              b={{ version: b, evaluation: reportB.data.evaluation }}
            />
          )}
        </>
      )}
    </Loaded>
  );
}
