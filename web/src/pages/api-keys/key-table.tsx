import { Textarea } from '@mantine/core';
import { useState, useSyncExternalStore } from 'react';
import { sendJson } from '../../api/client.js';
import { keyStore } from '../../api/key-store.js';
import { useChange } from '../../api/queries.js';
import type { ApiKey } from '../../api/service-types.js';
import { ago, moment } from '../../format/times.js';
import { ConfirmButton } from '../../ui/confirm-button.js';
import { StatusBadge } from '../../ui/status-badge.js';

/** Keys, newest first, and the button that takes one away. */
export function KeyTable({ keys }: { readonly keys: readonly ApiKey[] }) {
  return (
    <div className="scroll-x">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col" className="hide-narrow">
              May
            </th>
            <th scope="col">Status</th>
            <th scope="col" className="hide-narrow">
              Last used
            </th>
            <th scope="col" className="hide-narrow">
              Made
            </th>
            <th scope="col">
              <span className="visually-hidden">Revoke</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => (
            <KeyRow key={key.id} apiKey={key} keys={keys} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function KeyRow({ apiKey, keys }: { readonly apiKey: ApiKey; readonly keys: readonly ApiKey[] }) {
  const { name, prefix, scopes, status, created_by: by } = apiKey;
  const { created_at: made, last_used_at: used, expires_at: until } = apiKey;
  return (
    <tr>
      <th scope="row" className="wrap">
        {name}
        <div className="small soft mono">{prefix}</div>
        <div className="small soft only-narrow">{scopes.join(', ')}</div>
      </th>
      <td className="hide-narrow">{scopes.join(', ')}</td>
      <td>
        <StatusBadge status={status} />
        {status === 'active' && until !== null && <div className="small soft">until {moment(until)}</div>}
      </td>
      <td className="hide-narrow" title={moment(used)}>
        {used === null ? 'never' : ago(used)}
      </td>
      <td className="hide-narrow">
        {moment(made)}
        <div className="small soft wrap">by {by}</div>
      </td>
      <td>{status === 'active' && <Revoke apiKey={apiKey} keys={keys} />}</td>
    </tr>
  );
}

function Revoke({ apiKey, keys }: { readonly apiKey: ApiKey; readonly keys: readonly ApiKey[] }) {
  const { id, name, prefix } = apiKey;
  const [reason, setReason] = useState('');
  const own = useSyncExternalStore(keyStore.subscribe, keyStore.read).key;
  const revoke = useChange(
    () => sendJson<ApiKey>(`/api-keys/${id}`, { method: 'DELETE', query: { reason: reason.trim() } }),
    ['api-keys', 'audit'],
  );
  const isOwn = own?.startsWith(`mcpt_${prefix}_`) === true;
  const isLastAdmin =
    apiKey.scopes.includes('admin') &&
    !keys.some((other) => other.id !== id && other.status === 'active' && other.scopes.includes('admin'));
  return (
    <ConfirmButton
      label="Revoke"
      title={`Revoke the key ${name}?`}
      action={`Revoke ${name}`}
      onConfirm={() => {
        revoke.mutate(undefined);
      }}
      isPending={revoke.isPending}
      error={revoke.error}
    >
      <div className="stack">
        <p>
          The next request with the key {prefix} is refused. That cannot be taken back; the key stays in the
          list and in the audit log.
        </p>
        {isOwn && <p>It is the key of this tab: the dashboard then asks you for another one.</p>}
        {isLastAdmin && (
          <p>
            No other key with the scope admin is left: keys can then be made only on the machine of the
            service, or with the key of its variable TRAINING_API_KEY.
          </p>
        )}
        <Textarea
          label="Reason"
          description="Stands in the audit log"
          autosize
          minRows={2}
          maxLength={500}
          value={reason}
          onChange={(event) => {
            setReason(event.currentTarget.value);
          }}
        />
      </div>
    </ConfirmButton>
  );
}
