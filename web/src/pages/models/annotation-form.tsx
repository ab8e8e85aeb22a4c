import { Button, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useAnnotate, useSeenModel, type SeenModel } from '../../api/model-changes.js';
import { asProblem } from '../../api/problem.js';
import { ChangeProblem, isOvertaken } from '../../ui/change-problem.js';
import { Loaded } from '../../ui/loaded.js';
import { Notice } from '../../ui/notice.js';
import { effectsOf, patchOf, repeatedName, tagRows, type Tag } from './annotation-form-state.js';

export function AnnotationForm({ version, onEnd }: { readonly version: string; readonly onEnd: () => void }) {
  const seen = useSeenModel(version, true);
  return <Loaded query={seen}>{(state) => <Form seen={state} onEnd={onEnd} />}</Loaded>;
}

/** Filled once; what somebody else writes meanwhile is noticed, and what was typed stays. */
function Form({ seen: { model, etag }, onEnd }: { readonly seen: SeenModel; readonly onEnd: () => void }) {
  const [notes, setNotes] = useState(model.notes);
  const [rows, setRows] = useState<readonly Tag[]>(() => tagRows(model.tags));
  const save = useAnnotate(model.version);
  const patch = patchOf(model, notes, rows);
  const effects = effectsOf(model, patch);
  const repeated = repeatedName(rows);
  return (
    <div className="stack">
      <Textarea
        label="Notes"
        autosize
        minRows={3}
        value={notes}
        onChange={(event) => {
          setNotes(event.currentTarget.value);
        }}
      />
      <TagFields rows={rows} setRows={setRows} repeated={repeated} />
      {save.isError && <ChangeProblem title="Nothing was saved" error={save.error} />}
      {effects.length > 0 && (
        <Notice title={isOvertaken(save.error) ? 'This would change now' : 'This will change'}>
          <ul>
            {effects.map((effect) => (
              <li key={effect}>{effect}</li>
            ))}
          </ul>
        </Notice>
      )}
      <div className="row">
        <Button
          disabled={effects.length === 0 || repeated !== undefined}
          loading={save.isPending}
          onClick={() => {
            save.mutate({ patch, etag }, { onSuccess: onEnd });
          }}
        >
          Save notes and tags
        </Button>
        <Button variant="default" onClick={onEnd}>
          Discard
        </Button>
        {save.isError && asProblem(save.error).status === 403 && (
          <span className="soft small">A key with the scope train may do this.</span>
        )}
      </div>
    </div>
  );
}

function TagFields({
  rows,
  setRows,
  repeated,
}: {
  readonly rows: readonly Tag[];
  readonly setRows: (rows: readonly Tag[]) => void;
  readonly repeated: string | undefined;
}) {
  const change = (key: number, part: Partial<Tag>): void => {
    setRows(rows.map((row) => (row.key === key ? { ...row, ...part } : row)));
  };
  return (
    <fieldset className="plain-fieldset stack-tight">
      <legend>Tags</legend>
      {rows.map(({ key, name, value }, i) => (
        <div className="tag-row" key={key}>
          <TextInput
            aria-label={`Name of tag ${i + 1}`}
            placeholder="name"
            value={name}
            error={repeated !== undefined && name.trim() === repeated ? 'stands twice' : undefined}
            onChange={(event) => {
              change(key, { name: event.currentTarget.value });
            }}
          />
          <TextInput
            aria-label={`Value of tag ${i + 1}`}
            placeholder="value"
            value={value}
            onChange={(event) => {
              change(key, { value: event.currentTarget.value });
            }}
          />
          <Button
            variant="default"
            aria-label={`Remove tag ${name === '' ? i + 1 : name}`}
            onClick={() => {
              setRows(rows.filter((row) => row.key !== key));
            }}
          >
            Remove
          </Button>
        </div>
      ))}
      <div>
        <Button
          size="xs"
          variant="default"
          onClick={() => {
            setRows([...rows, { key: Math.max(-1, ...rows.map(({ key }) => key)) + 1, name: '', value: '' }]);
          }}
        >
          Add a tag
        </Button>
      </div>
    </fieldset>
  );
}
