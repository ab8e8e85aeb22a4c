import { Alert, Button, Checkbox, Select, TextInput } from '@mantine/core';
import { useState, type SyntheticEvent } from 'react';
import { Link, useLocation, useSearchParams } from 'wouter';
import { sendJson } from '../../api/client.js';
import { useChange, useExport, useExportSearch } from '../../api/queries.js';
import { useSettings } from '../../api/service-queries.js';
import { asProblem, type FieldProblem } from '../../api/problem.js';
import { Card } from '../../ui/card.js';
import { Empty } from '../../ui/empty.js';
import { ExportSelect } from '../../ui/export-select.js';
import { Loaded } from '../../ui/loaded.js';
import { Notice } from '../../ui/notice.js';
import { PageHead } from '../../ui/page-head.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { nameOf, optionsOf, overridesOf, problemFor, type TrainingOption } from './options.js';
import { useDryRun, type TrainRequest } from './use-dry-run.js';

export default function NewTrainingPage() {
  const exports = useExportSearch();
  const settings = useSettings();
  return (
    <>
      <PageHead title="New training">
        Only the export has to be chosen. Everything else is as this service is{' '}
        <Link href="/settings">set</Link>.
      </PageHead>
      <Loaded query={exports}>
        {({ items }) => {
          if (items.length === 0) return <NoExport />;
          return (
            <Loaded query={settings} lines={8}>
              {({ items: known }) => (
                <TrainingForm usualExport={items[0].export_id} options={optionsOf(known)} />
              )}
            </Loaded>
          );
        }}
      </Loaded>
    </>
  );
}

function NoExport() {
  return (
    <section className="card">
      <Empty
        title="There is no export to train on"
        action={
          <Button component={Link} href="/exports">
            Upload an export
          </Button>
        }
      />
    </section>
  );
}

interface Form {
  readonly exportId: string;
  readonly model: string;
  readonly from: string;
  readonly to: string;
  readonly deploy: boolean;
  readonly values: Readonly<Record<string, string>>;
}

function requestOf(
  { exportId, model, from, to, deploy, values }: Form,
  options: readonly TrainingOption[],
): TrainRequest {
  const overrides = overridesOf(options, values);
  return {
    export_id: exportId,
    model_name: model,
    ...(from === '' ? {} : { start_date: from }),
    ...(to === '' ? {} : { end_date: to }),
    ...(deploy ? { deploy: true } : {}),
    ...(Object.keys(overrides).length === 0 ? {} : { config_overrides: overrides }),
  };
}

function TrainingForm({
  usualExport,
  options,
}: {
  readonly usualExport: string;
  readonly options: readonly TrainingOption[];
}) {
  const [search] = useSearchParams();
  const [, navigate] = useLocation();
  const [form, setForm] = useState<Form>({
    exportId: search.get('export') ?? usualExport,
    model: search.get('model') ?? 'wifi',
    from: '',
    to: '',
    deploy: false,
    values: {},
  });
  const [key] = useState(() => crypto.randomUUID());
  const request = requestOf(form, options);
  const check = useDryRun(request);
  const errors = check.error === null ? [] : (asProblem(check.error).errors ?? []);
  const start = useChange(
    (body: TrainRequest) =>
      sendJson<{ training_id: string }>('/training/train', {
        method: 'POST',
        body,
        headers: { 'Idempotency-Key': key },
      }),
    ['runs'],
  );
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    start.mutate(request, {
      onSuccess: ({ training_id: id }) => {
        navigate(`/trainings/${id}`);
      },
    });
  };
  const change = (part: Partial<Form>): void => {
    setForm({ ...form, ...part });
  };
  return (
    <form className="stack" onSubmit={submit}>
      <WhatCard form={form} change={change} />
      <SettingsCard form={form} change={change} errors={errors} options={options} />
      <div aria-live="polite">
        {check.error !== null && <ProblemNotice title="It cannot be started like this" error={check.error} />}
        {check.error === null && check.plan !== null && (
          <Notice tone="good">
            Ready: a model <strong>{form.model}</strong> of the feature set{' '}
            <strong>{check.plan.feature_set}</strong>
            {form.deploy
              ? ', deployed to the consumer as soon as it passes its gate.'
              : '. Nothing is deployed by this.'}
          </Notice>
        )}
      </div>
      {start.isError && <ProblemNotice title="The training was not started" error={start.error} />}
      <div>
        <Button type="submit" size="md" loading={start.isPending} disabled={check.error !== null}>
          Start the training
        </Button>
      </div>
    </form>
  );
}

function SettingsCard({
  form,
  change,
  errors,
  options,
}: {
  readonly form: Form;
  readonly change: (part: Partial<Form>) => void;
  readonly errors: readonly FieldProblem[];
  readonly options: readonly TrainingOption[];
}) {
  return (
    <Card title="Settings">
      <div className="fields">
        {options.map((option) => (
          <OptionField
            key={nameOf(option)}
            option={option}
            value={form.values[nameOf(option)] ?? option.usual}
            problem={problemFor(option, errors)}
            onChange={(text) => {
              change({ values: { ...form.values, [nameOf(option)]: text } });
            }}
          />
        ))}
      </div>
    </Card>
  );
}

function WhatCard({ form, change }: { readonly form: Form; readonly change: (part: Partial<Form>) => void }) {
  const chosen = useExport(form.exportId).data;
  return (
    <Card title="What">
      <div className="fields">
        <ExportSelect
          label="Export"
          description="The log lines to learn from"
          value={form.exportId}
          onChange={(id) => {
            change({ exportId: id });
          }}
        />
        <TextInput
          label="Model name"
          description="Versions of one name replace each other when deployed"
          value={form.model}
          onChange={(event) => {
            change({ model: event.currentTarget.value });
          }}
        />
        <TextInput
          type="date"
          label="From (UTC)"
          description="Empty: from the first line on"
          value={form.from}
          onChange={(event) => {
            change({ from: event.currentTarget.value });
          }}
        />
        <TextInput
          type="date"
          label="To (UTC, included)"
          description="Empty: to the last line"
          value={form.to}
          onChange={(event) => {
            change({ to: event.currentTarget.value });
          }}
        />
      </div>
      <Checkbox
        mt="md"
        label="Deploy it when it passes its gate"
        description="The consumer then loads it at once. Otherwise you decide after looking at the report."
        checked={form.deploy}
        onChange={(event) => {
          change({ deploy: event.currentTarget.checked });
        }}
      />
      {chosen?.validation?.is_valid === false && (
        <Alert mt="md" color="orange" title="This export is not valid for training">
          <Link href={`/exports/${chosen.export_id}`}>See why</Link>
        </Alert>
      )}
    </Card>
  );
}

function OptionField({
  option,
  value,
  problem,
  onChange,
}: {
  readonly option: TrainingOption;
  readonly value: string;
  readonly problem: string | undefined;
  readonly onChange: (text: string) => void;
}) {
  const { label, help, usual, kind, choices = [], unit } = option;
  const shown = {
    label: unit === undefined ? label : `${label} (${unit})`,
    description: `${help} Default: ${usual}.`,
    error: problem,
  };
  if (kind === 'choice') {
    return (
      <Select
        {...shown}
        data={[...choices]}
        value={value}
        allowDeselect={false}
        onChange={(next) => {
          onChange(next ?? usual);
        }}
      />
    );
  }
  return (
    <TextInput
      {...shown}
      value={value}
      inputMode="decimal"
      onChange={(event) => {
        onChange(event.currentTarget.value);
      }}
    />
  );
}
