import { Button, Select, Textarea } from '@mantine/core';
import { useState } from 'react';
import type { ModelSummary } from '../../api/types.js';
import { Busy } from '../../ui/busy.js';
import { Card } from '../../ui/card.js';
import { Notice } from '../../ui/notice.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { Effect, effectOf } from './effect.js';
import { stateOf, usePreview, useSwitch, type Switch } from './use-switch.js';

/** Back to a version that was deployed before; the audit log wants to know why. */
export function RollbackForm({
  models,
  deployed,
}: {
  readonly models: readonly ModelSummary[];
  readonly deployed: readonly ModelSummary[];
}) {
  const [model, setModel] = useState(deployed[0].model_name);
  const [reason, setReason] = useState('');
  const isPossible = hasEarlier(models, model);
  const base = { path: '/models/rollback', seen: '/models/deployed', seenQuery: { model } };
  const change: Switch = { ...base, body: { model, reason } };
  const preview = usePreview(
    isPossible ? { ...base, body: { model, reason: 'preview' } } : null,
    stateOf(models),
  );
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
            {rollback.isError && <ProblemNotice title="Nothing was changed" error={rollback.error} />}
            {preview.data !== undefined && (
              <div>
                <Button
                  color="red.9"
                  disabled={reason.trim() === ''}
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

/** Whether there is a version to go back to: archived, and made before the one that is deployed. */
function hasEarlier(models: readonly ModelSummary[], name: string): boolean {
  const own = models.filter(({ model_name: other }) => other === name);
  const champion = own.find(({ status }) => status === 'deployed');
  return own.some(
    ({ status, created_at: at }) =>
      status === 'archived' && champion !== undefined && at < champion.created_at,
  );
}

function ModelChoice({
  deployed,
  value,
  onChange,
}: {
  readonly deployed: readonly ModelSummary[];
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
