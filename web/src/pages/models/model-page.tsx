import { Button } from '@mantine/core';
import { Link, useParams } from 'wouter';
import { asProblem } from '../../api/problem.js';
import { useModel, useModelReport } from '../../api/queries.js';
import type { ModelDetail, ModelReport } from '../../api/types.js';
import { count, decimal, figure, percent } from '../../format/numbers.js';
import { moment } from '../../format/times.js';
import { labelSource } from '../../format/words.js';
import { Card } from '../../ui/card.js';
import { GateChecks } from '../../ui/gate-checks.js';
import { Loaded } from '../../ui/loaded.js';
import { Notice } from '../../ui/notice.js';
import { PageHead } from '../../ui/page-head.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { Facts, Stats } from '../../ui/stats.js';
import { AliasesCard } from './aliases-card.js';
import { AnnotationsCard } from './annotations-card.js';
import { Artifacts } from './artifacts.js';
import { Curves, Importance } from './curves.js';
import { DeleteModel, Undelete } from './delete-model.js';
import { LineageCard } from './lineage-card.js';

export default function ModelPage() {
  const { version = '' } = useParams();
  const model = useModel(version);
  const report = useModelReport(model.data === undefined ? '' : version);
  const isUnknown = model.isError && asProblem(model.error).status === 404;
  return (
    <>
      <PageHead title={version} actions={model.data !== undefined && <Actions model={model.data} />}>
        <Link href="/models">All models</Link>
      </PageHead>
      <Loaded query={model} lines={9}>
        {(detail) => (
          <div className="stack">
            <Standing model={detail} />
            <Figures model={detail} report={report.data} />
            <Card title="Gate" aside={<StatusBadge status={detail.gate_passed ? 'passed' : 'not passed'} />}>
              <GateChecks checks={detail.gate.checks} />
            </Card>
            <Loaded query={report}>
              {({ evaluation }) =>
                evaluation === null ? (
                  <Notice>This version came from elsewhere and was never judged here.</Notice>
                ) : (
                  <>
                    <Curves evaluation={evaluation} />
                    <Importance evaluation={evaluation} />
                    <Advice recommendations={evaluation.recommendations ?? []} />
                  </>
                )
              }
            </Loaded>
            <div className="halves">
              <AnnotationsCard model={detail} />
              <AliasesCard model={detail} />
            </div>
            <LineageCard model={detail} />
            <Artifacts model={detail} />
          </div>
        )}
      </Loaded>
      {isUnknown && (
        <div className="stack-tight after-notice">
          <p className="soft">Was it deleted a short while ago?</p>
          <Undelete version={version} />
        </div>
      )}
    </>
  );
}

function Actions({ model }: { readonly model: ModelDetail }) {
  const { version, status } = model;
  const isDeployable = status === 'available' || status === 'archived';
  return (
    <>
      {status !== 'deployed' && <DeleteModel model={model} />}
      <Button component={Link} href={`/compare?a=${version}`} variant="default">
        Compare
      </Button>
      <Button component={Link} href={`/score?version=${version}`} variant="default">
        Score an export
      </Button>
      {isDeployable && (
        <Button component={Link} href={`/deploy?version=${version}`}>
          Deploy
        </Button>
      )}
    </>
  );
}

function Standing({ model }: { readonly model: ModelDetail }) {
  return (
    <Card title={`Model ${model.model_name}`} aside={<StatusBadge status={model.status} />}>
      <Facts
        items={[
          ['Detector', model.model_type],
          ['Feature set', model.feature_set],
          ['Trained on', `${count(model.training_samples)} windows`],
          ['Trained', moment(model.created_at)],
          ['Deployed', model.deployed_at === null ? 'never' : moment(model.deployed_at)],
          ['Aliases', model.aliases.length === 0 ? 'none' : model.aliases.join(', ')],
        ]}
      />
    </Card>
  );
}

function Figures({ model, report }: { readonly model: ModelDetail; readonly report: ModelReport | undefined }) {
  const { metrics } = model;
  const free = report?.evaluation?.label_free;
  const note = `labels: ${labelSource(metrics.label_source)}`;
  return (
    <Card title="Figures">
      <Stats
        items={[
          {
            name: 'Expected alerts a day',
            value: figure(free?.alerts_per_day),
            note: `${figure(free?.alerts_per_day_per_device)} for each device`,
          },
          { name: 'ROC AUC', value: decimal(metrics.roc_auc), note },
          { name: 'Average precision', value: decimal(metrics.average_precision), note },
          { name: 'Recall', value: percent(metrics.recall), note },
          { name: 'Precision', value: percent(metrics.precision), note },
          { name: 'Alert threshold', value: decimal(metrics.threshold_value, 4), note: 'score, 0 to 1' },
        ]}
      />
    </Card>
  );
}

function Advice({
  recommendations,
}: {
  readonly recommendations: readonly { readonly code: string; readonly message: string }[];
}) {
  if (recommendations.length === 0) return null;
  return (
    <Card title="Advice">
      <ul>
        {recommendations.map(({ code, message }) => (
          <li key={code}>{message}</li>
        ))}
      </ul>
    </Card>
  );
}
