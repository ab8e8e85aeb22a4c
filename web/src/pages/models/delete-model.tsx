import { Button } from '@mantine/core';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { useDeletion, useDeletionCheck, useUndeletion } from '../../api/model-changes.js';
import type { ModelDetail } from '../../api/types.js';
import { useSettings } from '../../api/service-queries.js';
import { duration } from '../../format/times.js';
import { Busy } from '../../ui/busy.js';
import { ConfirmButton } from '../../ui/confirm-button.js';
import { Notice } from '../../ui/notice.js';
import { ProblemNotice } from '../../ui/problem-notice.js';

/** Out of sight at once, gone after a grace time; the service is asked first whether it may be. */
export function DeleteModel({ model: { version } }: { readonly model: ModelDetail }) {
  const [isAsked, setAsked] = useState(false);
  const [, navigate] = useLocation();
  const check = useDeletionCheck(version, isAsked);
  const remove = useDeletion();
  return (
    <ConfirmButton
      label="Delete"
      title={`Delete ${version}?`}
      action={`Delete ${version}`}
      isPending={remove.isPending}
      isDisabled={check.data !== true}
      error={remove.error ?? check.error}
      onOpen={() => {
        setAsked(true);
      }}
      onConfirm={() => {
        remove.mutate(version, {
          onSuccess: () => {
            navigate(`/models?deleted=${version}`);
          },
        });
      }}
    >
      {check.isPending ? <Busy lines={1} /> : <Consequence isAsked={isAsked} />}
    </ConfirmButton>
  );
}

function Consequence({ isAsked }: { readonly isAsked: boolean }) {
  const grace = useGrace(isAsked);
  return (
    <>
      It is out of sight at once and can be taken back {grace}. Then its files are removed for good. Its run and
      its export stay.
    </>
  );
}

function useGrace(isWanted: boolean): string {
  const settings = useSettings(isWanted);
  const value = settings.data?.items.find(({ key }) => key === 'storage.delete_grace_seconds')?.value;
  return typeof value === 'number' ? `for ${duration(value)}` : 'for a while';
}

/** After a deletion: the way back. */
export function DeletedNotice({ version }: { readonly version: string }) {
  return (
    <Notice title={`${version} is deleted`} action={<Undelete version={version} />}>
      Its files stay {useGrace(true)}. Until then it can be taken back here.
    </Notice>
  );
}

export function Undelete({ version }: { readonly version: string }) {
  const [, navigate] = useLocation();
  const undelete = useUndeletion();
  return (
    <div className="stack-tight">
      <div>
        <Button
          variant="default"
          loading={undelete.isPending}
          onClick={() => {
            undelete.mutate(version, {
              onSuccess: () => {
                navigate(`/models/${version}`);
              },
            });
          }}
        >
          Take {version} back
        </Button>
      </div>
      {undelete.isError && <ProblemNotice title="It cannot be taken back" error={undelete.error} />}
    </div>
  );
}
