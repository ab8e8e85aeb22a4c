import { Button, TextInput } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import type { ModelSummary } from '../../api/types.js';
import { Busy } from '../../ui/busy.js';
import { Card } from '../../ui/card.js';
import { Notice } from '../../ui/notice.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { VersionSelect } from '../../ui/version-select.js';
import { Effect, effectOf } from './effect.js';
import { stateOf, usePreview, useSwitch, type Preview, type Switch } from './use-switch.js';

const isDeployable = ({ status }: ModelSummary): boolean => status === 'available' || status === 'archived';

export function DeployForm({
  models,
  wanted,
}: {
  readonly models: readonly ModelSummary[];
  readonly wanted: string | null;
}) {
  const candidates = models.filter(isDeployable);
  const [version, setVersion] = useState(
    candidates.some((item) => item.version === wanted) ? (wanted ?? '') : '',
  );
  const [target, setTarget] = useState('default');
  const [reason, setReason] = useState('');
  const path = `/models/${version}`;
  const body = { target, ...(reason === '' ? {} : { reason }) };
  const change: Switch | null = version === '' ? null : { path: `${path}/deploy`, body, seen: path };
  const preview = usePreview(change && { ...change, body: { target } }, stateOf(models));
  const deploy = useSwitch();
  return (
    <Card title="Deploy a version">
      <div className="stack">
        <VersionSelect
          label="Version"
          description="Only versions that passed their gate"
          models={candidates}
          value={version}
          onChange={(next) => {
            deploy.reset();
            setVersion(next);
          }}
        />
        <TextInput
          label="Target"
          description="A deployment target of the configuration"
          value={target}
          onChange={(event) => {
            setTarget(event.currentTarget.value);
          }}
        />
        <TextInput
          label="Reason"
          description="For the audit log; optional"
          value={reason}
          onChange={(event) => {
            setReason(event.currentTarget.value);
          }}
        />
        {deploy.isSuccess && (
          <Notice tone="good" title="Deployed">
            {effectOf(deploy.data)}
          </Notice>
        )}
        {change !== null && !deploy.isSuccess && <Outlook preview={preview} version={version} />}
        {deploy.isError && <ProblemNotice title="Nothing was deployed" error={deploy.error} />}
        {change !== null && preview.data !== undefined && !deploy.isSuccess && (
          <div>
            <Button
              loading={deploy.isPending}
              onClick={() => {
                deploy.mutate({ change, etag: preview.data.etag });
              }}
            >
              Deploy {effectOf(preview.data.outcome)}
            </Button>
          </div>
        )}
      </div>
    </Card>
  );
}

/** What would happen, or why it cannot. */
function Outlook({
  preview,
  version,
}: {
  readonly preview: UseQueryResult<Preview>;
  readonly version: string;
}) {
  const champion = preview.data?.outcome.previous_version;
  return (
    <>
      {preview.isPending && <Busy lines={3} />}
      {preview.isError && <ProblemNotice title="It cannot be deployed" error={preview.error} />}
      {preview.data !== undefined && <Effect outcome={preview.data.outcome} />}
      {typeof champion === 'string' && champion !== version && (
        <p>
          <Link href={`/compare?a=${champion}&b=${version}`}>Compare the two first</Link>
        </p>
      )}
    </>
  );
}
