import { Button, Progress } from '@mantine/core';
import { Link, useParams } from 'wouter';
import { sendJson } from '../../api/client.js';
import { isActive, useChange, useRun } from '../../api/queries.js';
import type { Run } from '../../api/types.js';
import { clock, duration, moment } from '../../format/times.js';
import { Card } from '../../ui/card.js';
import { ConfirmButton } from '../../ui/confirm-button.js';
import { Loaded } from '../../ui/loaded.js';
import { Notice } from '../../ui/notice.js';
import { PageHead } from '../../ui/page-head.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { Facts } from '../../ui/stats.js';
import { RunReport } from './run-report.js';
import { useRunEvents, type RunEvent } from './use-run-events.js';
import './training-page.css';

export default function TrainingPage() {
  const { id = '' } = useParams();
  const query = useRun(id);
  return (
    <>
      <PageHead
        title={query.data === undefined ? 'Training' : `Training of ${query.data.model_name}`}
        actions={query.data !== undefined && <Actions run={query.data} />}
      >
        <Link href="/trainings">All trainings</Link>
      </PageHead>
      <Loaded query={query} lines={8}>
        {(run) => <RunView run={run} />}
      </Loaded>
    </>
  );
}

function Actions({ run }: { readonly run: Run }) {
  const cancel = useChange(
    (id: string) => sendJson<Run>(`/training/${id}/cancel`, { method: 'POST' }),
    ['run', 'runs'],
  );
  if (!isActive(run)) {
    return run.version === null ? (
      <Button component={Link} href="/trainings/new">
        Try again
      </Button>
    ) : (
      <Button component={Link} href={`/models/${run.version}`}>
        Open version {run.version}
      </Button>
    );
  }
  return (
    <ConfirmButton
      label="Cancel the training"
      title="Cancel this training?"
      action="Cancel the training"
      isPending={cancel.isPending}
      error={cancel.error}
      onConfirm={() => {
        cancel.mutate(run.training_id);
      }}
    >
      It stops within about a second. No model is registered, and nothing that is deployed changes.
    </ConfirmButton>
  );
}

function RunView({ run }: { readonly run: Run }) {
  const events = useRunEvents(run.training_id);
  const last = events.at(-1);
  const isRunning = isActive(run);
  return (
    <div className="stack">
      {run.error !== null && (
        <Notice tone="bad" title={`The training ${run.status === 'cancelled' ? 'was cancelled' : 'failed'}`}>
          <p>{run.error.message}</p>
          {run.error.hint !== null && <p>{run.error.hint}</p>}
        </Notice>
      )}
      <Card title="Progress" aside={<StatusBadge status={run.status} />}>
        <div className="stack">
          {isRunning && (
            <div className="stack-tight">
              <Progress
                size="lg"
                value={last?.progress ?? run.progress}
                aria-label={`Progress: ${last?.progress ?? run.progress} %`}
              />
              <p aria-live="polite">
                {run.status === 'queued' && events.length <= 1
                  ? 'Waiting for a free worker'
                  : (last?.step ?? run.step)}
              </p>
            </div>
          )}
          <EventLog events={events} isRunning={isRunning} />
        </div>
      </Card>
      {run.result !== null && <RunReport result={run.result} />}
      <Card title="Run">
        <Facts
          items={[
            ['Started by', run.origin],
            ['Queued', moment(run.created_at, { seconds: true })],
            ['Started', moment(run.started_at, { seconds: true })],
            ['Ended', moment(run.finished_at, { seconds: true })],
            ['Duration', duration(secondsOf(run))],
            ['Id', <code key="id">{run.training_id}</code>],
          ]}
        />
      </Card>
    </div>
  );
}

function secondsOf({ started_at: from, finished_at: to }: Run): number | null {
  return from === null || to === null ? null : (Date.parse(to) - Date.parse(from)) / 1000;
}

function EventLog({
  events,
  isRunning,
}: {
  readonly events: readonly RunEvent[];
  readonly isRunning: boolean;
}) {
  const steps = events.filter(
    ({ step, message }, i) => i === 0 || step !== events[i - 1].step || message !== null,
  );
  return (
    <ol className="log" aria-label="Log">
      {steps.map((event) => (
        <li key={event.id}>
          <time className="soft number" dateTime={event.at} title={moment(event.at, { seconds: true })}>
            {clock(event.at, { seconds: true })}
          </time>
          <span className="soft number log-percent">{event.progress} %</span>
          <span className="wrap">
            {event.step}
            {event.message !== null && event.message !== event.step && `: ${event.message}`}
          </span>
        </li>
      ))}
      {steps.length === 0 && (
        <li className="soft">{isRunning ? 'Nothing has happened yet.' : 'No steps were recorded.'}</li>
      )}
    </ol>
  );
}
