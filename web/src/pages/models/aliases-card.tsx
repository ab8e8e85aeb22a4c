import { Autocomplete, Button } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { Link } from 'wouter';
import {
  useAliasChange,
  useAliases,
  useAliasPlan,
  useAliasRemoval,
  useSeenAlias,
  type AliasPlan,
} from '../../api/model-changes.js';
import type { ModelDetail } from '../../api/types.js';
import { Card } from '../../ui/card.js';
import { ChangeProblem } from '../../ui/change-problem.js';
import { ConfirmButton } from '../../ui/confirm-button.js';
import { Notice } from '../../ui/notice.js';
import { ProblemNotice } from '../../ui/problem-notice.js';

const CHAMPION = 'champion';
const CHALLENGER = 'challenger';
/** As the service takes them. */
const ALIAS = /^[a-z][a-z0-9_-]{0,62}$/;
const PAUSE_MS = 300;

/** Names that lead to this version, and one more. */
export function AliasesCard({ model }: { readonly model: ModelDetail }) {
  const { aliases, version } = model;
  return (
    <Card title="Aliases">
      <div className="stack">
        {aliases.length === 0 ? (
          <p className="soft">No alias leads to {version}.</p>
        ) : (
          <ul className="plain-list stack-tight" aria-label="Aliases">
            {aliases.map((alias) => (
              <li key={alias} className="row row-apart">
                <strong>{alias}</strong>
                {alias === CHAMPION ? (
                  <Link href="/deploy">replaced by deploying</Link>
                ) : (
                  <RemoveAlias alias={alias} model={model} />
                )}
              </li>
            ))}
          </ul>
        )}
        {model.status !== 'corrupt' && <SetAlias model={model} />}
      </div>
    </Card>
  );
}

function RemoveAlias({ alias, model }: { readonly alias: string; readonly model: ModelDetail }) {
  const [isAsked, setAsked] = useState(false);
  const seen = useSeenAlias(model.model_name, alias, isAsked);
  const remove = useAliasRemoval();
  return (
    <ConfirmButton
      size="xs"
      label={`Take ${alias} away`}
      title={`Take ${alias} away?`}
      action={`${alias}: ${model.version} → nothing`}
      isPending={remove.isPending}
      isDisabled={seen.data === undefined}
      error={remove.error ?? seen.error}
      onOpen={() => {
        setAsked(true);
      }}
      onConfirm={() => {
        if (seen.data === undefined) return;
        remove.mutate(
          { model: model.model_name, alias, etag: seen.data },
          { onError: () => void seen.refetch() },
        );
      }}
    >
      The version stays. Whoever asks for {alias} of {model.model_name} finds nothing afterwards.
    </ConfirmButton>
  );
}

function SetAlias({ model }: { readonly model: ModelDetail }) {
  const { model_name: name, version, aliases } = model;
  const [text, setText] = useState('');
  const [alias] = useDebouncedValue(text.trim(), PAUSE_MS);
  const known = useAliases(name).data?.items.map((item) => item.alias) ?? [];
  const change = useAliasChange();
  const problem = aliasProblem(text.trim(), aliases);
  const isWanted = alias !== '' && alias === text.trim() && problem === undefined;
  const plan = useAliasPlan({ model: name, alias, version }, isWanted);
  return (
    <>
      <Autocomplete
        label="Give it an alias"
        description="challenger is the version that is tried beside the champion; other names are free"
        placeholder={CHALLENGER}
        comboboxProps={{ withinPortal: false }}
        data={[...new Set([CHALLENGER, ...known])].filter(
          (item) => item !== CHAMPION && !aliases.includes(item),
        )}
        value={text}
        error={problem}
        onChange={(next) => {
          change.reset();
          setText(next);
        }}
      />
      {change.isError && <ChangeProblem error={change.error} />}
      {isWanted && plan.isError && <ProblemNotice title="It cannot have this alias" error={plan.error} />}
      {isWanted && plan.data !== undefined && (
        <>
          <Notice title="This is what will happen">{planText(alias, version, plan.data)}</Notice>
          <div>
            <Button
              loading={change.isPending}
              disabled={plan.isFetching}
              onClick={() => {
                change.mutate(
                  { model: name, alias, version, etag: plan.data.etag },
                  {
                    onSuccess: () => {
                      setText('');
                    },
                  },
                );
              }}
            >
              {alias}: {plan.data.from ?? 'nothing'} → {version}
            </Button>
          </div>
        </>
      )}
    </>
  );
}

const planText = (alias: string, version: string, { from }: AliasPlan): string =>
  from === null
    ? `${alias} is new and leads to ${version}.`
    : `${alias} leads to ${version} instead of ${from}, which stays.`;

function aliasProblem(text: string, own: readonly string[]): string | undefined {
  if (text === '') return undefined;
  if (text === CHAMPION) return 'A version becomes champion by being deployed.';
  if (own.includes(text)) return 'It has this alias already.';
  return ALIAS.test(text) ? undefined : 'Lower-case letters, digits, - and _; a letter first.';
}
