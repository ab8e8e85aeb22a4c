import { Select, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { AuditTable } from '../../ui/audit-table.js';
import { PageHead } from '../../ui/page-head.js';

const ENTITIES = ['model_version', 'model_alias', 'api_key', 'export', 'training_run', 'schedule'];
const PAUSE_MS = 300;

export default function AuditPage() {
  const [entity, setEntity] = useState<string | null>(null);
  const [text, setText] = useState('');
  const [actor] = useDebouncedValue(text, PAUSE_MS);
  return (
    <>
      <PageHead title="Audit">
        Who changed what, when and why. The database lets nobody change or delete an entry. Reading it needs
        the scope <code>admin</code>.
      </PageHead>
      <section className="card stack" aria-label="Audit log">
        <div className="fields">
          <Select
            label="About"
            placeholder="everything"
            clearable
            data={ENTITIES}
            value={entity}
            onChange={setEntity}
          />
          <TextInput
            label="Who"
            placeholder="exact name, such as cli:ann"
            value={text}
            onChange={(event) => {
              setText(event.currentTarget.value);
            }}
          />
        </div>
        <AuditTable query={{ entity, actor }} />
      </section>
    </>
  );
}
