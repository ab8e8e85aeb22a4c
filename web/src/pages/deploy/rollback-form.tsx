import { Button, Select, Textarea } from '@mantine/core';
import { useState } from 'react';
import type { ModelStanding } from '../../api/types.js';
import { Busy } from '../../ui/busy.js';
import { Card } from '../../ui/card.js';
import { ChangeProblem } from '../../ui/change-problem.js';
import { Notice } from '../../ui/notice.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { Effect, effectOf } from './effect.js';
import { usePreview, useSwitch, type Switch } from './use-switch.js';

/** Back to a version that was deployed before; the audit log wants to know why. */
export function RollbackForm({
  state,
  deployed,
}: {
  /** What is deployed, as the page shows it. */
  readonly state: string;
  readonly deployed: readonly ModelStanding[];
}) {
  const [model, setModel] = useState(deployed[0].model_name);
  const [reason, setReason] = useState('');
  const isPossible = deployed.some((own) => own.model_name === model && own.rollback !== null);
  const base = { path: '/models/rollback', seen: '/models/deployed', seenQuery: { model } };
  const change: Switch = { ...base, body: { model, reason } };
  const preview = usePreview(isPossible ? { ...base, body: { model, reason: 'preview' } } : null, state);
  const rollback = useSwitch();
  return (
    <Card title="Roll back">
      <div className="stack">
        {deployed.length > 1 && <ModelChoice deployed={deployed} value={model} onChange={setModel} />}
        {rollback.isSuccess && (
          <Notice tone="good" title="Rolled back">
            {effectOf(rollback.data)}
          </Notice>
        )}
        {!isPossible && !rollback.isSuccess && (
          <p className="soft">There is no older version of {model} that was deployed before.</p>
        )}
        {isPossible && (
          <>
            {preview.isPending && <Busy lines={3} />}
            {preview.isError && <ProblemNotice title="It cannot be rolled back" error={preview.error} />}
            {preview.data !== undefined && <Effect outcome={preview.data.outcome} />}
            <Textarea
              label="Reason"
              description="Needed: it stands in the audit log"
              withAsterisk
              autosize
              minRows={2}
              value={reason}
              onChange={(event) => {
                rollback.reset();
                setReason(event.currentTarget.value);
              }}
            />
            {rollback.isError && <ChangeProblem title="Nothing was changed" error={rollback.error} />}
            {preview.data !== undefined && (
              <div>
                <Button
                  color="red.9"
                  disabled={reason.trim() === '' || preview.isFetching}
                  loading={rollback.isPending}
                  onClick={() => {
                    rollback.mutate({ change, etag: preview.data.etag });
                  }}
                >
                  Roll back {effectOf(preview.data.outcome)}
                </Button>
              </div>
            )}
          </>
        )}
      </div>
    </Card>
  );
}

function ModelChoice({
  deployed,
  value,
  onChange,
}: {
  readonly deployed: readonly ModelStanding[];
  readonly value: string;
  readonly onChange: (name: string) => void;
}) {
  return (
    <Select
      label="Model"
      data={deployed.map(({ model_name: name }) => name)}
      value={value}
      allowDeselect={false}
      onChange={(next) => {
        if (next !== null) onChange(next);
      }}
    />
  );
}
