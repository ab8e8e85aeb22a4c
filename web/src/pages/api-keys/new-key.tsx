import { Button } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { useEffect, useRef } from 'react';
import type { CreatedApiKey } from '../../api/service-types.js';
import { Card } from '../../ui/card.js';
import { Facts } from '../../ui/stats.js';

/** The key itself, which nobody can show again. */
export function NewKey({
  created,
  isUsedHere,
  onDone,
}: {
  readonly created: CreatedApiKey;
  readonly isUsedHere: boolean;
  readonly onDone: () => void;
}) {
  const { copy, copied, error } = useClipboard();
  const button = useRef<HTMLButtonElement>(null);
  // The form that made it stands further down.
  useEffect(() => {
    button.current?.focus();
  }, []);
  return (
    <Card title={`The new key ${created.name}`}>
      <div className="stack">
        <p>
          <strong>Copy it now: it is shown this once.</strong> Programs send it as{' '}
          <code>Authorization: Bearer …</code>.
          {isUsedHere && ' This tab uses it from now on; other tabs and programs need one as well.'}
        </p>
        <Facts
          items={[
            [
              'Key',
              <code key="key" className="secret" data-testid="new-key">
                {created.key}
              </code>,
            ],
          ]}
        />
        <div className="row">
          <Button
            ref={button}
            onClick={() => {
              copy(created.key);
            }}
          >
            {copied ? 'Copied' : 'Copy the key'}
          </Button>
          <Button variant="default" onClick={onDone}>
            I have kept it
          </Button>
          <span role="status" className="small soft">
            {copied && 'The key is in the clipboard.'}
            {error !== null && 'The browser does not allow it: select the key and copy it by hand.'}
          </span>
        </div>
      </div>
    </Card>
  );
}
