import { Button } from '@mantine/core';
import { useState } from 'react';
import type { ModelDetail } from '../../api/types.js';
import { Card } from '../../ui/card.js';
import { AnnotationForm } from './annotation-form.js';

/** What people write about a version: the only part of it that ever changes. */
export function AnnotationsCard({ model }: { readonly model: ModelDetail }) {
  const [isEditing, setEditing] = useState(false);
  if (isEditing) {
    return (
      <Card title="Notes and tags">
        <AnnotationForm
          version={model.version}
          onEnd={() => {
            setEditing(false);
          }}
        />
      </Card>
    );
  }
  const tags = Object.entries(model.tags);
  return (
    <Card
      title="Notes and tags"
      aside={
        <Button
          size="xs"
          variant="default"
          onClick={() => {
            setEditing(true);
          }}
        >
          Edit notes and tags
        </Button>
      }
    >
      <div className="stack">
        {model.notes === '' ? (
          <p className="soft">No notes yet.</p>
        ) : (
          <p className="wrap kept-lines">{model.notes}</p>
        )}
        {tags.length > 0 && (
          <ul className="plain-list row" aria-label="Tags">
            {tags.map(([name, value]) => (
              <li key={name} className="badge badge-long">
                {value === '' ? name : `${name}: ${value}`}
              </li>
            ))}
          </ul>
        )}
      </div>
    </Card>
  );
}
