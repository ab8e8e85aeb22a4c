import { Button } from '@mantine/core';
import { useState, type SyntheticEvent } from 'react';
import { Link, useLocation } from 'wouter';
import { sendJson } from '../../api/client.js';
import { asProblem } from '../../api/problem.js';
import { useChange } from '../../api/queries.js';
import type { Schedule } from '../../api/service-types.js';
import { moment } from '../../format/times.js';
import { Notice } from '../../ui/notice.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { DataCard } from './data-card.js';
import { requestOf, type ScheduleForm } from './schedule-form-state.js';
import { TrainingCard } from './training-card.js';
import { guardOf, useScheduleDryRun, type ScheduleTarget } from './use-schedule-dry-run.js';
import { WhenCard } from './when-card.js';

/** The fields of a schedule, what the service says about them, and the button that makes it so. */
export function ScheduleFields({
  initial,
  target,
  action,
}: {
  readonly initial: ScheduleForm;
  readonly target: ScheduleTarget;
  readonly action: string;
}) {
  const [form, setForm] = useState(initial);
  const [key] = useState(() => crypto.randomUUID());
  const [, navigate] = useLocation();
  const request = requestOf(form);
  // A form that nobody has begun with is not told what it lacks.
  const isNamed = form.name.trim() !== '';
  const check = useScheduleDryRun(target, request, isNamed);
  const save = useChange(
    (body: Readonly<Record<string, unknown>>) =>
      sendJson<Schedule>(target.path, {
        method: target.method,
        body,
        headers: { ...guardOf(target), ...(target.method === 'POST' ? { 'Idempotency-Key': key } : {}) },
      }),
    ['schedules'],
  );
  const errors = check.error === null ? [] : (asProblem(check.error).errors ?? []);
  const fields = {
    form,
    errors,
    change: (part: Partial<ScheduleForm>): void => {
      setForm({ ...form, ...part });
    },
  };
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    save.mutate(request, {
      onSuccess: () => {
        navigate('/schedules');
      },
    });
  };
  return (
    <form className="stack" onSubmit={submit}>
      <WhenCard {...fields} />
      <DataCard {...fields} />
      <TrainingCard {...fields} />
      <div aria-live="polite">
        {check.isError && <ProblemNotice title="It cannot be like this" error={check.error} />}
        {check.data !== undefined && <Outlook schedule={check.data} />}
      </div>
      {save.isError && <ProblemNotice title="Nothing was changed" error={save.error} />}
      <div className="row">
        <Button type="submit" size="md" loading={save.isPending} disabled={check.isError || !isNamed}>
          {action}
        </Button>
        <Button size="md" variant="default" component={Link} href="/schedules">
          Leave it
        </Button>
      </div>
    </form>
  );
}

/** What would come of it, asked of the service itself. */
function Outlook({ schedule }: { readonly schedule: Schedule }) {
  const { next_ticks: next, model_name: model, paused, deploy } = schedule;
  if (paused) return <Notice title="It is paused: nothing is trained until you resume it." />;
  return (
    <Notice tone="good" title={`Trains ${model} next on ${moment(next[0])}`}>
      {next.length > 1 && (
        <p>
          Then on{' '}
          {next
            .slice(1)
            .map((tick) => moment(tick))
            .join(', and on ')}
          .
        </p>
      )}
      <p>
        {deploy
          ? 'Each model that passes its gate takes the place of the deployed one without anybody looking.'
          : 'Nothing is deployed by it.'}
      </p>
    </Notice>
  );
}
