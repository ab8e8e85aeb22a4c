import { Button } from '@mantine/core';
import { useMemo, useState } from 'react';
import { Link, useSearchParams } from 'wouter';
import { useExportSearch, useModelSearch, useModelStats, useScores } from '../../api/queries.js';
import type { VersionStatus } from '../../api/types.js';
import type { ScoredWindow, ScoreReport } from '../../api/score-types.js';
import { count, decimal, percent, plural } from '../../format/numbers.js';
import { Card } from '../../ui/card.js';
import { Empty } from '../../ui/empty.js';
import { ExportSelect } from '../../ui/export-select.js';
import { Loaded } from '../../ui/loaded.js';
import { PageHead } from '../../ui/page-head.js';
import { Stats } from '../../ui/stats.js';
import { VersionSelect } from '../../ui/version-select.js';
import { FlaggedList } from './flagged-list.js';
import { HeatMap } from './heat-map.js';
import { WindowPanel } from './window-panel.js';

/** A corrupt one is loaded by nobody. */
const USABLE: readonly VersionStatus[] = ['deployed', 'available', 'archived', 'rejected'];

export default function ScorePage() {
  const newest = useModelSearch({ status: USABLE }, 1);
  const stats = useModelStats();
  const exports = useExportSearch();
  return (
    <>
      <PageHead title="Score explorer">When was which device unusual, and why.</PageHead>
      <Loaded query={newest} lines={6}>
        {({ items }) => (
          <Loaded query={stats} lines={6}>
            {({ models }) => (
              <Loaded query={exports} lines={6}>
                {({ items: files }) => (
                  <Explorer
                    version={
                      models.find(({ deployed }) => deployed !== null)?.deployed ?? items.at(0)?.version
                    }
                    exportId={files.at(0)?.export_id}
                  />
                )}
              </Loaded>
            )}
          </Loaded>
        )}
      </Loaded>
    </>
  );
}

/** What is scored unless something else is chosen; undefined = there is none. */
interface Usual {
  readonly version: string | undefined;
  readonly exportId: string | undefined;
}

function Explorer({ version, exportId }: Usual) {
  if (version === undefined || exportId === undefined) {
    const [what, href] = version === undefined ? ['a model', '/trainings/new'] : ['an export', '/exports'];
    return (
      <section className="card">
        <Empty
          title={`Scoring needs ${what}`}
          action={
            <Button component={Link} href={href}>
              {version === undefined ? 'Train a model' : 'Upload an export'}
            </Button>
          }
        />
      </section>
    );
  }
  return <Scored usualVersion={version} usualExport={exportId} />;
}

function Scored({
  usualVersion,
  usualExport,
}: {
  readonly usualVersion: string;
  readonly usualExport: string;
}) {
  const [search, setSearch] = useSearchParams();
  const version = search.get('version') ?? usualVersion;
  const exportId = search.get('export') ?? usualExport;
  const scores = useScores(version, exportId, true);
  const change = (part: Record<string, string>): void => {
    setSearch({ version, export: exportId, ...part }, { replace: true });
  };
  return (
    <div className="stack">
      <section className="card" aria-label="What to score">
        <div className="fields fields-wide">
          <VersionSelect
            label="Model"
            status={USABLE}
            value={version}
            onChange={(next) => {
              change({ version: next });
            }}
          />
          <ExportSelect
            label="Export"
            value={exportId}
            onChange={(next) => {
              change({ export: next });
            }}
          />
        </div>
      </section>
      <Loaded query={scores} lines={10}>
        {(report) => <Report key={`${version} ${exportId}`} report={report} />}
      </Loaded>
    </div>
  );
}

function Report({ report }: { readonly report: ScoreReport }) {
  const flagged = useMemo(() => [...report.windows].sort((a, b) => b.score - a.score), [report]);
  const [chosen, setChosen] = useState<ScoredWindow | null>(flagged.at(0) ?? null);
  return (
    <>
      <Card title={`Scores of version ${report.version}`}>
        <div className="stack">
          <Stats
            items={[
              {
                name: 'Flagged windows',
                value: count(report.anomaly_count),
                note: `of ${count(report.window_count)}`,
              },
              { name: 'Share', value: percent(report.anomaly_count / Math.max(1, report.window_count), 2) },
              { name: 'Threshold', value: decimal(report.threshold, 4), note: 'score, 0 to 1' },
              {
                name: 'Highest score',
                value: decimal(flagged.at(0)?.score ?? null),
                note: flagged.at(0) === undefined ? undefined : `device ${flagged[0].device}`,
              },
            ]}
          />
          <HeatMap report={report} onChoose={setChosen} />
        </div>
      </Card>
      <div className="halves">
        <Card title="Flagged windows">
          {flagged.length === 0 ? (
            <p className="soft">No window of this export is above the threshold.</p>
          ) : (
            <FlaggedList windows={flagged} chosen={chosen} onChoose={setChosen} />
          )}
          {(report.not_explained ?? 0) > 0 && (
            <p className="soft small">
              The 500 highest are explained; {plural(report.not_explained ?? 0, 'other')} not.
            </p>
          )}
        </Card>
        {chosen !== null && <WindowPanel window={chosen} threshold={report.threshold} />}
      </div>
    </>
  );
}
