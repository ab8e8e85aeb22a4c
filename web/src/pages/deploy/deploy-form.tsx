import { Button, TextInput } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import type { VersionStatus } from '../../api/types.js';
import { Busy } from '../../ui/busy.js';
import { Card } from '../../ui/card.js';
import { ChangeProblem } from '../../ui/change-problem.js';
import { Notice } from '../../ui/notice.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { VersionSelect } from '../../ui/version-select.js';
import { Effect, effectOf } from './effect.js';
import { usePreview, useSwitch, type Preview, type Switch } from './use-switch.js';

const DEPLOYABLE: readonly VersionStatus[] = ['available', 'archived'];

export function DeployForm({
  state,
  wanted,
}: {
  /** What is deployed, as the page shows it. */
  readonly state: string;
  readonly wanted: string;
}) {
  const [version, setVersion] = useState(wanted);
  const [target, setTarget] = useState('default');
  const [reason, setReason] = useState('');
  const change = version === '' ? null : changeTo(version, target, reason);
  const deploy = useSwitch();
  const preview = usePreview(
    deploy.isSuccess || change === null ? null : { ...change, body: { target } },
    state,
  );
  return (
    <Card title="Deploy a version">
      <div className="stack">
        <VersionSelect
          label="Version"
          description="Only versions that passed their gate"
          status={DEPLOYABLE}
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
        {deploy.isError && <ChangeProblem title="Nothing was deployed" error={deploy.error} />}
        {change !== null && preview.data !== undefined && !deploy.isSuccess && (
          <div>
            <Button
              loading={deploy.isPending}
              disabled={preview.isFetching}
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

function changeTo(version: string, target: string, reason: string): Switch {
  const seen = `/models/${version}`;
  return { path: `${seen}/deploy`, body: { target, ...(reason === '' ? {} : { reason }) }, seen };
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
