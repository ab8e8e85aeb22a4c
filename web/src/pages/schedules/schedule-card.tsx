import { Button } from '@mantine/core';
import { Link } from 'wouter';
import { sendJson } from '../../api/client.js';
import { useChange } from '../../api/queries.js';
import type { Schedule, ScheduleTick } from '../../api/service-types.js';
import { moment } from '../../format/times.js';
import { Card } from '../../ui/card.js';
import { ChangeProblem } from '../../ui/change-problem.js';
import { ConfirmButton } from '../../ui/confirm-button.js';
import { Notice } from '../../ui/notice.js';
import { Facts } from '../../ui/stats.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { changeSeen } from './change-seen.js';
import { conditionText, deletionText, reasonText, sourceText } from './schedule-words.js';

/** One schedule: when it trains, on what, how it went, and what can be done with it. */
export function ScheduleCard({ schedule }: { readonly schedule: Schedule }) {
  const { name, cron, timezone, paused, deploy, model_name: model } = schedule;
  return (
    <Card title={name} aside={<StatusBadge status={paused ? 'paused' : 'on'} />}>
      <div className="stack">
        <Facts
          items={[
            [
              'When',
              <>
                <code>{cron}</code> in {timezone}
              </>,
            ],
            ['Next', <NextTicks key="next" schedule={schedule} />],
            ['Last', <LastTick key="last" tick={schedule.last_tick} />],
            ['Trains on', `${sourceText(schedule.source)}, ${conditionText(schedule)}`],
            [
              'Model',
              deploy ? `${model}, deployed when it passes its gate` : `${model}, not deployed by this`,
            ],
          ]}
        />
        <Actions schedule={schedule} />
      </div>
    </Card>
  );
}

function NextTicks({ schedule }: { readonly schedule: Schedule }) {
  if (schedule.paused) return 'nothing while it is paused';
  return (
    <ul className="plain-list number">
      {schedule.next_ticks.map((tick) => (
        <li key={tick}>{moment(tick)}</li>
      ))}
    </ul>
  );
}

function LastTick({ tick }: { readonly tick: ScheduleTick | null }) {
  if (tick === null) return 'no tick yet';
  const { training_id: id, training_status: status, version, missed_ticks: missed } = tick;
  const reason = reasonText(tick);
  return (
    <div className="stack-tight">
      <div className="row">
        <StatusBadge status={status ?? tick.status} />
        {id === null ? (
          <span>{moment(tick.tick_utc)}</span>
        ) : (
          <Link href={`/trainings/${id}`}>{moment(tick.tick_utc)}</Link>
        )}
        {version !== null && <Link href={`/models/${version}`}>{version}</Link>}
      </div>
      {reason !== '' && <div className="small soft">{reason}</div>}
      {missed > 0 && <div className="small soft">{missed} ticks before it were missed</div>}
    </div>
  );
}

function Actions({ schedule }: { readonly schedule: Schedule }) {
  const { schedule_id: id, name, paused } = schedule;
  const path = `/schedules/${id}`;
  const pause = useChange(
    () => changeSeen(schedule, { method: 'PATCH', body: { paused: !paused } }),
    ['schedules'],
  );
  const remove = useChange(() => changeSeen(schedule, { method: 'DELETE' }), ['schedules']);
  const run = useChange(
    () =>
      sendJson<ScheduleTick>(`${path}/run`, {
        method: 'POST',
        headers: { 'Idempotency-Key': crypto.randomUUID() },
      }),
    ['schedules', 'runs'],
  );
  const error = run.error ?? pause.error;
  return (
    <div className="stack">
      {error !== null && <ChangeProblem title="Nothing was changed" error={error} />}
      {run.data !== undefined && <RunOutcome tick={run.data} />}
      <div className="row" role="group" aria-label={`Actions on ${name}`}>
        <Button
          variant="default"
          loading={run.isPending}
          onClick={() => {
            run.mutate(undefined);
          }}
        >
          Train now
        </Button>
        <Button
          variant="default"
          loading={pause.isPending}
          onClick={() => {
            pause.mutate(undefined);
          }}
        >
          {paused ? 'Resume' : 'Pause'}
        </Button>
        <Button variant="default" component={Link} href={path}>
          Change
        </Button>
        <ConfirmButton
          label="Delete"
          title={`Delete the schedule ${name}?`}
          action={`Delete ${name}`}
          onConfirm={() => {
            remove.mutate(undefined);
          }}
          isPending={remove.isPending}
          error={remove.error}
        >
          {deletionText(schedule)}
        </ConfirmButton>
      </div>
    </div>
  );
}

function RunOutcome({ tick }: { readonly tick: ScheduleTick }) {
  if (tick.training_id !== null) {
    return (
      <Notice tone="good">
        A training is queued: <Link href={`/trainings/${tick.training_id}`}>watch it</Link>.
      </Notice>
    );
  }
  return (
    <Notice tone="warn" title="No training was started">
      {reasonText(tick)}
    </Notice>
  );
}
