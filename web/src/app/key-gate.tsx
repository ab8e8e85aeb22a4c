import { Button, Modal, PasswordInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState, useSyncExternalStore, type SyntheticEvent } from 'react';
import { keyStore } from '../api/key-store.js';

/** Asks for an API key as soon as the service wants one. */
export function KeyGate() {
  const { key, isNeeded } = useSyncExternalStore(keyStore.subscribe, keyStore.read);
  const [text, setText] = useState('');
  const queries = useQueryClient();
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    keyStore.use(text.trim());
    setText('');
    void queries.invalidateQueries();
  };
  return (
    <Modal
      opened={isNeeded}
      onClose={() => undefined}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      title="API key"
      centered
    >
      <form onSubmit={submit} className="stack">
        <p>
          {key === null
            ? 'This service asks for an API key.'
            : 'The service does not accept this API key: it is wrong, has expired or was revoked.'}
        </p>
        <PasswordInput
          label="API key"
          description="It is kept for this tab only and is gone when you close it."
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
          }}
          autoComplete="off"
          data-autofocus
        />
        <p className="small soft">
          No key yet? On the machine of the service:{' '}
          <code>mcp-training api-key create --name dashboard --scope admin</code>
        </p>
        <Button type="submit" disabled={text.trim() === ''}>
          Continue
        </Button>
      </form>
    </Modal>
  );
}
