import { Button, Select } from '@mantine/core';
import { useState } from 'react';
import { Link, useSearchParams } from 'wouter';
import { useExports, useModels, useScores } from '../../api/queries.js';
import type { Export, ModelSummary, ScoredWindow, ScoreReport } from '../../api/types.js';
import { count, decimal, percent, plural } from '../../format/numbers.js';
import { Card } from '../../ui/card.js';
import { Empty } from '../../ui/empty.js';
import { Loaded } from '../../ui/loaded.js';
import { PageHead } from '../../ui/page-head.js';
import { Stats } from '../../ui/stats.js';
import { VersionSelect } from '../../ui/version-select.js';
import { FlaggedList } from './flagged-list.js';
import { HeatMap } from './heat-map.js';
import { WindowPanel } from './window-panel.js';

export default function ScorePage() {
  const models = useModels();
  const exports = useExports();
  return (
    <>
      <PageHead title="Score explorer">When was which device unusual, and why.</PageHead>
      <Loaded query={models} lines={6}>
        {({ items }) => (
          <Loaded query={exports} lines={6}>
            {({ pages }) => <Explorer models={items} exports={pages.flatMap((page) => page.items)} />}
          </Loaded>
        )}
      </Loaded>
    </>
  );
}

interface ExplorerProps {
  readonly models: readonly ModelSummary[];
  readonly exports: readonly Export[];
}

function Explorer({ models, exports }: ExplorerProps) {
  const usable = models.filter(({ status }) => status !== 'corrupt');
  if (usable.length === 0 || exports.length === 0) {
    const [what, href] = usable.length === 0 ? ['a model', '/trainings/new'] : ['an export', '/exports'];
    return (
      <section className="card">
        <Empty
          title={`Scoring needs ${what}`}
          action={
            <Button component={Link} href={href}>
              {usable.length === 0 ? 'Train a model' : 'Upload an export'}
            </Button>
          }
        />
      </section>
    );
  }
  return <Scored models={usable} exports={exports} />;
}

function Scored({ models, exports }: ExplorerProps) {
  const [search, setSearch] = useSearchParams();
  const deployed = models.find(({ status }) => status === 'deployed');
  const version = search.get('version') ?? (deployed ?? models[0]).version;
  const exportId = search.get('export') ?? exports[0].export_id;
  const scores = useScores(version, exportId, true);
  const change = (part: Record<string, string>): void => {
    setSearch({ version, export: exportId, ...part }, { replace: true });
  };
  return (
    <div className="stack">
      <section className="card" aria-label="What to score">
        <div className="fields">
          <VersionSelect
            label="Model"
            models={models}
            value={version}
            onChange={(next) => {
              change({ version: next });
            }}
          />
          <Select
            label="Export"
            searchable
            allowDeselect={false}
            data={exports.map((item) => ({ value: item.export_id, label: item.export_file }))}
            value={exportId}
            onChange={(next) => {
              if (next !== null) change({ export: next });
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
  const flagged = report.windows.filter((window) => window.is_anomaly).sort((a, b) => b.score - a.score);
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
