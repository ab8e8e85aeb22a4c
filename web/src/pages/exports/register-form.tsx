import { Button, Popover, TextInput } from '@mantine/core';
import { useState, type SyntheticEvent } from 'react';
import { useLocation } from 'wouter';
import { sendJson } from '../../api/client.js';
import { useChange } from '../../api/queries.js';
import type { Export } from '../../api/types.js';
import { ProblemNotice } from '../../ui/problem-notice.js';

/** Adds a file that lies in the exports directory already: nothing is sent. */
export function RegisterForm() {
  const [isOpen, setOpen] = useState(false);
  const [name, setName] = useState('');
  const [, navigate] = useLocation();
  const register = useChange(
    (file: string) => sendJson<Export>('/exports', { method: 'POST', body: { export_file: file } }),
    ['exports'],
  );
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    register.mutate(name, {
      onSuccess: ({ export_id: id }) => {
        navigate(`/exports/${id}`);
      },
    });
  };
  return (
    <Popover opened={isOpen} onChange={setOpen} width={320} position="bottom-end" trapFocus>
      <Popover.Target>
        <Button
          variant="default"
          size="xs"
          onClick={() => {
            setOpen(!isOpen);
          }}
        >
          Add a file of the server
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form className="stack-tight" onSubmit={submit}>
          <TextInput
            label="Path below the exports directory"
            placeholder="june/day1.json"
            value={name}
            onChange={(event) => {
              setName(event.currentTarget.value);
            }}
          />
          {register.isError && <ProblemNotice error={register.error} />}
          <Button type="submit" disabled={name === ''} loading={register.isPending}>
            Add
          </Button>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
