import { Button, Checkbox, TextInput } from '@mantine/core';
import { useState, type SyntheticEvent } from 'react';
import { sendJson } from '../../api/client.js';
import { asProblem } from '../../api/problem.js';
import { useChange } from '../../api/queries.js';
import { SCOPES, type CreatedApiKey, type Scope } from '../../api/service-types.js';
import { Card } from '../../ui/card.js';
import { Notice } from '../../ui/notice.js';
import { ProblemNotice } from '../../ui/problem-notice.js';

const MEANINGS: Readonly<Record<Scope, string>> = {
  read: 'look at everything but keys and the audit log',
  train: 'read, and start trainings, uploads and schedules',
  deploy: 'read, and deploy and roll back',
  admin: 'everything, also keys and the audit log',
};

/** Makes a key. What is wrong with a field is said by the service, at the field. */
export function CreateKeyForm({
  isFirst,
  onCreated,
}: {
  readonly isFirst: boolean;
  readonly onCreated: (created: CreatedApiKey) => void;
}) {
  const [name, setName] = useState('');
  const [until, setUntil] = useState('');
  const [scopes, setScopes] = useState<readonly string[]>([isFirst ? 'admin' : 'read']);
  const create = useChange(async () => {
    const made = await sendJson<CreatedApiKey>('/api-keys', {
      method: 'POST',
      body: { name: name.trim(), scopes, ...(until === '' ? {} : { expires_at: `${until}T00:00:00Z` }) },
    });
    // Before the list is asked again: with the first key that needs this one.
    onCreated(made);
    return made;
  }, ['api-keys', 'audit']);
  const errors = create.error === null ? [] : (asProblem(create.error).errors ?? []);
  const problemOf = (field: string): string | undefined =>
    errors.find(({ pointer }) => pointer.startsWith(field))?.message;
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    create.mutate(undefined);
  };
  return (
    <Card title="New key">
      <form className="stack" onSubmit={submit}>
        <div className="fields">
          <TextInput
            label="Name"
            description="Who or what uses it; stands in the audit log"
            placeholder="dashboard"
            autoComplete="off"
            value={name}
            error={problemOf('/name')}
            onChange={(event) => {
              setName(event.currentTarget.value);
            }}
          />
          <TextInput
            type="date"
            label="Expires (UTC)"
            description="At the beginning of that day; empty: never"
            value={until}
            error={problemOf('/expires_at')}
            onChange={(event) => {
              setUntil(event.currentTarget.value);
            }}
          />
        </div>
        <ScopeBoxes value={scopes} onChange={setScopes} problem={problemOf('/scopes')} />
        {isFirst && !scopes.includes('admin') && (
          <Notice tone="warn">
            Without the scope admin nobody can make another key here: only{' '}
            <code>mcp-training api-key create</code> on the machine of the service can.
          </Notice>
        )}
        {create.isError && <ProblemNotice title="No key was made" error={create.error} />}
        <div>
          <Button type="submit" loading={create.isPending} disabled={name.trim() === ''}>
            {isFirst ? 'Make the first key and close the service' : 'Make the key'}
          </Button>
        </div>
      </form>
    </Card>
  );
}

function ScopeBoxes({
  value,
  onChange,
  problem,
}: {
  readonly value: readonly string[];
  readonly onChange: (scopes: string[]) => void;
  readonly problem: string | undefined;
}) {
  return (
    <Checkbox.Group label="It may" value={[...value]} onChange={onChange} error={problem}>
      <div className="fields scope-boxes">
        {SCOPES.map((scope) => (
          <Checkbox key={scope} value={scope} label={scope} description={MEANINGS[scope]} />
        ))}
      </div>
    </Checkbox.Group>
  );
}
