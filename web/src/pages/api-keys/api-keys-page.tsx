import { useState, useSyncExternalStore } from 'react';
import { keyStore } from '../../api/key-store.js';
import { useApiKeys } from '../../api/service-queries.js';
import type { ApiKey, CreatedApiKey } from '../../api/service-types.js';
import { Card } from '../../ui/card.js';
import { Loaded } from '../../ui/loaded.js';
import { Notice } from '../../ui/notice.js';
import { PageHead } from '../../ui/page-head.js';
import { CreateKeyForm } from './create-key-form.js';
import { KeyTable } from './key-table.js';
import { NewKey } from './new-key.js';

export default function ApiKeysPage() {
  const keys = useApiKeys();
  return (
    <>
      <PageHead title="API keys">
        Who may use this service, and for what. Making and revoking keys needs the scope <code>admin</code>;
        the service keeps only the hash of a key.
      </PageHead>
      <Loaded query={keys}>{({ items }) => <Keys keys={items} />}</Loaded>
    </>
  );
}

function Keys({ keys }: { readonly keys: readonly ApiKey[] }) {
  const { key } = useSyncExternalStore(keyStore.subscribe, keyStore.read);
  const [created, setCreated] = useState<CreatedApiKey | null>(null);
  const [isFirst, setFirst] = useState(false);
  const isOpen = keys.length === 0 && key === null;
  const keep = (made: CreatedApiKey): void => {
    setFirst(isOpen);
    setCreated(made);
    // Without a key of its own this tab would be refused from now on.
    if (isOpen) keyStore.use(made.key);
  };
  return (
    <div className="stack">
      {created !== null && (
        <NewKey
          key={created.id}
          created={created}
          isUsedHere={isFirst}
          onDone={() => {
            setCreated(null);
          }}
        />
      )}
      {isOpen && <OpenService />}
      <Card title="Keys">
        {keys.length === 0 ? (
          <p className="soft">
            {isOpen
              ? 'No key yet: whoever reaches the service may do everything.'
              : 'None is kept in the database. You came in with the key of the variable TRAINING_API_KEY, which is not listed here.'}
          </p>
        ) : (
          <KeyTable keys={keys} />
        )}
      </Card>
      <CreateKeyForm key={keys.length} isFirst={isOpen} onCreated={keep} />
    </div>
  );
}

function OpenService() {
  return (
    <Notice tone="warn" title="This service has no key yet">
      <p>
        It answers everybody on this machine and nobody elsewhere. With the first key it answers nobody
        without one, programs and dashboards included, and that stays so: revoking the last key does not open
        it again.
      </p>
    </Notice>
  );
}
