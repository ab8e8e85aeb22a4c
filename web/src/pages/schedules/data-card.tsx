import { Select, TextInput } from '@mantine/core';
import { Card } from '../../ui/card.js';
import type { FieldsProps } from './fields.js';
import { problemAt } from './schedule-form-state.js';

const KINDS = [
  { value: 'newest_export', label: 'the newest export' },
  { value: 'directory', label: 'a directory of exports' },
  { value: 'log_entries', label: 'the log table of the database' },
] as const;

const CONDITIONS = [
  { value: 'always', label: 'at every tick' },
  { value: 'new_data', label: 'only with enough new data' },
] as const;

/** What it trains on, and how much of that must be new. */
export function DataCard({ form, errors, change }: FieldsProps) {
  return (
    <Card title="Data">
      <div className="fields">
        <Select
          label="Trains on"
          description="Looked at anew at every tick"
          data={KINDS}
          value={form.kind}
          error={problemAt(errors, '/source/kind')}
          allowDeselect={false}
          onChange={(kind) => {
            if (kind !== null) change({ kind });
          }}
        />
        {form.kind === 'directory' && (
          <TextInput
            label="Directory"
            description="Below the exports directory; a dot is that one itself"
            value={form.path}
            error={problemAt(errors, '/source/path')}
            onChange={(event) => {
              change({ path: event.currentTarget.value });
            }}
          />
        )}
        {form.kind === 'log_entries' && <LogFields form={form} errors={errors} change={change} />}
        <Select
          label="Trains when"
          description="New is what the training before has not seen"
          data={CONDITIONS}
          value={form.condition}
          error={problemAt(errors, '/condition')}
          allowDeselect={false}
          onChange={(condition) => {
            if (condition !== null) change({ condition });
          }}
        />
        {form.condition === 'new_data' && <NewDataFields form={form} errors={errors} change={change} />}
      </div>
    </Card>
  );
}

function LogFields({ form, errors, change }: FieldsProps) {
  return (
    <>
      <TextInput
        label="Days"
        description="Lines of so many days before the tick"
        inputMode="numeric"
        value={form.days}
        error={problemAt(errors, '/source/days')}
        onChange={(event) => {
          change({ days: event.currentTarget.value });
        }}
      />
      <TextInput
        label="Programs"
        description="With commas between; empty: the WiFi programs of the settings; *: all"
        placeholder="hostapd, wpa_supplicant"
        value={form.programs}
        error={problemAt(errors, '/source/programs')}
        onChange={(event) => {
          change({ programs: event.currentTarget.value });
        }}
      />
    </>
  );
}

function NewDataFields({ form, errors, change }: FieldsProps) {
  return (
    <>
      <TextInput
        label="New lines, at least"
        description={
          form.kind === 'log_entries'
            ? 'Empty: one line'
            : 'Empty: does not matter; with both empty, one line'
        }
        inputMode="numeric"
        value={form.minRecords}
        error={problemAt(errors, '/min_new_records')}
        onChange={(event) => {
          change({ minRecords: event.currentTarget.value });
        }}
      />
      {form.kind !== 'log_entries' && (
        <TextInput
          label="New windows, at least"
          description="Windows with such lines; empty: does not matter"
          inputMode="numeric"
          value={form.minWindows}
          error={problemAt(errors, '/min_new_windows')}
          onChange={(event) => {
            change({ minWindows: event.currentTarget.value });
          }}
        />
      )}
    </>
  );
}
